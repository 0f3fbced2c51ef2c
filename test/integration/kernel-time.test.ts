import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile, Thread } from '../../src/profile/profile.js';
import { record } from '../../src/session/record.js';
import { processStat, threadIds } from '../../src/target/process.js';
import { openTarget } from '../../src/target/target.js';
import { until } from '../helpers/heavyops.js';
import { interpreters, label } from '../helpers/interpreters.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { type RecordedSample, samplesOf } from '../helpers/recorded.js';
import { recordElsewhere } from '../helpers/recorder.js';
import { startTarget } from '../helpers/target.js';

const skip = lackOfKernelReader();
const second = 1e9;
const rate = 1000;
/** Of the time on a processor, ns: a tick of the thread's own clock, and one of the kernel's that counts for it. */
const aTick = second / rate + second / 100;
/**
 * How much more a thread's clock may count than the kernel counts for the thread: it goes on while a hypervisor lets
 * somebody else run, which the kernel leaves out (CONFIG_PARAVIRT_TIME_ACCOUNTING).
 */
const stolen = 1.1;

for (const interpreter of interpreters()) {
  const name = label(interpreter);

  test(`on ${name} threads are active as long as the kernel has them on a processor`, { skip }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'shares.py');
    const watched = await watch(pid, 1500);
    assertSums(watched.profile, watched.samples);
    assertUse(t, watched);
    const part = watched.profile.threads.find((thread) => thread.name === 'part');
    assert.ok(part !== undefined && activeTime(watched.samples, part) > 0);
  });

  test(`on ${name} threads that wait for the GIL, or sleep, are not active`, { skip }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'threads.py');
    const watched = await watch(pid, 1000);
    assert.equal(watched.profile.threads.length, 51);
    assertSums(watched.profile, watched.samples);
    assertUse(t, watched);
  });

  test(`on ${name} most of the time of a thread that starts later is accounted for`, { skip }, async (t) => {
    const target = await startTarget(t, interpreter, 'shares.py', { args: ['later'] });
    const opened = await openTarget(target.pid);
    let before = Number.POSITIVE_INFINITY;
    const enough = new AbortController();
    const recording = record(opened, {
      rate,
      reader: 'kernel',
      signal: enough.signal,
      onProgress: () => {
        before = Math.min(before, used(target.output).length);
      },
    });
    await until('some have begun and ended', () => used(target.output).length >= before + 3);
    enough.abort();
    const profile = await recording;
    const samples = samplesOf(profile).filter(({ frames }) => frames.some((frame) => frame.name === 'later'));
    const seen = profile.threads.filter((thread) => samples.some((sample) => sample.thread === thread));
    // The first one began before the recording did.
    const ended = used(target.output).slice(before + 1, before + 3);
    assert.ok(seen.length > ended.length, `${seen.length} threads were seen`);
    ended.forEach((time, index) => {
      const active = activeTime(samples, seen[index + 1]);
      const said = `${ms(active)} of ${ms(time)} on a processor`;
      t.diagnostic(said);
      assert.ok(active > time / 2 && active <= stolen * time + aTick, said);
    });
  });
}

const newest = interpreters().findLast(({ root, freeThreaded }) => root === '/' && !freeThreaded);

test('while a program is stopped by a signal it is not active, and after it goes on', { skip }, async (t) => {
  assert.ok(newest !== undefined);
  const { pid } = await startTarget(t, newest, 'chains.py');
  let stopped = 0;
  const watched = await watch(pid, 3000, async () => {
    await sleep(500);
    process.kill(pid, 'SIGSTOP');
    await until('it is stopped', () => processStat(pid)?.state === 'T');
    const since = performance.now();
    await sleep(1000);
    stopped = (performance.now() - since) * 1e6;
    process.kill(pid, 'SIGCONT');
  });
  assertSums(watched.profile, watched.samples);
  assertUse(t, watched);
  const active = watched.samples.filter((sample) => sample.active);
  const gap = Math.max(...active.map(({ time }, index) => time - (active[index - 1]?.time ?? time)));
  assert.ok(
    gap >= stopped - aTick,
    `stopped for ${ms(stopped)}, the longest time without a tick is ${ms(gap)}`,
  );
  const last = active.at(-1);
  assert.ok(last !== undefined && last.time > 0.5 * second + stopped, 'it goes on after SIGCONT');
});

