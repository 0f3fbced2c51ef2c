import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, exitCodes } from '../../src/errors.js';
import { loadProfile } from '../../src/load/json.js';
import { processStat } from '../../src/target/process.js';
import { copyForAll } from '../helpers/copy.js';
import { type Finished, heavyops, startCommand, startHeavyops, until } from '../helpers/heavyops.js';
import { type Interpreter, interpreters } from '../helpers/interpreters.js';
import { startTarget } from '../helpers/target.js';
import { idleProgram, python2, scratch, start, startZombie } from '../target/processes.js';

const newest = interpreters().findLast(
  ({ root, freeThreaded }) => root === '/' && !freeThreaded,
) as Interpreter;
const isRoot = process.getuid?.() === 0;

/** It failed in this way, with a message and a hint, and nothing on standard output. */
function refused(finished: Finished, code: ErrorCode, message: RegExp): void {
  assert.equal(finished.code, exitCodes[code], `${finished.stdout}\n${finished.stderr}`);
  assert.match(finished.stderr, message);
  assert.match(finished.stderr, /^heavyops: .+\n {2}\S.+\n/);
  assert.equal(finished.stdout, '');
}

/** Sampling into a file, which must not be there when it is refused. */
async function refusedAttach(t: TestContext, pid: number, code: ErrorCode, message: RegExp): Promise<void> {
  const directory = scratch(t);
  const finished = await heavyops(t, ['attach', String(pid), '-o', join(directory, 'a.svg')]);
  refused(finished, code, message);
  assert.deepEqual(await readdir(directory), []);
}

/** A program that sleeps under another name. */
async function disguised(t: TestContext, name: string): Promise<number> {
  const program = ['/usr/bin/sleep', '/bin/sleep'].find((path) => existsSync(path)) ?? 'sleep';
  const file = join(scratch(t), name);
  copyFileSync(program, file);
  const { pid } = start(t, [file, '600']);
  await until(`${name} runs`, () => processStat(pid)?.name === name);
  return pid;
}

test('a number without a process', async (t) => {
  await refusedAttach(t, 4_194_000, 'NO_SUCH_PROCESS', /there is no process 4194000/);
});

test('a program that is no Python', async (t) => {
  await refusedAttach(t, await disguised(t, 'serves'), 'NOT_PYTHON', /is not a Python: it runs .*serves/);
});

test('a Python that is not CPython', async (t) => {
  await refusedAttach(t, await disguised(t, 'pypy3.10'), 'UNSUPPORTED_PYTHON', /PyPy/);
});

test('a version that is not supported', {
  skip: python2() ? false : 'there is no python2.7 here',
}, async (t) => {
  const started = start(t, [python2() ?? '', ...idleProgram()]);
  await started.line;
  await refusedAttach(t, started.pid, 'UNSUPPORTED_PYTHON', /2\.7/);
});

test('a process that stays at its start', async (t) => {
  await refusedAttach(t, await disguised(t, 'python3.12'), 'NOT_READY', /no running Python interpreter yet/);
});

test('a zombie', async (t) => {
  const { pid } = await startZombie(t, newest.command);
  await refusedAttach(t, pid, 'ZOMBIE', /is a zombie/);
});

const kernelThread = [2, 3, 4].find((pid) => processStat(pid)?.isKernelThread === true);
test('a thread of the kernel', {
  skip: kernelThread === undefined ? 'a container shows no threads of the kernel' : false,
}, async (t) => {
  await refusedAttach(t, kernelThread ?? 2, 'KERNEL_THREAD', /a thread of the kernel/);
});

const needsRoot = isRoot ? false : 'only root can be another user here';

test('a process of another user', { skip: needsRoot }, async (t) => {
  const { pid } = await startTarget(t, newest, 'idle.py');
  const main = await copyForAll(t);
  const nobody = { uid: 65534, gid: 65534, cwd: '/', main };
  for (const command of ['attach', 'dump']) {
    const finished = await heavyops(t, [command, String(pid)], nobody);
    refused(finished, 'PERMISSION_DENIED', /no permission to read process \d+: it belongs to root/);
    assert.match(finished.stderr, /sudo heavyops|--cap-add=SYS_PTRACE/);
  }
});

