import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const wanted = 20_000;
const chains = ['main', 'main>a1', 'main>a1>b1', 'main>a1>b1>c1', 'main>a2', 'main>a2>b2', 'main>a2>b2>c2'];
const real = chains.map((chain) => `<module>>${chain}`);

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} quick calls are all seen, and at most 2 in 20,000 stacks never existed`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'chains.py');
    const { samples, profile } = await recordProcess(pid, { rate: 20_000, samples: wanted });
    const { ticks, unreadable, repaired, undecided, lost } = profile.meta.counters;
    const readable = samples.filter(({ frames }) => frames.length > 0);
    const all = countOf(readable);
    const stacks = tally(readable, ({ stack }) => stack);
    const impossible = [...stacks].filter(([stack]) => !real.includes(stack));
    const made = impossible.reduce((sum, [, count]) => sum + count, 0);
    const depths = tally(readable, ({ frames }) => `depth ${frames.length}`);
    t.diagnostic(
      `${all} samples of ${ticks} ticks, ${made} impossible, ${repaired} repaired, ${undecided} undecided, ${unreadable} unreadable; ${[
        ...depths,
      ].join(', ')}`,
    );

    assert.ok(all >= 0.99 * wanted, `${all} readable samples, ${unreadable} unreadable, ${lost} lost`);
    assert.ok(made <= Math.max((2 / wanted) * all, 2), shown(new Map(impossible)));
    assert.ok(undecided <= 0.05 * all, `${undecided} of ${all} samples are undecided`);
    for (const stack of real) {
      // The rarest of them takes more than a twentieth of the time of a target that is stopped for each sample.
      assert.ok((stacks.get(stack) ?? 0) > all / 100, `${stack} is missing:\n${shown(stacks)}`);
    }
  });
}
