import { basename } from 'node:path';
import { HeavyopsError } from '../errors.js';
import { supportedMinors } from '../python/layout.js';
import { descendantsOf } from './children.js';
import type { Module } from './maps.js';
import { commandLine, describeProcess, executableOf, processStat } from './process.js';
import { ifAllowed, readProc } from './procfs.js';

/** The errors for processes in which there is no CPython to read. */

export function noSuchProcess(pid: number, cause?: unknown): HeavyopsError {
  return new HeavyopsError(
    'NO_SUCH_PROCESS',
    `there is no process ${pid}`,
    'It may have ended, or the number is from another pid namespace (a container shows other numbers than its host). `pgrep -af python` lists those seen from here.',
    cause,
  );
}

export function zombie(pid: number, name: string): HeavyopsError {
  return new HeavyopsError(
    'ZOMBIE',
    `process ${pid} (${name}) is a zombie: it has ended, and its parent has not asked for its exit status`,
    `Nothing of it can be read any more. Its parent is ${processStat(pid)?.parent ?? 'gone'}.`,
  );
}

export function kernelThread(pid: number, name: string): HeavyopsError {
  return new HeavyopsError(
    'KERNEL_THREAD',
    `process ${pid} is [${name}], a thread of the kernel, not a program`,
    'Check the number: `pgrep -af python` lists the Python processes.',
  );
}

export function notReady(pid: number, what: string): HeavyopsError {
  return new HeavyopsError(
    'NOT_READY',
    `process ${pid} has no running Python interpreter yet: ${what}`,
    'It is still starting, is just ending, or hangs before Python runs. Try again in a moment.',
  );
}

export function unrecognised(pid: number, version: string): HeavyopsError {
  return new HeavyopsError(
    'UNSUPPORTED_PYTHON',
    `process ${pid} runs Python ${version}, but its interpreter state is not laid out as in any such version that is known`,
    'It may be a build with changed structs. Please report where this Python comes from, with the output of `python -VV`.',
  );
}

export function unreadable(pid: number, why: string, cause?: unknown): HeavyopsError {
  return new HeavyopsError(
    'TARGET_UNREADABLE',
    `process ${pid} cannot be read: ${why}`,
    'heavyops reads 64-bit x86-64 processes on Linux, from a 64-bit heavyops on the same machine.',
    cause,
  );
}

/** NOT_PYTHON, with the Python that was probably meant; or UNSUPPORTED_PYTHON for one that is not CPython. */
export function notPython(pid: number, modules: readonly Module[]): HeavyopsError {
  const other = otherImplementation(pid, modules);
  if (other !== undefined) {
    return new HeavyopsError(
      'UNSUPPORTED_PYTHON',
      `process ${pid} runs ${other}, a Python that is not CPython`,
      `heavyops reads CPython 3.${supportedMinors[0]} to 3.${supportedMinors.at(-1)} only, as its knowledge is about CPython's own frames and bytecode.`,
    );
  }
  const executable = executableOf(pid) ?? describeProcess(pid);
  return new HeavyopsError(
    'NOT_PYTHON',
    `process ${pid} is not a Python: it runs ${executable}`,
    meantInstead(pid),
  );
}

const otherImplementations: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^(libpypy|pypy)/, 'PyPy'],
  [/^(graalpy|libpythonvm)/, 'GraalPy'],
  [/^micropython/, 'MicroPython'],
  [/^circuitpython/, 'CircuitPython'],
  [/^rustpython/, 'RustPython'],
  [/^(lib)?pyston/, 'Pyston'],
];

/** By the names of its files; nothing when none is known. */
export function otherImplementation(pid: number, modules: readonly Module[]): string | undefined {
  const names = [...modules.map(({ path }) => path), executableOf(pid) ?? ''].map((path) =>
    basename(path).toLowerCase(),
  );
  return otherImplementations.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

/** sudo, a shell, uv run and such are asked about when their child was meant. */
function meantInstead(pid: number): string {
  const child = descendantsOf([pid]).find(looksLikePython);
  if (child !== undefined) {
    return `Its child process ${child} is one: ${shortCommand(child)}. Try \`heavyops attach --pid ${child}\`.`;
  }
  const parent = processStat(pid)?.parent ?? 0;
  return parent > 1 && looksLikePython(parent)
    ? `Its parent process ${parent} is one: ${shortCommand(parent)}. Try \`heavyops attach --pid ${parent}\`.`
    : '`pgrep -af python` lists the Python processes.';
}

function looksLikePython(pid: number): boolean {
  const maps = ifAllowed(() => readProc(`/proc/${pid}/maps`)) ?? '';
  return /\/(libpython3\.|python3?(\.\d+)?$)/m.test(`${maps}\n${executableOf(pid) ?? ''}`);
}

function shortCommand(pid: number): string {
  const command = commandLine(pid).join(' ').replaceAll(/\s+/g, ' ');
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
