import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Interpreter } from './interpreters.js';

/** A Python program that runs until the test ends. */
export interface RunningTarget {
  /** Of the interpreter itself. */
  readonly pid: number;
  /** The program's path as the interpreter sees it, and so as its code objects have it. */
  readonly file: string;
  /** What it has written so far to its standard streams. */
  readonly output: string;
  /** The words that followed "ready" on its line. */
  readonly announced: readonly string[];
  /** Ends it by its pid and waits until it is gone. The test's end does the same. */
  stop(): Promise<void>;
}

/** What helpers need of a test's context: a way to clean up when it ends. */
export type Ending = Pick<TestContext, 'after'>;

export interface TargetOptions {
  readonly args?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of the interpreter itself. */
  readonly pythonArgs?: readonly string[];
}

/**
 * Starts a program of test/targets/ and waits until it says "ready" on its standard output. It is ended when the
 * test ends in whichever way, and dies with the test's process too.
 *
 * Throws when it ends, or says "unsupported", or says nothing for a minute.
 */
export async function startTarget(
  test: Ending,
  interpreter: Interpreter,
  program: string,
  { args = [], env = {}, pythonArgs = [] }: TargetOptions = {},
): Promise<RunningTarget> {
  const placed = await place(interpreter, program);
  const command = [...interpreter.command, ...pythonArgs, placed.file, ...args];
  // The kernel ends the target when this process dies without having ended it.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8', ...env },
  });
  const output = collect(child);
  const stop = async () => {
    await end(child);
    await placed.remove();
  };
  test.after(stop);
  const line = await ready(child, output, `${program} on Python ${interpreter.version}`);
  return {
    pid: child.pid ?? 0,
    file: placed.file,
    announced: line.split(' ').slice(1),
    get output() {
      return output.text;
    },
    stop,
  };
}

const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));

/** Puts the program where the interpreter can see it. */
async function place({ root }: Interpreter, program: string) {
  const source = join(targets, program);
  if (root === '/') return { file: source, remove: async () => {} };
  const directory = await mkdtemp(join(root, 'tmp/heavyops-'));
  await copyFile(source, join(directory, basename(program)));
  return {
    file: join('/tmp', basename(directory), basename(program)),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

interface Output {
  text: string;
}

function collect(child: ChildProcess): Output {
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  return output;
}

const patience = 60_000;

/** Waits for the line that begins with "ready". */
function ready(child: ChildProcess, output: Output, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${what} ${why}\n${output.text}`));
    const impatience = setTimeout(() => fail(`said nothing for ${patience / 1000} s`), patience);
    child.stdout?.on('data', () => {
      const line = /^ready.*(?=\n)/m.exec(output.text)?.[0];
      if (line === undefined) return;
      clearTimeout(impatience);
      resolve(line);
    });
    child.once('error', (error) => {
      clearTimeout(impatience);
      fail(`did not start: ${error.message}`);
    });
    child.once('close', (code, signal) => {
      clearTimeout(impatience);
      fail(`ended with ${signal ?? code} before it was ready`);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
