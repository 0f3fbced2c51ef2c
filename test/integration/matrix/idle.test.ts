import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totals } from '../../../src/profile/totals.js';
import { processStat } from '../../../src/target/process.js';
import { until } from '../../helpers/heavyops.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess } from '../../helpers/recorded.js';
import { runningReaders } from '../../helpers/running-readers.js';
import { startTarget } from '../../helpers/target.js';

const readers = runningReaders();
const cases = interpreters().flatMap((interpreter) => readers.map((one) => ({ interpreter, ...one })));

for (const { interpreter, reader, by, skip } of cases) {
  test(`on ${label(interpreter)} a program that sleeps is idle, and is shown when asked for${by}`, {
    skip,
  }, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'idle.py');
    await until('it has fallen asleep', () => processStat(pid)?.state === 'S');
    // The kernel tells of threads that sleep 40 times a second.
    const wanted = reader === 'kernel' ? 20 : 300;
    const options = { rate: 1000, samples: wanted, atLeast: 500, reader };
    const { samples, profile } = await recordProcess(pid, options);
    assert.deepEqual([...new Set(samples.map(({ stack }) => stack))], ['<module>>main>wait']);
    assert.equal(
      countOf(samples, ({ active }) => active),
      0,
    );
    assert.equal(
      countOf(samples, ({ gil }) => gil),
      0,
    );

    assert.deepEqual(totals(profile, {}).opcodes, []);
    const [call, ...others] = totals(profile, { idle: true }).opcodes;
    assert.deepEqual(others, []);
    assert.match(call?.base ?? '', /^CALL/);
    assert.equal(call?.count, profile.meta.counters.samples);
    assert.equal(call?.share, 1);
  });
}
