import { SampleFlag } from '../../dist/src/profile/profile.js';
import { opcodeTable } from '../../dist/src/python/opcodes.js';
import { record } from '../../dist/src/session/record.js';
import { moveTo } from './processors.mjs';

/** @typedef {import('../../dist/src/target/target.js').Target} Target */

/** Samples a second; the kernel reader's are the most for which it is taken by itself. */
const rates = { memory: 20_000, kernel: 10_000 };

/**
 * What heavyops sees: the live opcodes of leaves. Samples are counted as the stops are, not weighed by time: one that
 * came late for want of a processor can weigh as much as a hundred others. Nor are rows of waiting counted, of which the
 * kernel reader makes some where the target is kept from its processor.
 *
 * @param {Target} target
 * @param {number} wanted samples; about as many come, fewer where ticks come late
 * @param {object} how
 * @param {'memory' | 'kernel'} how.reader
 * @param {number} how.sampler the processor of the sampling thread
 * @param {number} how.own that of the rest of this process
 * @returns {Promise<ReadonlyMap<number, number>>} counts by opcode
 */
export async function seenByHeavyops(target, wanted, { reader, sampler, own }) {
  const rate = rates[reader];
  moveTo(sampler); // `record` starts the sampling thread before it waits for the first time
  const recording = record(target, { rate, reader, duration: (1000 * wanted) / rate });
  moveTo(own);
  const { samples, opcodes } = await recording;
  const table = opcodeTable(target.version);
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let row = 0; row < samples.length; row++) {
    if (reader === 'kernel' && ((samples.flags[row] ?? 0) & SampleFlag.Active) === 0) continue;
    const opcode = opcodes[samples.opcode[row] ?? -1];
    const number = opcode === undefined ? -1 : (table.opcodeByName(opcode.name) ?? -1);
    counts.set(number, (counts.get(number) ?? 0) + (samples.count[row] ?? 0));
  }
  return counts;
}
