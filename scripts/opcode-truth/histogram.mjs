import { opcodeTable } from '../../dist/src/python/opcodes.js';
import { record } from '../../dist/src/session/record.js';
import { moveTo } from './processors.mjs';

/** @typedef {import('../../dist/src/target/target.js').Target} Target */

const rate = 20_000;

/**
 * What heavyops sees: the live opcodes of leaves. Samples are counted as the stops are, not weighed by time: one that
 * came late for want of a processor can weigh as much as a hundred others.
 *
 * @param {Target} target
 * @param {number} wanted samples; about as many come, fewer where ticks come late
 * @param {{ sampler: number, own: number }} processors for the sampling thread, and for the rest of this process
 * @returns {Promise<ReadonlyMap<number, number>>} counts by opcode
 */
export async function seenByHeavyops(target, wanted, { sampler, own }) {
  moveTo(sampler); // `record` starts the sampling thread before it waits for the first time
  const recording = record(target, { rate, duration: (1000 * wanted) / rate });
  moveTo(own);
  const { samples, opcodes } = await recording;
  const table = opcodeTable(target.version);
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let row = 0; row < samples.length; row++) {
    const opcode = opcodes[samples.opcode[row] ?? -1];
    const number = opcode === undefined ? -1 : (table.opcodeByName(opcode.name) ?? -1);
    counts.set(number, (counts.get(number) ?? 0) + (samples.count[row] ?? 0));
  }
  return counts;
}
