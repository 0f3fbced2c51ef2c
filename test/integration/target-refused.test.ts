import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, HeavyopsError } from '../../src/errors.js';
import { processStat } from '../../src/target/process.js';
import { openTarget } from '../../src/target/target.js';
import { interpreters } from '../helpers/interpreters.js';
import { idleProgram, python2, scratch, start, startZombie } from '../target/processes.js';

const here = interpreters().find(({ root }) => root === '/');
const isRoot = process.getuid?.() === 0;
const sleepProgram = ['/usr/bin/sleep', '/bin/sleep'].find((path) => existsSync(path)) ?? 'sleep';

async function refusal(pid: number, code: ErrorCode, waitFor = 200): Promise<HeavyopsError> {
  const outcome = await openTarget(pid, { waitFor }).catch((error: unknown) => error);
  assert.ok(outcome instanceof HeavyopsError, String(outcome));
  assert.equal(outcome.code, code, outcome.message);
  assert.notEqual(outcome.hint, '');
  return outcome;
}

/** A program that sleeps under another name. */
async function disguised(t: TestContext, name: string): Promise<number> {
  const file = join(scratch(t), name);
  copyFileSync(sleepProgram, file);
  const { pid } = start(t, [file, '600']);
  await running(pid, name);
  return pid;
}

