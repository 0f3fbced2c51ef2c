import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const wanted = 20_000;
const chains = ['main', 'main>a1', 'main>a1>b1', 'main>a1>b1>c1', 'main>a2', 'main>a2>b2', 'main>a2>b2>c2'];
const real = chains.map((chain) => `<module>>${chain}`);

for (const interpreter of interpreters()) {
  const most = interpreter.minor >= 11 ? 'at most 2 in 20,000' : 'less than one in a thousand';

  test(`on ${label(interpreter)} ${most} stacks of quick calls never existed`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'chains.py');
    const { samples, profile } = await recordProcess(pid, { rate: 20_000, samples: wanted });
    const { ticks, unreadable, repaired, lost } = profile.meta.counters;
    const readable = samples.filter(({ frames }) => frames.length > 0);
    const all = countOf(readable);
    const stacks = tally(readable, ({ stack }) => stack);
    const impossible = [...stacks].filter(([stack]) => !real.includes(stack));
    const made = impossible.reduce((sum, [, count]) => sum + count, 0);
    const depths = tally(readable, ({ frames }) => `depth ${frames.length}`);
    t.diagnostic(
      `${all} samples of ${ticks} ticks, ${made} impossible, ${repaired} repaired, ${unreadable} unreadable; ${[
        ...depths,
      ].join(', ')}`,
    );

    assert.ok(all >= 0.99 * wanted, `${all} readable samples, ${unreadable} unreadable, ${lost} lost`);
    const allowed = interpreter.minor >= 11 ? (2 / wanted) * all : 0.001 * all;
    assert.ok(made <= Math.max(allowed, interpreter.minor >= 11 ? 2 : 0), shown(new Map(impossible)));
    // To 3.10 the quickest calls are over before their frames are read, when target and sampler run on two processors
    // of a quiet machine: an open fault (docs/accuracy.md), which no count of impossible stacks shows.
    for (const stack of interpreter.minor >= 11 ? real : real.slice(0, 2)) {
      // The rarest of them takes more than a fiftieth of the time of a target that is stopped for each sample.
      assert.ok((stacks.get(stack) ?? 0) > all / 1000, `${stack} is missing:\n${shown(stacks)}`);
    }
  });
}
