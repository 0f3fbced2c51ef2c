import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's directory. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A failure that is explained already: shown as it is, without a stack. */
export class StepFailed extends Error {}

/**
 * Runs a command as one step: one line on standard error, its output in `build/logs/NAME.log`, shown only when
 * it fails. Throws StepFailed then.
 *
 * @param {string} title what is being done, as in "compiling TypeScript"
 * @param {readonly string[]} command the program and its arguments
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function step(title, command, { cwd = root, env = process.env } = {}) {
  const began = performance.now();
  const log = logFile(title);
  process.stderr.write(`heavyops: ${title} …\n`);
  const status = await runInto(log, command, { cwd, env });
  if (status === 0) return;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  throw new StepFailed(
    `${lastLines(log, 60)}\n\n${title} failed after ${seconds} s (${status}): ${command.join(' ')}\nThe whole output is in ${log}`,
  );
}

/**
 * Runs a command with the terminal's own streams.
 *
 * @param {readonly string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code; 128 + n for a signal
 */
export async function passThrough(command, { cwd = root, env = process.env } = {}) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env, stdio: 'inherit' });
  return exitCode(await ending(child));
}

/** Whether a program can be started by its name. @param {string} program */
export function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, program)));
}

/** Ends the process with the message of a StepFailed; anything else is a bug and keeps its stack.
 * @param {unknown} error */
export function fail(error) {
  process.exitCode = 1;
  console.error(error instanceof StepFailed ? `\n${error.message}` : error);
}

/** @param {string} title */
function logFile(title) {
  const directory = join(root, 'build', 'logs');
  mkdirSync(directory, { recursive: true });
  return join(directory, `${title.replaceAll(/[^\w.+-]+/g, '-')}.log`);
}

/**
 * @param {string} log
 * @param {readonly string[]} command
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 */
async function runInto(log, command, { cwd, env }) {
  const [program = '', ...args] = command;
  const file = openSync(log, 'w');
  try {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', file, file] });
    const { error, code, signal } = await ending(child);
    return error?.message ?? signal ?? (code === 0 ? 0 : `exit code ${code}`);
  } finally {
    closeSync(file);
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ error?: Error, code: number | null, signal: NodeJS.Signals | null }>}
 */
function ending(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error, code: null, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** @param {{ error?: Error, code: number | null, signal: NodeJS.Signals | null }} end */
function exitCode({ error, code, signal }) {
  if (error !== undefined) throw new StepFailed(error.message);
  return signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
}

/**
 * @param {string} file
 * @param {number} count
 */
function lastLines(file, count) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
