import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../../src/errors.js';
import { loadProfile } from '../../src/load/json.js';
import { type Profile, type WaitKind, waitKindOf, waitKinds } from '../../src/profile/profile.js';
import { waitTotals } from '../../src/profile/waits.js';
import { copyForAll } from '../helpers/copy.js';
import { type Finished, heavyops } from '../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { samplesOf } from '../helpers/recorded.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

const newest = interpreters().findLast(
  ({ root, freeThreaded }) => root === '/' && !freeThreaded,
) as Interpreter;
const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));

const skip = lackOfKernelReader();
const skipKinds = skip || lackOfKinds();

/** See docs/off-cpu.md: without either, all waits are of unknown kind. */
function lackOfKinds(): string | false {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major < 5 || (major === 5 && minor < 15)) return 'Linux tells what a thread waits for from 5.15 on';
  return existsSync('/sys/kernel/btf/vmlinux')
    ? false
    : 'this kernel has no BTF, so it tells no kinds of waits';
}

function done({ code, stderr }: Finished): void {
  assert.equal(code, 0, stderr);
}

const formats = ['svg', 'speedscope.json', 'collapsed'];

interface Recorded {
  readonly directory: string;
  readonly finished: Finished;
  readonly profile: Profile;
}

/** Records waits.py in every format. */
async function recordWaits(t: TestContext, interpreter: Interpreter, seconds: number): Promise<Recorded> {
  const { pid } = await startTarget(t, interpreter, 'waits.py');
  const directory = scratch(t);
  const outputs = ['json', ...formats].flatMap((extension) => ['-o', join(directory, `a.${extension}`)]);
  const finished = await heavyops(t, ['attach', String(pid), '-d', String(seconds), '--off-cpu', ...outputs]);
  done(finished);
  return { directory, finished, profile: loadProfile(join(directory, 'a.json')) };
}

/** Nanoseconds by kind that the threads of a name have waited. */
function waitedBy({ samples, threads }: Profile, name: string): ReadonlyMap<WaitKind, number> {
  const waited = new Map<WaitKind, number>();
  for (let row = 0; row < samples.length; row++) {
    const kind = waitKinds[waitKindOf(samples.flags[row] ?? 0)] ?? 'none';
    if (kind === 'none' || threads[samples.thread[row] ?? -1]?.name !== name) continue;
    waited.set(kind, (waited.get(kind) ?? 0) + (samples.weight[row] ?? 0));
  }
  return waited;
}

/** Of what its threads waited, besides a processor and, unless that is it, the GIL: they have to get both each time. */
function shareOf(profile: Profile, name: string, kind: WaitKind): number {
  const waited = waitedBy(profile, name);
  const others: readonly WaitKind[] = kind === 'GIL' ? ['processor'] : ['processor', 'GIL'];
  const whole = [...waited].reduce((sum, [each, time]) => sum + (others.includes(each) ? 0 : time), 0);
  return (waited.get(kind) ?? 0) / whole;
}

/** Each sleep of waits.py takes 50 ms or more; the first and the last one are cut off by the recording. */
function assertLengths(t: TestContext, profile: Profile): void {
  const row = waitTotals(profile, {}).rows.find(
    ({ kind, function: its }) => kind === 'sleep' && its === 'sleeper',
  );
  assert.ok(row?.waits !== undefined && row.longest !== undefined);
  const { waits, longest, weight } = row;
  const [least, most] = [50e6, longest];
  t.diagnostic(`${waits} sleeps, the longest of ${longest / 1e6} ms, ${weight / 1e6} ms in all`);
  assert.ok(longest >= least && longest < 1e9, `the longest took ${longest} ns`);
  assert.ok(waits >= 5 && (waits - 2) * least <= weight, `${waits} sleeps in ${weight} ns`);
  assert.ok((waits + 2) * most >= weight, `${waits} sleeps of at most ${most} ns in ${weight} ns`);
}

const waitsOfThreads: readonly (readonly [name: string, kind: WaitKind, share: number])[] = [
  ['sleeper', 'sleep', 0.9],
  ['locker', 'lock', 0.9],
  ['reader', 'I/O', 0.9],
  ['worker', 'GIL', 0.9],
  // Whenever it has started a program it reads from a pipe until that runs.
  ['waiter', 'process', 0.6],
];

const versions = [8, 12, 14].map((wanted) =>
  interpreters().findLast(({ minor, freeThreaded }) => minor === wanted && !freeThreaded),
);

