import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadProfile } from '../../src/load/json.js';
import { processStat, processStatus } from '../../src/target/process.js';
import { heavyops, startCommand, startHeavyops, until, untilSampling } from '../helpers/heavyops.js';
import { type Interpreter, interpreters, label } from '../helpers/interpreters.js';
import { chains } from '../helpers/known-stacks.js';
import { countOf, recordProcess, tally } from '../helpers/recorded.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

// What holds of stops themselves, whoever is stopped, is in test/native/stop_test.cc.
const newest = interpreters().findLast(
  ({ root, freeThreaded }) => root === '/' && !freeThreaded,
) as Interpreter;
const targets = fileURLToPath(new URL('../../../test/targets/', import.meta.url));
const blocking = (pid: number, ...more: string[]) => ['attach', String(pid), '--blocking', ...more];

/** How often a profiler is killed. */
const cycles = Number(process.env.HEAVYOPS_KILLS ?? 30);

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} every stack of a stopped program is whole and real`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'chains.py');
    const { samples, profile } = await recordProcess(pid, { rate: 5000, samples: 5000, reader: 'stopped' });
    assert.deepEqual([...tally(samples, ({ stack }) => stack).keys()].sort(), [...chains.occurring].sort());
    const { unreadable, undecided, repaired } = profile.meta.counters;
    assert.deepEqual({ unreadable, undecided, repaired }, { unreadable: 0, undecided: 0, repaired: 0 });
    await runsOn(pid);
  });
}

for (const program of ['chains.py', 'threads.py']) {
  test(`${program} runs on when a profiler has stopped it for a while`, async (t) => {
    const { pid } = await startTarget(t, newest, program);
    const finished = await heavyops(t, blocking(pid, '-r', '2000', '-d', '1'));
    assert.equal(finished.code, 0, finished.stderr);
    assert.match(finished.stdout, /^Reader +stopped, each time for a sample$/m);
    await runsOn(pid);
  });

  test(`${program} runs on whenever a profiler is killed in the middle of a stop`, async (t) => {
    const { pid } = await startTarget(t, newest, program);
    let withinStop = 0;
    for (let cycle = 0; cycle < cycles; ++cycle) {
      const profiler = startHeavyops(t, blocking(pid, '-r', '5000'));
      await untilSampling(profiler);
      await sleep(cycle % 10);
      withinStop += await suspendWithinStop(profiler.pid, pid);
      profiler.child.kill('SIGKILL');
      assert.equal((await profiler.finished).signal, 'SIGKILL');
      await runsOn(pid);
    }
    t.diagnostic(`${cycles} profilers killed, ${withinStop} of them while a thread was stopped`);
    assert.ok(withinStop > 0, 'none of them was killed in the middle of a stop');
  });
}

test('threads that come and go while they are stopped end as they should', async (t) => {
  const { pid } = await startTarget(t, newest, 'churn_threads.py');
  const { samples, profile } = await recordProcess(pid, {
    rate: 2000,
    samples: 10_000,
    atLeast: 1000,
    reader: 'stopped',
  });
  assert.ok(profile.threads.length > 100, `${profile.threads.length} threads`);
  assert.ok(countOf(samples, ({ frames }) => frames.length > 0) > 9000);
  await runsOn(pid);
  await until('none of its threads has ended without being buried', () => !states(pid).includes('Z'));
});

test('a program that runs another one from a thread, while it is stopped, ends as that one', async (t) => {
  for (let round = 0; round < 3; ++round) {
    const program = [join(targets, 'threads_exec.py'), '1', 'sh', '-c', 'sleep 1; echo went on; exit 7'];
    const target = startCommand(t, [...newest.command, ...program]);
    await until('the program is ready', () => target.output.stdout.startsWith('ready'));
    const finished = await heavyops(t, blocking(target.pid, '-r', '5000', '-d', '20'));
    assert.match(finished.stdout, /^Wall time .*, until the target ran another program$/m);
    const { code, stdout } = await target.finished;
    assert.deepEqual([code, stdout.split('\n')[1]], [7, 'went on']);
  }
});

test('a program that is started to be stopped ends with its own exit code', async (t) => {
  const file = join(scratch(t), 'run.json');
  const command = [...newest.command, join(targets, 'ends.py'), '1', 'exit', '7'];
  const finished = await heavyops(t, ['run', '--blocking', '-r', '2000', '-o', file, '--', ...command]);
  assert.equal(finished.code, 7, finished.stderr);
  const { meta } = loadProfile(file);
  assert.equal(meta.reader, 'stopped');
  assert.equal(meta.ended, 'target-ended');
  assert.ok(meta.counters.samples > 500, `${meta.counters.samples} samples`);
});

test('signals reach a program that is stopped again and again', async (t) => {
  const target = await startTarget(t, newest, 'alarms.py', { args: ['1000', '0.001'] });
  await recordProcess(target.pid, { rate: 2000, samples: 1000, reader: 'stopped' });
  await until('it has had them all', () => /^seen /m.test(target.output));
  assert.match(target.output, /^seen 1000 /m);
});

test('a program that a signal has stopped is refused, and stays as it is', async (t) => {
  const { pid } = await startTarget(t, newest, 'chains.py');
  process.kill(pid, 'SIGSTOP');
  await until('it is stopped', () => processStat(pid)?.state === 'T');
  const finished = await heavyops(t, blocking(pid, '-d', '0.5'));
  assert.equal(finished.code, 22);
  assert.match(finished.stderr, /is stopped already, by a signal[\s\S]*kill -CONT/);
  assert.equal(processStat(pid)?.state, 'T');
  process.kill(pid, 'SIGCONT');
  await runsOn(pid);
});

test('a program that another one traces is refused, with that one named, and both go on', async (t) => {
  const { pid } = await startTarget(t, newest, 'chains.py');
  const first = startHeavyops(t, blocking(pid, '-r', '500', '-d', '3'));
  await untilSampling(first);
  const second = await heavyops(t, blocking(pid, '-d', '0.5'));
  assert.equal(second.code, 22);
  assert.match(second.stderr, new RegExp(`is traced by process ${first.pid}\\b.*\n`));
  assert.match(second.stderr, /End that first/);
  assert.equal((await first.finished).code, 0);
  await runsOn(pid);
});

/** Waits until a program uses the processor, and nobody traces it; fails where that does not come. */
async function runsOn(pid: number): Promise<void> {
  await until('nobody traces it', () => tracers(pid).every((tracer) => tracer === 0));
  const before = processorTime(pid);
  await until('it runs on', () => processorTime(pid) > before + 1);
  assert.ok(!states(pid).some((state) => /[tT]/.test(state)), `threads are stopped: ${states(pid)}`);
}

/** Suspends a profiler again and again until it happens to hold a thread of its target. 1, or 0 where it never does. */
async function suspendWithinStop(profiler: number, target: number): Promise<number> {
  for (let attempt = 0; attempt < 50; ++attempt) {
    process.kill(profiler, 'SIGSTOP');
    await until('it is suspended', () => states(profiler).every((state) => state === 'T'));
    if (states(target).includes('t')) return 1;
    process.kill(profiler, 'SIGCONT');
    await sleep(1);
  }
  return 0;
}

function threadsOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

function states(pid: number): readonly string[] {
  return threadsOf(pid).map((thread) => processStat(thread)?.state ?? 'X');
}

function tracers(pid: number): readonly number[] {
  return threadsOf(pid).map((thread) => processStatus(thread)?.tracer ?? 0);
}

/** Clock ticks in user mode: field 14 of proc_pid_stat(5). */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]);
}
