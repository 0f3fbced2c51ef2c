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
    t.diagnostic(shown(depths).trim());
    assert.equal(
      countOf(samples, ({ stack }) => stack === whole),
      countOf(samples),
      shown(depths),
    );
    assert.equal(profile.meta.counters.truncated, 0);
  });
}