for (const interpreter of versions.filter((one) => one !== undefined)) {
  const name = label(interpreter);

  test(`on ${name} each thread waits for what it is made to wait for`, { skip: skipKinds }, async (t) => {
    const { profile, directory } = await recordWaits(t, interpreter, 4);
    for (const [thread, kind, least] of waitsOfThreads) {
      const share = shareOf(profile, thread, kind);
      t.diagnostic(`${thread}: ${(100 * share).toFixed(1)} % ${kind}`);
      assert.ok(share >= least, `${thread}: ${JSON.stringify([...waitedBy(profile, thread)])}`);
    }
    assertLengths(t, profile);
    const lines = (await readFile(join(directory, 'a.off-cpu.collapsed'), 'utf8')).trimEnd().split('\n');
    for (const [place, kind] of [
      ['sleeper', 'sleep'],
      ['locker', 'lock'],
      ['reader', 'I/O'],
      ['_try_wait', 'process'],
      ['worker', 'GIL'],
    ]) {
      const line = new RegExp(`;(Popen\\.)?${place} \\([^;]*\\);\\[${kind}\\] \\d+$`);
      assert.ok(
        lines.some((one) => line.test(one)),
        `${place}: ${kind}`,
      );
    }
  });
}

test('time on processors and waits are all the time that a thread was watched', { skip }, async (t) => {
  const { profile } = await recordWaits(t, newest, 2);
  const { duration, leastWait } = profile.meta;
  assert.equal(leastWait, 1e6);
  const samples = samplesOf(profile);
  assert.equal(profile.threads.length, 7);
  for (const thread of profile.threads) {
    const own = samples.filter((sample) => sample.thread === thread);
    const passed = own.reduce((sum, { weight }) => sum + weight, 0);
    assert.ok(Math.abs(passed - duration) <= 0.01 * duration, `${thread.name}: ${passed} ns of ${duration}`);
  }
});

test('beside each file there is one with the waits, which the other has not', { skip }, async (t) => {
  const { directory, finished, profile } = await recordWaits(t, newest, 2);
  const names = ['a.json', ...formats.flatMap((extension) => [`a.${extension}`, `a.off-cpu.${extension}`])];
  assert.deepEqual((await readdir(directory)).sort(), names.sort());
  assert.equal(finished.stderr.match(/^heavyops: wrote .*\.off-cpu\.\S+ \(\w+, waits\)$/gm)?.length, 3);

  const read = (name: string) => readFile(join(directory, name), 'utf8');
  const isWait = /\[(GIL|lock|I\/O|sleep|process|processor|unknown wait)\]/;
  for (const extension of formats) {
    assert.doesNotMatch(await read(`a.${extension}`), isWait, extension);
    assert.match(await read(`a.off-cpu.${extension}`), isWait, extension);
  }
  const lines = (await read('a.off-cpu.collapsed')).trimEnd().split('\n');
  assert.ok(lines.every((line) => /;\[[^\]]+\] \d+$/.test(line)));
  const microseconds = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  const { weight } = waitTotals(profile, {});
  assert.ok(Math.abs(microseconds - weight / 1000) <= lines.length, `${microseconds} of ${weight / 1000} µs`);
});

test('the waits are printed after what ran, and again from the saved recording', { skip }, async (t) => {
  const { directory, finished } = await recordWaits(t, newest, 2);
  const [, table] =
    /^( *WAITED +SHARE +WAITS +LONGEST +FOR +LOCATION\n[\s\S]*)$/m.exec(finished.stdout) ?? [];
  assert.match(table ?? '', /^All threads together: .* of waits of 1\.0 ms and more\n$/m);
  assert.match(finished.stdout, /COUNT \| LOCATION\n[\s\S]*WAITED/);

  const file = join(directory, 'a.json');
  const again = await heavyops(t, ['report', file, '--off-cpu']);
  done(again);
  assert.ok(again.stdout.endsWith(`\n\n${table}`), again.stdout);
  assert.doesNotMatch(again.stdout, /COUNT/);
  const others = await heavyops(t, ['report', file]);
  assert.equal(`${others.stdout}\n${table}`, finished.stdout);

  const outputs = formats.flatMap((extension) => ['-o', join(directory, `b.${extension}`)]);
  done(await heavyops(t, ['convert', file, '--off-cpu', ...outputs]));
  for (const extension of formats) {
    const [recorded, converted] = await Promise.all(
      ['a.off-cpu', 'b'].map((name) => readFile(join(directory, `${name}.${extension}`), 'utf8')),
    );
    assert.equal(converted, recorded, extension);
  }
});