async function running(pid: number, name: string): Promise<void> {
  while (processStat(pid)?.name !== name) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('a number without a process is refused', async () => {
  for (const pid of [2 ** 30, 0, -1, 1.5, Number.NaN]) {
    const error = await refusal(pid, 'NO_SUCH_PROCESS');
    assert.match(error.hint, /pgrep/);
  }
});

test('a program that is no Python is named', async (t) => {
  const { pid } = start(t, [sleepProgram, '600']);
  await running(pid, 'sleep');
  assert.match((await refusal(pid, 'NOT_PYTHON')).message, /sleep/);
});

test('a program that has run for more than a second without Python is not waited for', async (t) => {
  const { pid } = start(t, [sleepProgram, '600']);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await Promise.race([
    refusal(pid, 'NOT_PYTHON', 600_000),
    new Promise((_, reject) => setTimeout(() => reject(new Error('it is waited for')), 30_000).unref()),
  ]);
});

test('for a shell that started a Python, the Python is named', async (t) => {
  assert.ok(here !== undefined);
  const started = start(t, [
    'sh',
    '-c',
    'setpriv --pdeathsig KILL "$@" & echo $!; wait',
    'sh',
    ...here.command,
    ...idleProgram(),
  ]);
  const child = Number(await started.line);
  await openTarget(child);
  const { hint } = await refusal(started.pid, 'NOT_PYTHON');
  assert.match(hint, new RegExp(`child process ${child} is one.*--pid ${child}`));
});

test('for a program that a Python started, the Python is named', async (t) => {
  assert.ok(here !== undefined);
  const spawning = `import subprocess\nchild = subprocess.Popen(['setpriv', '--pdeathsig', 'KILL', 'sleep', '600'])\nsys.stdout.write('%d ' % child.pid)`;
  const started = start(t, [...here.command, ...idleProgram(spawning)]);
  const child = Number.parseInt(await started.line, 10);
  await running(child, 'sleep');
  assert.match((await refusal(child, 'NOT_PYTHON')).hint, new RegExp(`parent process ${started.pid} is one`));
});

test('Pythons that are not CPython are named, and what is supported', async (t) => {
  for (const [file, name] of [
    ['pypy3.10-c', 'PyPy'],
    ['graalpy', 'GraalPy'],
    ['micropython', 'MicroPython'],
  ] as const) {
    const error = await refusal(await disguised(t, file), 'UNSUPPORTED_PYTHON');
    assert.match(error.message, new RegExp(name));
    assert.match(error.hint, /CPython 3\.6 to 3\.15/);
  }
});

test('Python 2.7 is refused by its version', {
  skip: python2() ? false : 'there is no python2.7 here',
}, async (t) => {
  const started = start(t, [python2() ?? '', ...idleProgram()]);
  await started.line;
  assert.match((await refusal(started.pid, 'UNSUPPORTED_PYTHON')).message, /2\.7/);
});

test('a program that is only called python is waited for, then refused as not ready', async (t) => {
  const error = await refusal(await disguised(t, 'python3.12'), 'NOT_READY');
  assert.match(error.hint, /still starting/);
});

test('a zombie is called one, with its parent', async (t) => {
  assert.ok(here !== undefined);
  const { pid, parent } = await startZombie(t, here.command);
  assert.match((await refusal(pid, 'ZOMBIE')).hint, new RegExp(`parent is ${parent}`));
});

const kernelThread = [2, 3, 4].find((pid) => processStat(pid)?.isKernelThread === true);
test('a thread of the kernel is called one', {
  skip: kernelThread === undefined ? 'a container shows no threads of the kernel' : false,
}, async () => {
  await refusal(kernelThread ?? 2, 'KERNEL_THREAD');
});

test('a process of another user is refused with the way to read it', async (t) => {
  if (!isRoot) {
    assert.match((await refusal(1, 'PERMISSION_DENIED')).hint, /sudo|CAP|cap-add/);
    return;
  }
  assert.ok(here !== undefined);
  const started = start(t, [...here.command, ...idleProgram()]);
  await started.line;
  // The modules are loaded as root: nobody may not be allowed to read this directory.
  const script = `
    const { openTarget } = await import(${JSON.stringify(new URL('../../src/target/target.js', import.meta.url).href)});
    const { native } = await import(${JSON.stringify(new URL('../../src/native.js', import.meta.url).href)});
    native();
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    const error = await openTarget(${started.pid}).catch((error) => error);
    console.log(JSON.stringify([error.code, error.message, error.hint]));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const [code, message, hint] = JSON.parse(output) as string[];
  assert.equal(code, 'PERMISSION_DENIED');
  assert.match(message ?? '', /belongs to root/);
  assert.match(hint ?? '', /sudo heavyops|--cap-add=SYS_PTRACE/);
});

test('a program of 32 bits is refused as unreadable', async (t) => {
  const file = join(scratch(t), 'waits');
  writeFileSync(file, program32(), { mode: 0o755 });
  if (!(await canRun(file))) {
    t.skip('this kernel runs no 32-bit programs');
    return;
  }
  const { pid } = start(t, [file]);
  await running(pid, 'waits');
  assert.match((await refusal(pid, 'TARGET_UNREADABLE')).message, /32-bit/);
});

test('a Python that ends while it is opened is no crash', async (t) => {
  assert.ok(here !== undefined);
  for (let round = 0; round < 20; round++) {
    const { pid } = start(t, [...here.command, '-S', '-E', '-c', 'pass']);
    await new Promise((resolve) => setTimeout(resolve, round * 2));
    const outcome = await openTarget(pid, { waitFor: 100 }).catch((error: unknown) => error);
    if (outcome instanceof Error) {
      assert.ok(outcome instanceof HeavyopsError, outcome.stack);
      assert.ok(
        ['NO_SUCH_PROCESS', 'ZOMBIE', 'NOT_READY', 'NOT_PYTHON'].includes(outcome.code),
        outcome.message,
      );
    }
  }
});

/** One i386 instruction sequence that waits for a signal: pause() by int 0x80, for ever. */
function program32(): Buffer {
  const code = Buffer.from([0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7]);
  const base = 0x0804_8000;
  const header = Buffer.alloc(84);
  header.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1], 0);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(3, 18);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(base + 84, 24);
  header.writeUInt32LE(52, 28);
  header.writeUInt16LE(52, 40);
  header.writeUInt16LE(32, 42);
  header.writeUInt16LE(1, 44);
  const segment = [1, 0, base, base, 84 + code.length, 84 + code.length, 5, 0x1000];
  for (const [index, value] of segment.entries()) {
    header.writeUInt32LE(value, 52 + 4 * index);
  }
  return Buffer.concat([header, code]);
}

function canRun(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(file, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (_, signal) => resolve(signal === 'SIGKILL'));
    child.once('spawn', () => setTimeout(() => child.kill('SIGKILL'), 50));
  });
}
