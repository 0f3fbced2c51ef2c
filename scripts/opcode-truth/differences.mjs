/** @typedef {ReadonlyMap<number, number>} Counts by opcode */

/**
 * @typedef {object} Difference of one opcode's shares of two histograms
 * @property {number} opcode
 * @property {number} truth
 * @property {number} seen
 * @property {number} difference
 * @property {number} error its standard error
 */

/**
 * Compares two histograms that were taken in turns. The standard error is the greater of two: what counting alone makes
 * of it, and what the turns among themselves show, which has in it whatever drifts or clusters.
 *
 * @param {readonly { readonly truth: Counts, readonly seen: Counts }[]} rounds
 * @returns {readonly Difference[]} greatest true share first
 */
export function differences(rounds) {
  const truth = added(rounds.map((round) => round.truth));
  const seen = added(rounds.map((round) => round.seen));
  const [stops, samples] = [total(truth), total(seen)];
  const opcodes = [...new Set([...truth.keys(), ...seen.keys()])];
  const rows = opcodes.map((opcode) => {
    const shares = { truth: shareOf(truth, opcode), seen: shareOf(seen, opcode) };
    const counting = Math.sqrt(spread(shares.truth) / stops + spread(shares.seen) / samples);
    const turns = standardError(rounds.map((one) => shareOf(one.seen, opcode) - shareOf(one.truth, opcode)));
    return {
      opcode,
      ...shares,
      difference: shares.seen - shares.truth,
      error: Math.max(counting, turns),
    };
  });
  return rows.sort((a, b) => b.truth - a.truth);
}

/** Half the sum of all differences, and as much of it as noise alone would make on average.
 * @param {readonly { difference: number, error: number }[]} rows */
export function variation(rows) {
  const half = (/** @type {(row: { difference: number, error: number }) => number} */ value) =>
    rows.reduce((sum, row) => sum + value(row), 0) / 2;
  return {
    distance: half(({ difference }) => Math.abs(difference)),
    // The mean of the absolute value of a normal distribution.
    noise: half(({ error }) => error * Math.sqrt(2 / Math.PI)),
  };
}

/** @template {{ difference: number }} Row @param {readonly Row[]} rows */
export function worst(rows) {
  return rows.reduce((a, b) => (Math.abs(b.difference) > Math.abs(a.difference) ? b : a));
}

/** @param {readonly Counts[]} parts @returns {Counts} */
export function added(parts) {
  /** @type {Map<number, number>} */
  const sums = new Map();
  for (const part of parts)
    for (const [opcode, count] of part) sums.set(opcode, (sums.get(opcode) ?? 0) + count);
  return sums;
}

/** @param {Counts} counts */
export function total(counts) {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** @param {Counts} counts @param {number} opcode */
function shareOf(counts, opcode) {
  return (counts.get(opcode) ?? 0) / Math.max(1, total(counts));
}

/** @param {number} share */
function spread(share) {
  return share * (1 - share);
}

/** @param {readonly number[]} values */
function standardError(values) {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
