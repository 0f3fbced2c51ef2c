import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { processStat } from '../../src/target/process.js';
import { until } from '../helpers/heavyops.js';

/** A process that ends with the test at the latest. */
export interface Started {
  readonly pid: number;
  /** Resolves with its first line of output. */
  readonly line: Promise<string>;
  write(text: string): void;
  end(): Promise<void>;
}

/** Starts any program; it dies with this process, too. */
export function start(
  test: TestContext,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'exit');
      child.kill('SIGKILL');
      await closed;
    }
  };
  test.after(end);
  return { pid: child.pid ?? 0, line: firstLine(child), write: (text) => child.stdin?.write(text), end };
}

/** Says "ready", then sleeps; `body` runs before. */
export function idleProgram(body = ''): readonly string[] {
  return [
    '-c',
    `import sys, time\n${body}\nsys.stdout.write('ready\\n')\nsys.stdout.flush()\ntime.sleep(600)`,
  ];
}

/** Starts a Python program of which a child has ended and is not waited for; a shell could wait for it at any time. */
export async function startZombie(
  test: TestContext,
  python: readonly string[],
): Promise<{ readonly pid: number; readonly parent: number }> {
  const fork = `import os\nchild = os.fork()\nif child == 0: os._exit(0)\nsys.stdout.write('%d ' % child)`;
  const started = start(test, [...python, ...idleProgram(fork)]);
  const pid = Number.parseInt(await started.line, 10);
  await until('it is a zombie', () => processStat(pid)?.state === 'Z');
  return { pid, parent: started.pid };
}

/** A directory under `root` that goes with the test. */
export function scratch(test: TestContext, root = '/'): string {
  const directory = mkdtempSync(
    root === '/' ? join(tmpdir(), 'heavyops-target-') : join(root, 'tmp', 'heavyops-target-'),
  );
  chmodSync(directory, 0o755);
  test.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Copies an ELF file as a build without section headers, and so without symbol tables, would have it. */
export function copyWithoutSections(from: string, to: string): void {
  writeExecutable(to, withoutSections(readFileSync(from)));
}

/** The same, and what it exports is not called as CPython's symbols are. */
export function copyWithoutNames(from: string, to: string): void {
  const bytes = withoutSections(readFileSync(from));
  for (const name of ['_PyRuntime', 'Py_GetVersion', 'Py_Version']) {
    const at = bytes.indexOf(`\0${name}\0`, 0, 'latin1');
    bytes.write('Q', at < 0 ? bytes.length : at + 1);
  }
  writeExecutable(to, bytes);
}

/** Python 2.7, which tests only want to see refused; nothing when there is none. */
export function python2(): string | undefined {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => !directory.endsWith('shims'));
  const places = [join(versions, '2.7.18', 'bin'), ...onPath].map((directory) =>
    join(directory, 'python2.7'),
  );
  return places.find((path) => existsSync(path));
}

/** e_shoff, e_shentsize, e_shnum and e_shstrndx of the ELF header. */
function withoutSections(bytes: Buffer): Buffer {
  return bytes.fill(0, 0x28, 0x30).fill(0, 0x3a, 0x40);
}

function writeExecutable(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes, { mode: 0o755 });
}

/** Goes on listening afterwards: a closed pipe would end the program. */
function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) {
        resolve(text.slice(0, text.indexOf('\n')));
      }
    });
    stdout?.once('close', () => resolve(text));
  });
}
