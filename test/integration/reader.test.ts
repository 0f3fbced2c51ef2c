import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes, HeavyopsError } from '../../src/errors.js';
import { loadProfile } from '../../src/load/json.js';
import type { ProfileMeta } from '../../src/profile/profile.js';
import { record } from '../../src/session/record.js';
import { openTarget } from '../../src/target/target.js';
import { copyForAll } from '../helpers/copy.js';
import { type Finished, heavyops, startCommand } from '../helpers/heavyops.js';
import { type Interpreter, interpreters } from '../helpers/interpreters.js';
import { lackOf, lackOfKernelReader } from '../helpers/machine.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

// Who takes the samples, and what is said where it cannot be the kernel. How true they are then is tested in matrix/.
const newest = interpreters().findLast(
  ({ root, freeThreaded }) => root === '/' && !freeThreaded,
) as Interpreter;
const forAll = interpreters().find(
  ({ root, executable }) => root === '/' && executable.startsWith('/usr/') && existsSync(executable),
);
const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));

const skip = lackOfKernelReader();
const withoutProgram = lackOf('the program of the kernel reader');
const needsRoot = process.getuid?.() === 0 ? withoutProgram : 'only root can give capabilities away here';

type Summary = ProfileMeta & { readonly achievedRate: number };

/** Samples for half a second, in the way that `command` starts heavyops; returns what its summary says. */
async function summaryOf(t: TestContext, command: readonly string[], pid: number): Promise<Summary> {
  const args = ['attach', String(pid), '-d', '0.5', '--json'];
  const { code, stdout, stderr } = await startCommand(t, [...command, ...args]).finished;
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  const { summary } = JSON.parse(stdout) as { readonly summary: Summary };
  assert.ok(summary.counters.samples > 0);
  return summary;
}

/** heavyops with the capabilities of root that are left. */
function lacking(...capabilities: readonly string[]): readonly string[] {
  const without = capabilities.map((name) => `-${name}`).join(',');
  return ['setpriv', '--bounding-set', without, '--inh-caps', without, process.execPath, main];
}

/** It failed as it should where the kernel reader was asked for by name. */
function unavailable(finished: Finished, reason: RegExp): void {
  assert.equal(finished.code, exitCodes.KERNEL_READER_UNAVAILABLE, finished.stderr);
  assert.equal(finished.stdout, '');
  assert.match(finished.stderr, /^heavyops: the kernel reader cannot be had: .+\n {2}To have it, .+\n/);
  assert.match(finished.stderr, reason);
  assert.match(finished.stderr, /--reader memory/);
}

test('threads for which there are too few open files are read from memory, and are counted', {
  skip,
}, async (t) => {
  const { pid } = await startTarget(t, newest, 'threads.py');
  const limited = ['prlimit', '--nofile=140:140', process.execPath, main];
  const { reader, unwatched = 0 } = await summaryOf(t, limited, pid);
  t.diagnostic(`${unwatched} of 51 threads were not watched`);
  assert.equal(reader, 'kernel');
  assert.ok(unwatched > 5 && unwatched < 51);
  const text = await startCommand(t, [...limited, 'attach', String(pid), '-d', '0.5']).finished;
  assert.match(text.stdout, /^The kernel would not watch \d+ threads,[\s\S]*\(ulimit -n\)/m);
  const { unwatched: none } = await summaryOf(t, [process.execPath, main], pid);
  assert.equal(none, undefined);
});

test('where it is permitted the kernel takes the samples, and every format that can says so', {
  skip,
}, async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  const directory = scratch(t);
  const file = (name: string) => join(directory, name);
  const names = ['a.json', 'a.speedscope.json', 'a.svg'];
  const finished = await heavyops(t, [
    'attach',
    String(pid),
    '-d',
    '1',
    ...names.flatMap((name) => ['-o', file(name)]),
  ]);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stdout, /^Reader +kernel, from inside it$/m);
  assert.match(finished.stdout, /^Rate +[\d,.]+ a second on processors, of 1,000 asked for$/m);
  assert.doesNotMatch(finished.stdout, /not taken|Late/);
  assert.match(finished.stdout, /hot_func/);
  const { meta } = loadProfile(file('a.json'));
  assert.deepEqual([meta.reader, meta.whyNotKernel], ['kernel', undefined]);
  assert.match(
    await readFile(file('a.speedscope.json'), 'utf8'),
    /"exporter":"heavyops@[^"]*, kernel reader"/,
  );
  assert.match(await readFile(file('a.svg'), 'utf8'), /· kernel reader ·/);
});

