const statistics = new URL('../../../scripts/bench/statistics.mjs', import.meta.url);

/** How often each of several things was seen. */
export type Counts = ReadonlyMap<string, number>;

/** What is used here of the bench's statistics, which are plain JavaScript. */
interface Statistics {
  distance(a: Counts, b: Counts): number;
  distanceByChance(a: Counts, b: Counts): number;
}

const { distance, distanceByChance } = (await import(statistics.href)) as Statistics;

/**
 * How far apart two distributions are (total variation, 0 to 1), and how far apart they may be if both are samples of
 * the same one: what chance makes on the average, and five standard errors more.
 *
 * The distance is half the sum of the absolute differences of shares. A normal variable's absolute value has the
 * variance (1 - 2/π) of its own, and the variances of all differences together are below 1/a + 1/b with a and b samples:
 * so the distance's standard deviation is below sqrt((1 - 2/π) (1/a + 1/b)) / 2.
 */
export function apart(a: Counts, b: Counts): { readonly distance: number; readonly most: number } {
  const error = Math.sqrt((1 - 2 / Math.PI) * (1 / total(a) + 1 / total(b))) / 2;
  return { distance: distance(a, b), most: distanceByChance(a, b) + 5 * error };
}

/**
 * How many equally weighted samples tell as much as these do (Kish's effective sample size: Survey Sampling, 1965,
 * section 11.7).
 */
export function equalSamples(weights: readonly number[]): number {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  return sum(weights) ** 2 / sum(weights.map((weight) => weight ** 2));
}

/**
 * What was seen in one of two samples of the same distribution, and so often that by chance it is missing in the other
 * one less than once in a billion times.
 */
export function missingIn(other: Counts, seen: Counts): readonly string[] {
  const share = total(seen) / (total(seen) + total(other));
  return [...seen].filter(([key, count]) => !other.has(key) && share ** count < 1e-9).map(([key]) => key);
}

function total(counts: Counts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