test('a higher threshold keeps the longer waits alone, in the object of all tables as well', {
  skip: skipKinds,
}, async (t) => {
  const { pid } = await startTarget(t, newest, 'waits.py');
  const args = ['attach', String(pid), '-d', '2', '--off-cpu', '--wait-threshold', '200ms', '--json'];
  const finished = await heavyops(t, args);
  done(finished);
  const { summary, waits, opcodes } = JSON.parse(finished.stdout);
  assert.equal(summary.leastWait, 200e6);
  assert.ok(opcodes.length > 0);
  const timeIn = (name: string) =>
    (waits.rows as { function: string; weight: number }[])
      .filter((row) => row.function.endsWith(name))
      .reduce((sum, { weight }) => sum + weight, 0);
  // The process is waited for half a second at a time; 50 ms of sleep are longer only if the machine is too busy.
  assert.ok(timeIn('_try_wait') > 0);
  assert.ok(timeIn('sleeper') < 0.5 * summary.duration, `${timeIn('sleeper')} ns`);
});

test('a program that is started is watched as well', { skip }, async (t) => {
  const program = [...newest.command, '-c', 'import time; time.sleep(1.5); sum(range(10**7))'];
  const finished = await heavyops(t, ['run', '--off-cpu', '--', ...program]);
  done(finished);
  assert.match(
    finished.stderr,
    /^ *[\d.]+ m?s +\d+\.\d % +1 +[\d.]+ m?s +(sleep|unknown) +<string>:1 <module>$/m,
  );
});

test('without the kernel reader it is refused, with what helps', async (t) => {
  const { pid } = await startTarget(t, newest, 'idle.py');
  const copy = await copyForAll(t, { kernelProgram: false });
  const finished = await heavyops(t, ['attach', String(pid), '--off-cpu', '-d', '1'], { main: copy });
  assert.equal(finished.code, exitCodes.KERNEL_READER_UNAVAILABLE, finished.stderr);
  assert.match(finished.stderr, /To have it, .*\n {2}Without it: leave --off-cpu and --reader out\n$/);
});

test('a recording by the kernel has waits of every length where they were not asked for', {
  skip,
}, async (t) => {
  const { pid } = await startTarget(t, newest, 'waits.py');
  const file = join(scratch(t), 'a.json');
  const finished = await heavyops(t, ['attach', String(pid), '-d', '1', '--reader', 'kernel', '-o', file]);
  done(finished);
  assert.doesNotMatch(finished.stdout, /WAITED/);
  assert.equal(loadProfile(file).meta.leastWait, 0);
  const reported = await heavyops(t, ['report', file, '--off-cpu']);
  done(reported);
  assert.match(reported.stdout, /^All threads together: \d.* of waits$/m);
});

test('a recording without waits has none to show, and that is said', async (t) => {
  const { pid } = await startTarget(t, newest, 'slow_app.py');
  const directory = scratch(t);
  const file = join(directory, 'a.json');
  done(await heavyops(t, ['attach', String(pid), '--reader', 'memory', '-d', '0.5', '-o', file]));
  for (const args of [
    ['report', file, '--off-cpu'],
    ['convert', file, '--off-cpu', '-o', join(directory, 'a.svg')],
  ]) {
    const finished = await heavyops(t, args);
    assert.equal(finished.code, exitCodes.USAGE, finished.stderr);
    assert.match(
      finished.stderr,
      /a\.json has no waits: .* the memory reader recorded it\n {2}Record it again /,
    );
  }
  assert.deepEqual(await readdir(directory), ['a.json']);
});

test('what contradicts waits is refused before anything is started', async (t) => {
  for (const args of [
    ['--off-cpu', '--reader', 'memory'],
    ['--off-cpu', '--blocking'],
    ['--off-cpu', '-o', '-', '-f', 'collapsed'],
    ['--wait-threshold', '5ms'],
  ]) {
    const program = [...newest.command, join(targets, 'ends.py'), '0', 'exit', '0'];
    const finished = await heavyops(t, ['run', ...args, '--', ...program]);
    assert.equal(finished.code, exitCodes.USAGE, finished.stderr);
    assert.equal(finished.stdout, '', 'nothing was started');
  }
});
