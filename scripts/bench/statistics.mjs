/** @param {readonly number[]} values @returns {number} NaN of nothing */
export function median(values) {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** The lowest and the highest. @param {readonly number[]} values @returns {readonly [number, number]} */
export function spread(values) {
  return [Math.min(...values), Math.max(...values)];
}

/**
 * How much better ours is than the best rival: 2 means twice the rate, or half the cost.
 *
 * @param {import('./results.mjs').Table} table
 * @param {string} row
 * @returns {{ ratio: number, ours: string, rival: string } | undefined} nothing where one of them has no value
 */
export function ratioToBest(table, row) {
  if (table.plain === true) return undefined;
  const kinds = (/** @type {string} */ kind) =>
    table.columns
      .filter((column) => column.kind === kind)
      .map(({ name }) => ({ name, value: median(table.values[row]?.[name] ?? []) }))
      .filter(({ value }) => Number.isFinite(value))
      .sort((a, b) => (table.better === 'more' ? b.value - a.value : a.value - b.value));
  // The worst of ours against the best of theirs: a claim holds for each version or for none.
  const ours = kinds('ours').at(-1);
  const rival = kinds('rival')[0];
  if (ours === undefined || rival === undefined) return undefined;
  const ratio = table.better === 'more' ? ours.value / rival.value : rival.value / ours.value;
  return { ratio, ours: ours.name, rival: rival.name };
}

/**
 * Total variation distance of two distributions: half the sum of the differences of shares.
 *
 * @param {ReadonlyMap<string, number>} a
 * @param {ReadonlyMap<string, number>} b
 */
export function distance(a, b) {
  const [ofA, ofB] = [total(a), total(b)];
  const differences = keysOf(a, b).map((key) => Math.abs((a.get(key) ?? 0) / ofA - (b.get(key) ?? 0) / ofB));
  return differences.reduce((x, y) => x + y, 0) / 2;
}

/**
 * What two sets of as many samples of one distribution differ by on the average: a share p of n samples has the standard
 * deviation sqrt(p (1 - p) / n), and a normal variable is sqrt(2 / π) of its own away from its mean.
 *
 * @param {ReadonlyMap<string, number>} a
 * @param {ReadonlyMap<string, number>} b
 */
export function distanceByChance(a, b) {
  const [ofA, ofB] = [total(a), total(b)];
  const deviations = keysOf(a, b).map((key) => {
    const share = ((a.get(key) ?? 0) + (b.get(key) ?? 0)) / (ofA + ofB);
    return Math.sqrt(share * (1 - share) * (1 / ofA + 1 / ofB));
  });
  return (Math.sqrt(2 / Math.PI) * deviations.reduce((x, y) => x + y, 0)) / 2;
}

/** @param {ReadonlyMap<string, number>} counts */
function total(counts) {
  return [...counts.values()].reduce((x, y) => x + y, 0);
}

/** @param {ReadonlyMap<string, number>} a @param {ReadonlyMap<string, number>} b */
function keysOf(a, b) {
  return [...new Set([...a.keys(), ...b.keys()])];
}

/**
 * The slope and the value at zero of the straight line nearest to points, and how much of the variance it leaves
 * unexplained.
 *
 * @param {readonly (readonly [number, number])[]} points
 */
export function line(points) {
  const mean = (/** @type {readonly number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const sum = (/** @type {(point: readonly [number, number]) => number} */ of) =>
    points.reduce((total, point) => total + of(point), 0);
  const slope = sum(([at, value]) => (at - x) * (value - y)) / sum(([at]) => (at - x) ** 2);
  const start = y - slope * x;
  const left = sum(([at, value]) => (value - start - slope * at) ** 2) / sum(([, value]) => (value - y) ** 2);
  return { slope, start, left };
}
