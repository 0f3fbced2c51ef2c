import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { HeavyopsError } from '../errors.js';
import { errnoOf } from '../lib/file-system.js';

/** A program that was started to be sampled. It is never ended from here: it also outlives heavyops. */
export interface Launched {
  readonly pid: number;
  /** Resolves, when it has ended, with its exit code, or 128 + n where signal n ended it. */
  readonly exitCode: Promise<number>;
  /** Aborted when it has ended. */
  readonly ended: AbortSignal;
  /** Sends it a signal; without effect when it has ended. */
  send(signal: NodeJS.Signals): void;
}

/**
 * Starts a program in our place: with our standard streams, environment and directory, and in our process group, so
 * that a terminal treats it as it would without us.
 *
 * @param onStart called in the same turn in which the program is started
 * @param descriptors files of ours that it finds open, as 3, 4 and so on
 * @throws HeavyopsError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE
 */
export async function launch(
  command: readonly string[],
  onStart: (program: Launched) => void,
  descriptors: readonly number[] = [],
): Promise<Launched> {
  const [file = '', ...args] = command;
  const child = started(file, args, descriptors);
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    throw notStarted(file, error);
  }
  const program = launchedAs(child, child.pid);
  onStart(program);
  return program;
}

function launchedAs(child: ChildProcess, pid: number): Launched {
  const ended = new AbortController();
  // Node.js tells so when a signal could not be sent: to a program with more rights than ours (sudo).
  child.on('error', () => {});
  const exitCode = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => {
      ended.abort();
      resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
    });
  });
  return { pid, exitCode, ended: ended.signal, send: (signal) => void child.kill(signal) };
}

function started(file: string, args: readonly string[], descriptors: readonly number[]): ChildProcess {
  try {
    return spawn(file, args, { stdio: ['inherit', 'inherit', 'inherit', ...descriptors] });
  } catch (cause) {
    throw notStarted(file, cause); // Node.js refuses some names itself, such as an empty one.
  }
}

function notStarted(file: string, cause: unknown): HeavyopsError {
  const code = errnoOf(cause);
  const isPath = file.includes('/');
  if (code === 'ENOENT' && isPath && existsSync(file)) {
    const hint = 'Correct that line, or name the interpreter: heavyops run -- python3 app.py';
    return notExecutable(
      `"${file}" cannot be run: the interpreter in its first line does not exist`,
      hint,
      cause,
    );
  }
  if (code === 'ENOENT' || code === 'ENOTDIR' || file === '') {
    return new HeavyopsError('COMMAND_NOT_FOUND', notFound(file, isPath), hintFor(file, isPath), cause);
  }
  const denied = code === 'EACCES';
  const why = denied ? 'it is no executable file' : cause instanceof Error ? cause.message : String(cause);
  const hint = denied
    ? `A Python program goes behind its interpreter: heavyops run -- python3 ${file}`
    : 'Try to start it without heavyops.';
  return notExecutable(`"${file}" cannot be run: ${why}`, hint, cause);
}

function notFound(file: string, isPath: boolean): string {
  return isPath ? `there is no file "${file}"` : `the program "${file}" was not found`;
}

function hintFor(file: string, isPath: boolean): string {
  if (/^\d+$/.test(file)) return `To sample the running process ${file}: heavyops attach ${file}`;
  return isPath
    ? 'Check its path; nothing was started.'
    : 'Neither is there such a program on PATH nor such a .py file here; nothing was started.';
}

function notExecutable(message: string, hint: string, cause: unknown): HeavyopsError {
  return new HeavyopsError('COMMAND_NOT_EXECUTABLE', message, hint, cause);
}