test('what does not fit while the profiler is stopped is counted, and its time is kept', {
  skip,
}, async (t) => {
  assert.ok(newest !== undefined);
  // 1,024 frames are a record of 16 kB: some hundred fill the ring.
  const { pid } = await startTarget(t, newest, 'depth.py', { args: ['1100'] });
  const began = processorTimes(pid).get(pid) ?? 0;
  let meanwhile = 0;
  const profile = await recordElsewhere(t, pid, { rate: 5000, reader: 'kernel' }, async (recorder) => {
    process.kill(recorder, 'SIGSTOP');
    const since = processorTimes(pid).get(pid) ?? 0;
    const now = () => processorTimes(pid).get(pid) ?? 0;
    await until('the target has run for half a second', () => now() - since > 0.5 * second);
    meanwhile = now() - since;
    process.kill(recorder, 'SIGCONT');
    await sleep(200);
  });
  const used = (processorTimes(pid).get(pid) ?? 0) - began;
  const samples = samplesOf(profile);
  assertSums(profile, samples);
  const active = activeTime(samples, profile.threads[0]);
  const { lost, unreadable } = profile.meta.counters;
  t.diagnostic(`${lost} lost, ${ms(active)} active, ${ms(meanwhile)} of them while the profiler was stopped`);
  // A wait has no stack where the record of its beginning is one of those that are lost.
  const waited = ((profile.meta.duration - active) / second) * 5000 + 1;
  assert.ok(lost > 0 && unreadable <= waited, `${lost} lost, ${unreadable} unreadable, ${waited} waited`);
  assert.ok(active >= meanwhile && active <= stolen * used, `${ms(active)} of ${ms(used)}`);
});

interface Watched {
  readonly profile: Profile;
  readonly samples: readonly RecordedSample[];
  /** ns on processors between the moments right before and after the recording, by thread id. */
  readonly onProcessor: ReadonlyMap<number, number>;
  /** ns between those moments that are not of the recording. */
  readonly outside: number;
}

/** Records for so many milliseconds, and asks the kernel before and after it. */
async function watch(pid: number, duration: number, meanwhile = async () => {}): Promise<Watched> {
  const target = await openTarget(pid);
  const began = performance.now();
  const before = processorTimes(pid);
  const [profile] = await Promise.all([record(target, { rate, reader: 'kernel', duration }), meanwhile()]);
  const after = processorTimes(pid);
  const outside = (performance.now() - began) * 1e6 - profile.meta.duration;
  const onProcessor = [...after].map(([tid, time]) => [tid, time - (before.get(tid) ?? 0)] as const);
  return { profile, samples: samplesOf(profile), onProcessor: new Map(onProcessor), outside };
}

/** ns that each thread has been on a processor: the first number of /proc/PID/task/TID/schedstat (proc(5)). */
function processorTimes(pid: number): ReadonlyMap<number, number> {
  const times = [...threadIds(pid).values()].map((tid) => {
    const [time] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ');
    return [tid, Number(time)] as const;
  });
  return new Map(times);
}

/** The weights of each thread are together as long as the recording; what has not ticked yet is missing. */
function assertSums(profile: Profile, samples: readonly RecordedSample[]): void {
  const { duration } = profile.meta;
  for (const thread of profile.threads) {
    const watched = samples
      .filter((sample) => sample.thread === thread)
      .reduce((sum, { weight }) => sum + weight, 0);
    const apart = Math.abs(watched - duration);
    assert.ok(apart <= 0.005 * duration, `${thread.name}: ${ms(watched)} of ${ms(duration)}`);
  }
}

/**
 * Active time is what the kernel counts for a thread, whatever else the machine does: 2 % of a second and a tick may be
 * between them, and what it has used outside of the recording.
 */
function assertUse(t: TestContext, { profile, samples, onProcessor, outside }: Watched): void {
  const margin = 0.02 * second + aTick;
  for (const thread of profile.threads) {
    const active = activeTime(samples, thread);
    const used = onProcessor.get(thread.tid) ?? 0;
    const said = `${thread.name}: ${ms(active)} active, ${ms(used)} on a processor, ${ms(outside)} outside`;
    if (active + used > 0.001 * second) t.diagnostic(said);
    assert.ok(active <= stolen * used + margin, said);
    assert.ok(active >= used - Math.min(outside, used) - margin, said);
  }
}

function activeTime(samples: readonly RecordedSample[], thread: Thread | undefined): number {
  const own = samples.filter((sample) => sample.thread === thread && sample.active);
  return own.reduce((sum, { weight }) => sum + weight, 0);
}

/** ns on a processor of each thread of shares.py that has told them at its end. */
function used(output: string): readonly number[] {
  return [...output.matchAll(/^used (\d+)$/gm)].map(([, time]) => Number(time));
}

function ms(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}
