import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Processor } from '../../../src/session/sampler-config.js';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const chains = ['main', 'main>a1', 'main>a1>b1', 'main>a1>b1>c1', 'main>a2', 'main>a2>b2', 'main>a2>b2>c2'];
const real = chains.map((chain) => `<module>>${chain}`);

/** Of the samples from another processor: to 3.10 each frame lies for itself, and the quickest change all the time. */
const undecidedElsewhere = (minor: number) => (minor <= 10 ? 0.1 : 0.02);

for (const interpreter of interpreters()) {
  const name = label(interpreter);
  test(`on ${name} quick calls are all seen from their own processor, and no stack that never existed`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'chains.py');
    await assertChains(t, pid, { processor: 'target', rate: 5000, wanted: 10_000, mostUndecided: 0.02 });
  });

  test(`on ${name} quick calls are all seen from another processor, and at most 2 in 20,000 stacks that never existed`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'chains.py');
    await assertChains(t, pid, {
      processor: 'other',
      rate: 20_000,
      wanted: 20_000,
      mostUndecided: undecidedElsewhere(interpreter.minor),
    });
  });
}

interface Expected {
  readonly processor: Processor;
  readonly rate: number;
  /** Samples. */
  readonly wanted: number;
  /** Share of the samples. */
  readonly mostUndecided: number;
}

async function assertChains(t: TestContext, pid: number, expected: Expected): Promise<void> {
  const { processor, rate, wanted, mostUndecided } = expected;
  const { samples, profile } = await recordProcess(pid, { rate, samples: wanted, processor });
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
  assert.ok(undecided <= mostUndecided * all, `${undecided} of ${all} samples are undecided`);
  for (const stack of real) {
    // The rarest of them takes more than a twentieth of the time of a target that is stopped for each sample.
    assert.ok((stacks.get(stack) ?? 0) > all / 100, `${stack} is missing:\n${shown(stacks)}`);
  }
}
