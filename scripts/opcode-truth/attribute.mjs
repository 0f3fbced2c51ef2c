import { views } from './learn.mjs';

/** @typedef {import('./stops.mjs').Stop} Stop */
/** @typedef {import('./learn.mjs').Learned} Learned */
/** @typedef {import('./learn.mjs').Counts} Counts */
/** @typedef {import('./learn.mjs').View} View */
/** @typedef {import('./interpreter-code.mjs').InterpreterCode} InterpreterCode */

/**
 * @typedef {object} Attribution
 * @property {Record<View, Counts>} counts of the stops, by opcode
 * @property {number} stops
 * @property {number} inside stops in the interpreter's own code
 * @property {number} unattributed stops whose address the trace has not seen
 * @property {number} shared stops at addresses that serve several opcodes: each has its part of them
 */

/** Under this share of an address's runs for its commonest opcode it counts as shared. */
const certain = 0.98;

/** @param {readonly Stop[]} stops @param {InterpreterCode} code @param {Learned} learned @returns {Attribution} */
export function attribute(stops, code, learned) {
  const counts = { handler: new Map(), visible: new Map(), before: new Map() };
  let [inside, unattributed, shared] = [0, 0, 0];
  for (const stop of stops) {
    if (code.has(stop.pc)) inside++;
    const address = addressOf(stop, code, learned);
    const its = address === undefined ? undefined : learned.opcodesAt.handler.get(address);
    if (address === undefined || its === undefined) {
      unattributed++;
      continue;
    }
    if (Math.max(...its.values()) < certain * sumOf(its)) shared++;
    for (const view of views) share(counts[view], learned.opcodesAt[view].get(address) ?? new Map());
  }
  return { counts, stops: stops.length, inside, unattributed, shared };
}

/**
 * The share of traced machine instructions outside the interpreter's code for which the search of the stack finds
 * another opcode than the one whose handler had called. @param {InterpreterCode} code @param {Learned} learned
 */
export function misattributed(code, learned) {
  const wrong = learned.outside.map(({ stop, opcode }) => {
    const address = addressOf(stop, code, learned);
    const its = address === undefined ? undefined : learned.opcodesAt.handler.get(address);
    return its === undefined ? 1 : 1 - (its.get(opcode) ?? 0) / sumOf(its);
  });
  return wrong.length === 0 ? 0 : wrong.reduce((sum, one) => sum + one, 0) / wrong.length;
}

/** Where the interpreter's own code stands: at the stop itself, or at the call that led out of it.
 * @param {Stop} stop @param {InterpreterCode} code @param {Learned} learned */
function addressOf({ pc, found }, code, { returns }) {
  return code.has(pc) ? pc : found.find((word) => returns.has(word));
}

/** One stop, in the proportions of what its address ran for. @param {Counts} sums @param {Counts} its */
function share(sums, its) {
  const all = sumOf(its);
  for (const [opcode, count] of its) sums.set(opcode, (sums.get(opcode) ?? 0) + count / all);
}

/** @param {Counts} counts */
function sumOf(counts) {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
