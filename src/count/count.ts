import { closeSync, existsSync, openSync } from 'node:fs';
import { HeavyopsError } from '../errors.js';
import { counterLibrary } from '../native.js';
import type { Profile } from '../profile/profile.js';
import { type Launched, launch } from '../session/launch.js';
import { SourceReader } from '../target/source-reader.js';
import { askInterpreter, type CountedPython } from './interpreter.js';
import { profileOf } from './profile.js';
import { kindsFor, settingsFor } from './settings.js';
import { type Counted, SharedFile } from './shared-file.js';

/** What to run, and count. */
export interface CountedProgram {
  /** A script, or as with `python -m` a module. */
  readonly kind: 'script' | 'module';
  readonly name: string;
  readonly args: readonly string[];
}

export interface CountResult {
  readonly profile: Profile;
  /** Of the program; 128 + n where signal n ended it. */
  readonly exitCode: number;
  /** Why counts may not be complete, in whole sentences. */
  readonly remarks: readonly string[];
}

export { askInterpreter, type CountedPython };

export interface CountOptions {
  /** Called in the same turn in which the program is started. */
  readonly onStart: (program: Launched) => void;
  /** Keeps source text, names and constants of what was executed. */
  readonly programText: boolean;
}

/**
 * Runs a program in an interpreter, in our place (see `launch`), and counts every instruction that it executes.
 *
 * @throws HeavyopsError NO_SAMPLES when it ended before any of it was counted
 */
export async function count(
  python: CountedPython,
  program: CountedProgram,
  { onStart, programText }: CountOptions,
): Promise<CountResult> {
  if (program.kind === 'script' && !existsSync(program.name)) throw noSuchScript(program.name);
  const shared = SharedFile.create(settingsFor(python), kindsFor(python));
  const startedAt = Date.now();
  // The program sees the files that we see, and begins in our directory.
  const sources = programText ? new SourceReader(process.pid, startedAt) : undefined;
  try {
    const began = performance.now();
    const launched = await launchCounted(python, program, shared, onStart);
    const exitCode = await launched.exitCode;
    const counted = shared.read();
    if (!counted.began) throw notBegun(python);
    const duration = Math.round((performance.now() - began) * 1e6);
    const profile = profileOf(counted.processes, python, {
      startedAt,
      duration,
      command: commandOf(python, program),
      ended: 'target-ended',
      sources,
    });
    return { profile, exitCode, remarks: remarksOn(counted, launched.pid) };
  } finally {
    sources?.close();
    shared.close();
  }
}

/** The counter closes both descriptors as soon as it is loaded: the program has none that it would not have without. */
async function launchCounted(
  python: CountedPython,
  { kind, name, args }: CountedProgram,
  shared: SharedFile,
  onStart: (program: Launched) => void,
): Promise<Launched> {
  const library = openSync(counterLibrary(), 'r');
  try {
    const command = [python.command, '-c', loader, kind, name, ...args];
    return await launch(command, onStart, [library, shared.descriptor]);
  } finally {
    closeSync(library);
  }
}

/**
 * A module is loaded by its path, and an open file has one wherever the interpreter's root is. It becomes no entry of
 * `sys.modules`, and needs no ctypes.
 */
const loader =
  "import _imp,sys;_imp.create_dynamic(type(sys.__spec__)('heavyops_count',None,origin='/proc/self/fd/3')).run()";

function commandOf(python: CountedPython, { kind, name, args }: CountedProgram): readonly string[] {
  return [python.executable, ...(kind === 'module' ? ['-m'] : []), name, ...args];
}

function remarksOn({ noRoom, traced, processes }: Counted, pid: number): readonly string[] {
  const halved = processes.flatMap(({ codes }) => codes.filter(({ adds }) => !adds)).length;
  const running = processes.filter((process) => process.pid !== pid && isRunning(process.pid));
  return [
    ...(noRoom ? ['there was no room for the counters of all its code: the counts are too low'] : []),
    ...(traced
      ? [
          'the program has called sys.settrace, which takes the counter’s place: what it traced is not counted',
        ]
      : []),
    ...(halved > 0 && !traced
      ? [
          `something has ended in the middle of a line of ${halved} functions: the instructions that it was at may be counted once too often`,
        ]
      : []),
    ...running.map(({ pid: child }) => `its child ${child} runs on: counted until now`),
  ];
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

function noSuchScript(name: string): HeavyopsError {
  return new HeavyopsError(
    'COMMAND_NOT_FOUND',
    `there is no file "${name}"`,
    'Check its path; nothing was started. A module is run with -m: heavyops count -m package.module',
  );
}

function notBegun({ command }: CountedPython): HeavyopsError {
  return new HeavyopsError(
    'NO_SAMPLES',
    `"${command}" ended before it ran the program`,
    'What it wrote above tells why; an interpreter without support for extension modules, or without /proc, cannot be counted.',
  );
}
