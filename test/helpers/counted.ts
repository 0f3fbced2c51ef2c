import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadProfile } from '../../src/load/json.js';
import type { Profile } from '../../src/profile/profile.js';
import { type Finished, startHeavyops } from './heavyops.js';
import type { Interpreter } from './interpreters.js';
import type { Ending } from './target.js';

const programs = fileURLToPath(new URL('../../../test/targets/counted/', import.meta.url));

/** A folder with the programs of test/targets/counted/, under the same path here and where the interpreter sees it. */
export interface Ground {
  readonly folder: string;
  readonly interpreter: Interpreter;
  /** What --python is given. */
  readonly python: string;
}

/** Executions of each instruction of one process, by file, function, first line and offset. */
export type Counts = ReadonlyMap<string, number>;

export function groundFor(test: Ending, interpreter: Interpreter): Ground {
  const folder = mkdtempSync(join(tmpdir(), 'heavyops-counted-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(programs, folder, { recursive: true });
  mkdirSync(join(folder, 'out'));
  const [python = ''] = interpreter.command;
  if (interpreter.root === '/') return { folder, interpreter, python };
  const inside = join(interpreter.root, folder);
  test.after(() => rmSync(inside, { recursive: true, force: true }));
  cpSync(programs, inside, { recursive: true });
  mkdirSync(join(inside, 'out'));
  const wrapper = join(folder, 'python');
  writeFileSync(wrapper, `#!/bin/sh\nexec ${interpreter.command.join(' ')} "$@"\n`);
  chmodSync(wrapper, 0o755);
  return { folder, interpreter, python: wrapper };
}

/** Runs `heavyops count` on a program of the ground. */
export async function counted(
  test: Ending,
  { folder, python }: Ground,
  [file = '', ...words]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly finished: Finished; readonly profile: Profile }> {
  const output = join(folder, 'out', `${file}.counts.json`);
  const args = ['count', '--python', python, '-i', 'all', '-q', '-o', output, join(folder, file), ...words];
  const running = startHeavyops(test, args, { cwd: folder, env: environment(env) });
  const late = setTimeout(
    () => console.error(`not ended after ${patience / 1000} s:\n${processesOf(folder)}`),
    patience,
  );
  const finished = await running.finished;
  clearTimeout(late);
  assert.ok(existsSync(output), finished.stderr);
  return { finished, profile: loadProfile(output) };
}

/** Milliseconds; a program takes some tenths of a second. */
const patience = 30_000;

/** Where each process that has the folder in its command line stands, for who looks into a hang. */
function processesOf(folder: string): string {
  const about = (pid: string, name: string) => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1').replaceAll('\0', ' ').trim();
    } catch {
      return ''; // It has ended meanwhile.
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && about(name, 'cmdline').includes(folder))
    .map((pid) =>
      [pid, ...['cmdline', 'syscall', 'wchan', 'stack'].map((name) => about(pid, name))].join('\n  '),
    )
    .join('\n');
}

/** What the plain trace of the same program sees, of each process. */
export async function plainly(
  { folder, interpreter }: Ground,
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly Counts[]> {
  const answers = join('out', `${program}.plain`);
  const [file = '', ...before] = interpreter.command;
  const words = [join(folder, 'plain.py'), join(folder, answers), join(folder, program)];
  const child = spawn(file, [...before, ...words], { cwd: folder, env: environment(env), stdio: 'ignore' });
  await once(child, 'close');
  const seen = join(interpreter.root, folder, 'out');
  const files = readdirSync(seen).filter((name) => name.startsWith(`${program}.plain.`));
  assert.ok(files.length > 0, `the plain trace of ${program} has written nothing`);
  return files.map((name) => {
    const counts = new Map<string, number>();
    for (const line of readFileSync(join(seen, name), 'utf8').trimEnd().split('\n')) {
      const [path, name_, first, offset, count] = JSON.parse(line) as [
        string,
        string,
        number,
        number,
        number,
      ];
      add(counts, [path, name_, first, offset], count);
    }
    rmSync(join(seen, name));
    return counts;
  });
}

/** The counts of a profile, of each process. */
export function countsOf(profile: Profile): readonly Counts[] {
  const { samples, stacks, frames, codes, strings, threads } = profile;
  const processes = threads.map(() => new Map<string, number>());
  for (let row = 0; row < samples.length; row++) {
    const frame = stacks.frame[samples.stack[row] as number] as number;
    const code = frames.code[frame] as number;
    const [file, name] = [codes.filename, codes.qualname].map((column) => strings[column[code] as number]);
    const process = processes[samples.thread[row] as number] as Map<string, number>;
    add(process, [file, name, codes.firstLine[code], frames.offset[frame]], samples.weight[row] as number);
  }
  return processes;
}

/**
 * Compares all code but that which runs only on one side, or more or less often by chance: see `variable`.
 *
 * @throws AssertionError that names the first instructions which differ
 */
export function assertSame(actual: readonly Counts[], expected: readonly Counts[]): void {
  assert.equal(actual.length, expected.length, 'processes');
  const [ours = [], theirs = []] = [actual, expected].map((processes) =>
    processes.map(constant).sort((a, b) => sum(a) - sum(b) || a.size - b.size),
  );
  ours.forEach((counts, index) => {
    const plain = theirs[index] ?? new Map();
    const keys = new Set([...counts.keys(), ...plain.keys()]);
    assert.ok(keys.size > 20, `only ${keys.size} instructions are compared`);
    const differing = [...keys].filter((key) => counts.get(key) !== plain.get(key)).sort();
    const shown = differing
      .slice(0, 20)
      .map((key) => `${key}: ${counts.get(key) ?? 0}, plainly ${plain.get(key) ?? 0}`);
    assert.equal(differing.length, 0, `${differing.length} of ${keys.size} differ\n${shown.join('\n')}`);
  });
}

function constant(counts: Counts): Counts {
  return new Map([...counts].filter(([key]) => !variable.some((pattern) => pattern.test(key))));
}

/** Keys of code whose executions two runs need not have in common. */
const variable: readonly RegExp[] = [
  // Whether one thread has to wait for another is chance. What the program's own threads do is compared.
  /\/(threading|queue)\.py","/,
  // Weak references that are cleared: when a thread ends, and when the interpreter does.
  /\/_weakrefset\.py","([\w.<>]*\.)?_remove/,
  /\/logging\/__init__\.py","_removeHandlerRef/,
  // What the site's packages have asked for at exit is behind the plain trace's own end.
  /\/(site|dist)-packages\//,
  /\/importlib\/(resources\/)?_common\.py/,
  /\/contextlib\.py","_GeneratorContextManager\.__exit__/,
  // The cache of directories follows their times of change.
  /importlib\._bootstrap_external>","(FileFinder\.)?_fill_cache/,
  // What it has of the file that an exception is shown from depends on who has run it (3.13+).
  /linecache(\.py|>)","/,
  // To 3.9 the plain trace has loaded atexit before the program does; nothing there has qualified names.
  /importlib\._bootstrap>","[\w<>]+",/,
];

export function sum(counts: Counts): number {
  return [...counts.values()].reduce((whole, count) => whole + count, 0);
}

function add(counts: Map<string, number>, key: readonly unknown[], count: number): void {
  const name = JSON.stringify(key);
  counts.set(name, (counts.get(name) ?? 0) + count);
}

/** Equal hashes, so that sets and dicts are walked in the same order; and no files beside the programs. */
function environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1', ...env };
}