test('a directory of another user', { skip: needsRoot }, async (t) => {
  const main = await copyForAll(t);
  const { pid } = startCommand(t, ['sleep', '600'], { uid: 65534, gid: 65534 });
  await until('it sleeps', () => processStat(pid)?.name === 'sleep');
  const args = ['run', '-o', join(scratch(t), 'a.svg'), '--', 'true'];
  const finished = await heavyops(t, args, { uid: 65534, gid: 65534, cwd: '/', main });
  refused(finished, 'OUTPUT_UNWRITABLE', /cannot be written: permission is denied/);
});

test('a target that ends while it is sampled', async (t) => {
  const file = join(scratch(t), 'a.json');
  const { pid } = await startTarget(t, newest, 'ends.py', { args: ['3', 'exit', '0'] });
  const finished = await heavyops(t, ['attach', String(pid), '-d', '1h', '-o', file]);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /^Wall time .*, until the target ended$/m);
  assert.match(finished.stdout, /ends\.py:\d+ work/);
  assert.equal(loadProfile(file).meta.ended, 'target-ended');
});

test('a target that runs another program while it is sampled', async (t) => {
  const file = join(scratch(t), 'a.json');
  const { pid } = await startTarget(t, newest, 'ends.py', { args: ['3', 'exec', 'sleep', '600'] });
  const finished = await heavyops(t, ['attach', String(pid), '-o', file]);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /^Wall time .*, until the target ran another program$/m);
  assert.match(finished.stdout, /ends\.py:\d+ work/);
  assert.equal(loadProfile(file).meta.ended, 'target-exec');
});

const usrPython = interpreters().find(
  ({ root, executable }) => root === '/' && executable.startsWith('/usr/'),
);
test('a target that runs a program which may not be read, as sudo, while it is sampled', {
  skip: needsRoot || (usrPython === undefined ? 'no Python here that every user may run' : false),
}, async (t) => {
  const main = await copyForAll(t);
  const directory = scratch(t);
  const nobody = { uid: 65534, gid: 65534 };
  chownSync(directory, nobody.uid, nobody.gid);
  const program = join(scratch(t), 'unreadable');
  copyFileSync(['/usr/bin/sleep', '/bin/sleep'].find((path) => existsSync(path)) ?? 'sleep', program);
  chmodSync(program, 0o711);
  const script = `import os, time\nend = time.time() + 3\nprint('ready', flush=True)\nwhile time.time() < end: pass\nos.execv('${program}', ['x', '600'])`;
  const { pid, output } = startCommand(t, [...(usrPython?.command ?? []), '-c', script], nobody);
  await until('the target is ready', () => output.stdout === 'ready\n');
  const file = join(directory, 'a.json');
  const finished = await heavyops(t, ['attach', String(pid), '-o', file], { ...nobody, cwd: '/', main });
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /^Wall time .*, until the target ran another program$/m);
  assert.equal(loadProfile(file).meta.ended, 'target-exec');
});

test('nothing sampled, as the time is over before the first tick', async (t) => {
  const directory = scratch(t);
  const { pid } = await startTarget(t, newest, 'idle.py');
  // The kernel reader has samples of what waits before the first tick, too.
  const args = ['--reader', 'memory', '-r', '0.01', '-d', '0.2', '-o', join(directory, 'a.svg')];
  refused(await heavyops(t, ['attach', String(pid), ...args]), 'NO_SAMPLES', /nothing was sampled/);
  assert.deepEqual(await readdir(directory), []);
});

test('nothing to see, as all threads sleep, says which option shows them', async (t) => {
  const { pid } = await startTarget(t, newest, 'idle.py');
  const finished = await heavyops(t, ['attach', String(pid), '-d', '0.5']);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /-i counts them, too/);
  const idle = await heavyops(t, ['attach', String(pid), '-d', '0.5', '--idle']);
  assert.match(idle.stdout, /idle\.py:\d+ wait/);
});

