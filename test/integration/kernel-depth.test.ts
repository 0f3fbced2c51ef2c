import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../helpers/interpreters.js';
import { lackOfKernelReader } from '../helpers/machine.js';
import { countOf, recordProcess, shown, tally } from '../helpers/recorded.js';
import { startTarget } from '../helpers/target.js';

const skip = lackOfKernelReader();
/** kMostFrames in native/bpf/record.h. */
const bound = 1024;
const [calls, others] = [1500, 3]; // <module>, announced, busy

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} the kernel cuts the root's end of a stack too deep for it, and says so`, {
    skip,
  }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'depth.py', { args: [String(calls)] });
    const { samples, profile } = await recordProcess(pid, { rate: 1000, samples: 500, reader: 'kernel' });
    const depths = tally(samples, ({ frames }) => `${frames.length} frames`);
    t.diagnostic(shown(depths).trim());
    // Where it was before its first tick, and where it waits after a time without ticks since others robbed it of its
    // processor, is read from its memory, to the root.
    const whole = samples.filter(({ truncated }) => !truncated);
    const ran = samples.filter(({ active, truncated }) => active && truncated);
    assert.ok(countOf(ran) > countOf(whole), 'it was seen running');
    const cut = ['busy', 'announced', ...Array.from({ length: bound - 2 }, () => 'descend')]
      .reverse()
      .join('>');
    assert.deepEqual([...new Set(ran.map(({ stack }) => stack))], [cut]);
    const truncated = countOf(samples, (sample) => sample.truncated);
    assert.equal(profile.meta.counters.truncated, truncated);
    assert.ok(whole.every(({ time, active }) => !active || time < (ran[0]?.time ?? 0)));
    assert.ok(whole.every(({ frames }) => frames.length <= calls + others));
  });
}
