import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSame, counted, countsOf, groundFor, plainly, sum } from '../../helpers/counted.js';
import { interpreters, label } from '../../helpers/interpreters.js';

/**
 * Programs made at random, as many from a number on: `HEAVYOPS_PROGRAMS=100:20` makes others. Each interpreter has its own,
 * and those that count runs (native/count/runs.h) have more.
 */
const asked = process.env.HEAVYOPS_PROGRAMS;
const traced = interpreters().filter(({ minor, freeThreaded }) => minor >= 7 && minor <= 11 && !freeThreaded);

for (const interpreter of traced) {
  test(`on ${label(interpreter)} programs made at random are counted as a plain trace counts them`, async (t) => {
    const { minor } = interpreter;
    const env = { SEED: asked ?? (minor === 11 ? '1:6' : `${minor}:1`) };
    const ground = groundFor(t, interpreter);
    const plain = await plainly(ground, 'generated.py', env);
    const { finished, profile } = await counted(t, ground, ['generated.py'], env);
    assert.equal(finished.code, 0, finished.stderr);
    const counts = countsOf(profile);
    assertSame(counts, plain);
    t.diagnostic(`${counts.map(sum).join(' + ')} instructions`);
  });
}

test('there are interpreters to count on', () => assert.ok(traced.length > 0));
