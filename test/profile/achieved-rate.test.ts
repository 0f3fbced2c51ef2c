import assert from 'node:assert/strict';
import { test } from 'node:test';
import { achievedRate, onProcessors } from '../../src/profile/achieved-rate.js';
import type { ProfileMeta } from '../../src/profile/profile.js';
import { MILLISECOND, smallProfile } from '../helpers/profiles.js';

const small = smallProfile();
const by = (reader: ProfileMeta['reader']) => ({ ...small, meta: { ...small.meta, reader } });

test('with a clock of our own the rate is that of ticks, in the time that was watched', () => {
  assert.equal(achievedRate(by('memory')), 995);
  assert.equal(achievedRate(by('stopped')), 995);
  assert.equal(achievedRate({ ...small, meta: { ...small.meta, duration: 0 } }), 0);
});

test('with the clocks of threads it is that of samples on processors, in the time there', () => {
  assert.deepEqual(onProcessors(small), { count: 21, time: 21 * MILLISECOND });
  assert.equal(achievedRate(by('kernel')), 1000);
});

test('threads that were throttled, or waited all the time, show it', () => {
  const { samples } = small;
  const throttled = {
    ...by('kernel'),
    samples: { ...samples, weight: samples.weight.map((one) => 4 * one) },
  };
  assert.equal(achievedRate(throttled), 250);
  const waiting = { ...by('kernel'), samples: { ...samples, flags: samples.flags.map(() => 0) } };
  assert.equal(achievedRate(waiting), 0);
});
