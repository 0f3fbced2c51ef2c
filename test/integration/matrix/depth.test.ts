import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { runningReaders } from '../../helpers/running-readers.js';
import { startTarget } from '../../helpers/target.js';

const calls = 900;
const whole = ['<module>', 'main', ...Array.from({ length: calls }, () => 'descend'), 'busy'].join('>');

const readers = runningReaders();
const cases = interpreters().flatMap((interpreter) => readers.map((one) => ({ interpreter, ...one })));

for (const { interpreter, reader, by, skip } of cases) {
  test(`on ${label(interpreter)} all of ${calls} calls are on the stack${by}`, { skip }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'recursion.py');
    const { samples, profile } = await recordProcess(pid, { rate: 2000, samples: 1000, reader });
    const depths = tally(samples, ({ frames }) => `${frames.length} frames`);
    const { lost } = profile.meta.counters;
    t.diagnostic(`${shown(depths).trim()}, ${lost} lost`);
    const seen = samples.filter(({ frames }) => frames.length > 0);
    assert.equal(
      countOf(seen, ({ stack }) => stack === whole),
      countOf(seen),
      shown(depths),
    );
    assert.ok(countOf(seen) > 500);
    // Records of so many frames fill the kernel's buffer in two tenths of a second, in which a busy machine may not let us
    // run; a wait whose beginning is among those that are lost then has no stack.
    assert.ok(lost > 0 || seen.length === samples.length, shown(depths));
    assert.equal(profile.meta.counters.truncated, 0);
  });
}