test('standard output that is full', async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  const command = ['sh', '-c', `exec "$@" >/dev/full`, 'sh', process.execPath, mainFile];
  const finished = await startCommand(t, [...command, 'attach', String(pid), '-d', '0.3']).finished;
  refused(finished, 'OUTPUT_UNWRITABLE', /standard output cannot be written: the disk is full/);
});

test('an addon that is not built', async (t) => {
  const { pid } = await startTarget(t, newest, 'idle.py');
  const main = await copyForAll(t, { addon: false });
  refused(
    await heavyops(t, ['attach', String(pid)], { main }),
    'NATIVE_UNAVAILABLE',
    /the native part of heavyops is not there/,
  );
  const finished = await heavyops(t, ['run', '--', 'echo', 'started'], { main });
  refused(finished, 'NATIVE_UNAVAILABLE', /the native part of heavyops is not there/);
});

test('wrong usage, each with its reason', async (t) => {
  const wrong: readonly (readonly [args: readonly string[], reason: RegExp])[] = [
    [['attach'], /no process id was given/],
    [['attach', 'python'], /"python" is not a process id/],
    [['attach', '1', '-p', '2'], /two process ids were given, 1 and 2/],
    [['attach', '1', '2'], /too many arguments/],
    [['attach', '1', '-r', 'fast'], /"fast" is not a rate/],
    [['attach', '1', '--duration=never'], /"never" is not a duration/],
    [['attach', '1', '-n', '0'], /"0" is not a number of rows/],
    [['attach', '1', '--rat', '5'], /unknown option '--rat' \(Did you mean --rate\?\)/],
    [['attach', '1', '-q'], /nothing would be left/],
    [['attach', '1', '--json', '-o', '-', '-f', 'raw'], /both --json and "-o -"/],
    [['attach', '1', '-o'], /argument missing/],
    [['run'], /missing required argument 'program'/],
    [['dump'], /no process id was given/],
    [['report'], /missing required argument 'file'/],
    [['1234'], /there is no command called "1234"/],
    [['re'], /the beginning of more than one command/],
    [['--colour'], /unknown option '--colour'/],
  ];
  for (const [args, reason] of wrong) refused(await heavyops(t, args), 'USAGE', reason);
});

test('outputs that make no sense for a target that could be sampled', async (t) => {
  const { pid } = await startTarget(t, newest, 'idle.py');
  const wrong: readonly (readonly [args: readonly string[], reason: RegExp])[] = [
    [['-f', 'svg'], /no file to write/],
    [['-o', 'a.jpeg'], /does not tell in which format/],
    [['-o', 'a.svg', '-f', 'flames'], /there is no format called "flames"/],
    [['-o', '-'], /standard output has no extension/],
    [['-o', 'a.svg', '-o', './a.svg'], /is to be written twice/],
  ];
  for (const [args, reason] of wrong) {
    const cwd = scratch(t);
    refused(await heavyops(t, ['attach', String(pid), ...args], { cwd }), 'USAGE', reason);
    assert.deepEqual(await readdir(cwd), []);
  }
});

test('help and version go to standard output', async (t) => {
  const version = await heavyops(t, ['-V']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  for (const args of [[], ['--help'], ['help']]) {
    const { code, stdout, stderr } = await heavyops(t, args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Usage: heavyops <command>/);
    assert.match(stdout, /Examples:/);
  }
  for (const command of ['attach', 'run', 'dump', 'report', 'convert']) {
    const asked = await heavyops(t, ['help', command]);
    assert.match(asked.stdout, new RegExp(`^Usage: heavyops ${command}`));
    assert.equal((await heavyops(t, [command, '-h'])).stdout, asked.stdout);
  }
});

test('Ctrl-C while a process is waited for ends heavyops', async (t) => {
  const running = startHeavyops(t, ['attach', String(await disguised(t, 'python3.11'))]);
  const loaded = () => readFileSync(`/proc/${running.pid}/maps`, 'utf8').includes('heavyops.node');
  await until('the addon is loaded, with which it looks at the process', loaded);
  running.child.kill('SIGINT');
  const finished = await running.finished;
  assert.equal(finished.signal, 'SIGINT');
});

const mainFile = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
