import { variation, worst } from './differences.mjs';

/** @typedef {import('./compare.mjs').Comparison & { version: string, reader: string }} Shown */

/** Every opcode that is ever seen. @param {Shown} comparison */
export function inTable(comparison) {
  const { version, stops, samples, inside, shared, unattributed, misattributed, dispatches } = comparison;
  const { handler, visible } = comparison;
  const seenApart = new Map(visible.apart.map((row) => [row.opcode, row]));
  const handlers = new Map(handler.together.map((row) => [row.opcode, row]));
  const heads = ['handler', 'visible', 'together', 'difference', '± 1 error', 'apart', 'difference'];
  return [
    `\n${version}: ${stops} stops, ${percent(inside, 0)} of them in the interpreter's own code, ${percent(shared)} in code of ` +
      `several opcodes, ${percent(unattributed)} not attributed; of the calls out of it ${percent(misattributed)} attributed ` +
      `wrongly in the trace of ${dispatches} bytecode instructions; ${samples.together} and ${samples.apart} samples`,
    `  together: ${summary(visible.together)}; against handlers: ${summary(handler.together)}`,
    ...(samples.apart === 0
      ? []
      : [`  apart: ${summary(visible.apart)}; against handlers: ${summary(handler.apart)}`]),
    `  if it were one instruction late: ${summary(comparison.before.together)}`,
    `  ${'opcode'.padEnd(34)}${heads.map((head) => head.padStart(12)).join('')}`,
    ...visible.together
      .filter(({ truth, seen }) => Math.max(truth, seen) > 0.002)
      .map(({ opcode, truth, seen, difference, error }) => {
        const other = seenApart.get(opcode);
        const shares = [
          handlers.get(opcode)?.truth,
          truth,
          seen,
          difference,
          error,
          other?.seen,
          other?.difference,
        ];
        return `  ${opcode.padEnd(34)}${shares.map((share) => percent(share ?? 0).padStart(12)).join('')}`;
      }),
  ].join('\n');
}

/** A row of the table in docs/accuracy.md; with --apart two columns more. @param {Shown} comparison */
export function inRow({ version, reader, visible, handler, before, stops, samples }) {
  const late = points(Math.abs(worst(before.together).difference), 0);
  const also = samples.apart === 0 ? [] : [samples.apart];
  const counts = [stops, samples.together, ...also].map((count) => count.toLocaleString('en'));
  const cells = [
    version,
    reader,
    worstOf(handler.together),
    worstOf(visible.together),
    distanceOf(visible.together),
    ...also.flatMap(() => [worstOf(visible.apart), distanceOf(visible.apart)]),
    late,
    counts.join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** @param {readonly import('./compare.mjs').Row[]} rows */
function worstOf(rows) {
  const { opcode, difference } = worst(rows);
  return `${difference < 0 ? '−' : '+'}${points(Math.abs(difference), 1)} \`${opcode}\``;
}

/** @param {readonly import('./compare.mjs').Row[]} rows */
function distanceOf(rows) {
  const { distance, noise } = variation(rows);
  return `${points(distance, 1)} (${points(noise, 1)})`;
}

/** @param {readonly import('./compare.mjs').Row[]} rows */
function summary(rows) {
  const { opcode, difference, error } = worst(rows);
  const { distance, noise } = variation(rows);
  return (
    `worst difference ${percent(difference)} ± ${percent(error)} (${opcode}), total variation ${percent(distance)}, ` +
    `${percent(noise)} of it noise`
  );
}

/** @param {number} share @param {number} digits */
function percent(share, digits = 2) {
  return `${points(share, digits)} %`;
}

/** @param {number} share @param {number} digits */
function points(share, digits = 2) {
  return (100 * share).toFixed(digits);
}
