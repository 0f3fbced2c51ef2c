import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totals } from '../../../src/profile/totals.js';
import { processStat } from '../../../src/target/process.js';
import { until } from '../../helpers/heavyops.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} a program that sleeps is idle, and is shown when asked for`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'idle.py');
    await until('it has fallen asleep', () => processStat(pid)?.state === 'S');
    const { samples, profile } = await recordProcess(pid, { rate: 1000, samples: 300, atLeast: 500 });
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