for (const reader of ['memory', 'stopped'] as const) {
  test(`the ${reader} reader is taken where it is asked for, and nothing is said of another`, async (t) => {
    const { pid } = await startTarget(t, newest, 'slow_app.py');
    const finished = await heavyops(t, ['attach', String(pid), '-d', '0.5', '--reader', reader]);
    assert.equal(finished.code, 0, finished.stderr);
    assert.match(finished.stdout, new RegExp(`^Reader +${reader}, `, 'm'));
    assert.match(finished.stdout, /^Late /m);
    assert.doesNotMatch(finished.stdout, /not taken/);
  });
}

const refusals: readonly (readonly [lacks: readonly string[], reason: RegExp, remedy: RegExp])[] = [
  [['bpf', 'perfmon', 'sys_admin'], /lacks CAP_BPF and CAP_PERFMON/, /=BPF --cap-add=PERFMON|sudo heavyops/],
  [['bpf', 'sys_admin'], /lacks CAP_BPF$/, /--cap-add=BPF,|sudo heavyops/],
  [['perfmon', 'sys_admin'], /lacks CAP_PERFMON$/, /--cap-add=PERFMON,|sudo heavyops/],
];

for (const [lacks, reason, remedy] of refusals) {
  test(`without ${lacks.join(', ')} auto takes the memory reader, and says why and what helps`, {
    // Where root lacks others as well, those would be named, too.
    skip: needsRoot || (lacks.length < 3 && skip),
  }, async (t) => {
    const { pid } = await startTarget(t, newest, 'slow_app.py');
    const { whyNotKernel, ...summary } = await summaryOf(t, lacking(...lacks), pid);
    assert.equal(summary.reader, 'memory');
    assert.match(whyNotKernel?.reason ?? '', reason);
    assert.match(whyNotKernel?.remedy ?? '', remedy);
    const command = [...lacking(...lacks), 'attach', String(pid), '--reader', 'kernel'];
    unavailable(await startCommand(t, command).finished, /lacks CAP_/);
  });
}

test('the tables say what stands in the files: why it was not the kernel', { skip: needsRoot }, async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  const directory = scratch(t);
  const outputs = ['a.svg', 'a.speedscope.json'].flatMap((name) => ['-o', join(directory, name)]);
  const command = [...lacking('bpf', 'perfmon', 'sys_admin'), 'attach', String(pid), '-d', '0.5', ...outputs];
  const { stdout } = await startCommand(t, command).finished;
  assert.match(stdout, /^Reader +memory, while the process ran$/m);
  assert.match(stdout, /^The kernel reader was not taken, as heavyops lacks CAP_BPF and CAP_PERFMON: /m);
  for (const name of await readdir(directory)) {
    assert.match(await readFile(join(directory, name), 'utf8'), /lacks CAP_BPF and CAP_PERFMON/, name);
  }
});

test('CAP_SYS_ADMIN stands for both capabilities', { skip: needsRoot || skip }, async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  assert.equal((await summaryOf(t, lacking('bpf', 'perfmon'), pid)).reader, 'kernel');
});

test('CAP_BPF and CAP_PERFMON are enough for a user’s own process', {
  skip: needsRoot || skip || (forAll === undefined ? 'no Python here that every user may run' : false),
}, async (t) => {
  const copy = await copyForAll(t);
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const pid = startCommand(t, [...nobody, forAll?.executable ?? '', '-c', 'while True: sum(range(99))'], {
    cwd: '/',
  }).pid;
  const both = '-all,+bpf,+perfmon';
  const given = ['--bounding-set', both, '--inh-caps', both, '--ambient-caps', both];
  const summary = await summaryOf(t, [...nobody, ...given, process.execPath, copy], pid);
  assert.equal(summary.reader, 'kernel');
});

