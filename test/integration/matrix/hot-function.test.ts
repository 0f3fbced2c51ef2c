import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} a hot function is hot, and main is under everything`, async (t) => {
    const { pid, file } = await startTarget(t, interpreter, 'slow_app.py');
    const { samples, profile } = await recordProcess(pid, { rate: 1000, samples: 1000, atLeast: 1200 });
    const stacks = shown(tally(samples, ({ stack }) => stack));
    t.diagnostic(`${profile.meta.counters.samples} samples`);

    const active = samples.filter(({ active, frames }) => active && frames.length > 0);
    const hot = countOf(active, ({ frames }) => frames.some(({ name }) => name === 'hot_func'));
    const all = countOf(active);
    assert.ok(all > 0, 'it was seen awake');
    assert.ok(hot >= 0.95 * all, `${hot} of ${all} active samples are under hot_func:\n${stacks}`);

    // The moment of calling hot_func again belongs to main; nothing is ever seen below or beside main.
    for (const { frames } of samples) {
      if (frames.length === 0) continue;
      assert.deepEqual([frames[0]?.name, frames[1]?.name], ['<module>', 'main'], stacks);
      assert.ok(
        frames.every((frame) => frame.file === file),
        'every frame is of the program',
      );
    }
    assert.equal(profile.threads.length, 1);
    assert.equal(profile.threads[0]?.tid, pid);
  });
}
