import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile } from '../../../src/profile/profile.js';
import { processStat, threadIds } from '../../../src/target/process.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { type RecordedSample, recordProcess, samplesOf } from '../../helpers/recorded.js';
import { recordElsewhere } from '../../helpers/recorder.js';
import { startTarget } from '../../helpers/target.js';

const second = 1e9;

for (const interpreter of interpreters()) {
  const name = label(interpreter);

  test(`on ${name} the time of each thread adds up to the time it was watched`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'depth.py', { args: ['5', '4'] });
    const began = performance.now();
    const { profile } = await recordProcess(pid, { rate: 1000, samples: 1000, atLeast: 500 });
    const passed = (performance.now() - began) * 1e6;
    assert.ok(profile.meta.duration <= passed, `${profile.meta.duration} of ${passed} ns`);
    assert.ok(profile.meta.duration >= 0.5 * second);
    assert.equal(profile.threads.length, 4);
    assertTimes(t, profile);
  });

  test(`on ${name} time in which the profiler was stopped is not lost`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'depth.py', { args: ['5', '4'] });
    const stopped = 500;
    const profile = await recordElsewhere(t, pid, { rate: 1000 }, async (recorder) => {
      process.kill(recorder, 'SIGSTOP');
      while (!everyThreadIsStopped(recorder)) await sleep(1);
      await sleep(stopped);
      process.kill(recorder, 'SIGCONT');
      await sleep(500);
    });
    const { counters, duration } = profile.meta;
    assert.ok(duration >= (stopped / 1000) * second);
    assert.ok(counters.missed >= 0.9 * stopped, `${counters.missed} missed`);
    assert.ok(counters.ticks + counters.missed <= (duration / second) * 1000 + 2);
    assertTimes(t, profile);
  });
}

/** A signal stops a process when its first thread comes to run; on a busy machine that takes a while. */
function everyThreadIsStopped(pid: number): boolean {
  return [...threadIds(pid).values()].every((thread) => processStat(thread)?.state === 'T');
}

/** The rows of each thread follow one another without a gap, and are as long together as the recording. */
function assertTimes(t: TestContext, profile: Profile): void {
  const { duration, counters } = profile.meta;
  const samples = samplesOf(profile);
  for (const thread of profile.threads) {
    const own = samples.filter((sample) => sample.thread === thread);
    const watched = own.reduce((sum, { weight }) => sum + weight, 0);
    assert.ok(Math.abs(watched - duration) <= 0.005 * duration, `${watched} ns of ${duration}`);
    own.reduce<RecordedSample | undefined>((before, sample) => {
      const gap = before === undefined ? 0 : sample.time - (before.time + before.weight);
      assert.ok(Math.abs(gap) < 1000, `a gap of ${gap} ns before ${sample.time}`);
      return sample;
    }, undefined);
  }
  t.diagnostic(`${counters.ticks} ticks, ${counters.missed} missed, in ${Math.round(duration / 1e6)} ms`);
}