for (const [name, number] of [
  ['bpf(2)', 321],
  ['perf_event_open(2)', 298],
] as const) {
  test(`a seccomp filter that forbids ${name} is told from a lack of capabilities`, {
    skip: skip || (process.arch === 'x64' ? false : 'the number of the call is that of x86-64'),
  }, async (t) => {
    const { pid } = await startTarget(t, newest, 'slow_app.py');
    const without = [...newest.command, join(targets, 'without_call.py'), String(number)];
    const { reader, whyNotKernel } = await summaryOf(t, [...without, process.execPath, main], pid);
    assert.equal(reader, 'memory');
    assert.equal(whyNotKernel?.reason, `a seccomp filter forbids ${name} here`);
  });
}

const inNamespace = ['unshare', '--user', '--map-root-user'];
const cannotUnshare =
  spawnSync(inNamespace[0] ?? '', [...inNamespace.slice(1), 'true']).status === 0
    ? false
    : 'user namespaces are not permitted here';
test('capabilities of another user namespace count for nothing, and that is said', {
  skip: withoutProgram || cannotUnshare,
}, async (t) => {
  const file = join(scratch(t), 'run.json');
  const program = [...newest.command, join(targets, 'ends.py'), '1', 'exit', '5'];
  const command = [...inNamespace, process.execPath, main, 'run', '-o', file, '--', ...program];
  const finished = await startCommand(t, command).finished;
  assert.equal(finished.code, 5, finished.stderr);
  const { reader, whyNotKernel } = loadProfile(file).meta;
  assert.equal(reader, 'memory');
  assert.match(whyNotKernel?.reason ?? '', /user namespace of its own/);
});

test('a heavyops that was built without the program says so', async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  const copy = await copyForAll(t, { kernelProgram: false });
  const { reader, whyNotKernel } = await summaryOf(t, [process.execPath, copy], pid);
  assert.equal(reader, 'memory');
  assert.match(whyNotKernel?.reason ?? '', /built without the kernel reader/);
  const asked = await heavyops(t, ['attach', String(pid), '--reader', 'kernel'], { main: copy });
  unavailable(asked, /built without the kernel reader.*\n {2}To have it, install clang/);
});

test('a program that cannot be sampled by the reader that was named runs on, unsampled', async (t) => {
  const copy = await copyForAll(t, { kernelProgram: false });
  const program = [...newest.command, join(targets, 'ends.py'), '1', 'exit', '7'];
  const finished = await heavyops(t, ['run', '--reader', 'kernel', '--', ...program], { main: copy });
  assert.equal(finished.code, 7, finished.stderr);
  assert.match(
    finished.stderr,
    /the kernel reader cannot be had: .*\n(.*\n)*heavyops: the program goes on unsampled\n/,
  );
});

test('a process that has ended since it was opened is told as such, not as a refusal', {
  skip,
}, async (t) => {
  const { pid, stop } = await startTarget(t, newest, 'idle.py');
  const opened = await openTarget(pid);
  await stop();
  await assert.rejects(
    record(opened, { rate: 1000, reader: 'kernel' }),
    (error) => error instanceof HeavyopsError && error.code === 'NO_SUCH_PROCESS',
  );
  const { meta } = await record(opened, { rate: 1000, duration: 500 });
  assert.equal(meta.ended, 'target-ended');
});

test('what only the memory reader can do is left to it, with the reason', async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  for (const [args, reason] of [
    [['-r', '20khz'], /above 10 khz/],
    [['--processor', 'other'], /--processor other/],
  ] as const) {
    const finished = await heavyops(t, ['attach', String(pid), '-d', '0.5', '--json', ...args]);
    const { summary } = JSON.parse(finished.stdout) as { readonly summary: Summary };
    assert.equal(summary.reader, 'memory');
    assert.match(summary.whyNotKernel?.reason ?? '', reason);
  }
});

test('readers that contradict other options are refused before anything is started', async (t) => {
  for (const args of [
    ['--reader', 'kernel', '--processor', 'other'],
    ['--reader', 'kernel', '-r', '200khz'],
    ['--reader', 'memory', '--blocking'],
    ['--reader', 'disk'],
  ]) {
    const finished = await heavyops(t, ['run', ...args, '--', 'echo', 'started']);
    assert.equal(finished.code, exitCodes.USAGE, finished.stderr);
    assert.equal(finished.stdout, '', 'nothing was started');
  }
});
