import { record } from '../../../dist/src/session/record.js';
import { openTarget } from '../../../dist/src/target/target.js';
import { attempt } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { distance, distanceByChance } from '../statistics.mjs';
import { startTarget } from '../targets.mjs';
import { versionOf } from './truth.mjs';

const programs = [
  { name: 'depth.py', args: ['25', '1'] },
  { name: 'opcodes.py arithmetic', args: ['arithmetic'] },
  { name: 'opcodes.py attributes', args: ['attributes'] },
];
const rate = 1000; // ticks a second: what `attach` does by default

/**
 * How near the instructions that heavyops sees on top are to those of `--blocking`, on the same process right after.
 * Only profiling.sampling on 3.15 knows instructions at all, and its files do not say how many samples each had.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function leaves(bench) {
  const head = { section: 'leaves', better: /** @type {const} */ ('less') };
  const table = new TableBuilder({
    ...head,
    title: 'Distance of leaf instructions from --blocking, heavyops as it comes at 1 kHz',
    unit: '% (total variation distance)',
  });
  const seconds = bench.quick ? 2 : 21;
  for (let round = 0; round < bench.rounds; round++) {
    for (const interpreter of bench.interpreters) {
      const version = versionOf(interpreter);
      for (const { name, args } of programs) {
        const target = await startTarget(interpreter, `test/targets/${name.split(' ')[0]}`, args);
        try {
          await attempt(table, `${name}, ${version}`, async () => {
            const running = await leafCounts(target.pid, seconds, false);
            const stopped = await leafCounts(target.pid, seconds, true);
            table.add(version, name, 'ours', 100 * distance(stopped, running));
            table.add(version, `${name}, by chance`, 'reference', 100 * distanceByChance(stopped, running));
          });
        } finally {
          await target.stop();
        }
      }
    }
  }
  return [table.table()];
}

/**
 * Samples by instruction: function and offset.
 *
 * @param {number} pid
 * @param {number} seconds
 * @param {boolean} blocking
 * @returns {Promise<ReadonlyMap<string, number>>}
 */
async function leafCounts(pid, seconds, blocking) {
  const profile = await record(await openTarget(pid), { rate, reader: blocking ? "stopped" : "memory", duration: seconds * 1000 });
  const { samples, stacks, frames, codes, strings } = profile;
  /** @type {Map<string, number>} */
  const counts = new Map();
  samples.stack.forEach((stack, row) => {
    if (stack < 0) return;
    const frame = stacks.frame[stack] ?? 0;
    const name = strings[codes.qualname[frames.code[frame] ?? 0] ?? 0];
    const instruction = `${name}+${frames.offset[frame]}`;
    counts.set(instruction, (counts.get(instruction) ?? 0) + (samples.count[row] ?? 0));
  });
  return counts;
}
