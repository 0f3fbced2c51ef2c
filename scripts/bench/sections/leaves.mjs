import { record } from '../../../dist/src/session/record.js';
import { openTarget } from '../../../dist/src/target/target.js';
import { versionOf } from '../../interpreters/find.mjs';
import { attempt } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { distance, distanceByChance } from '../statistics.mjs';
import { startTarget } from '../targets.mjs';

const programs = [
  { name: 'depth.py', args: ['25', '1'] },
  { name: 'opcodes.py arithmetic', args: ['arithmetic'] },
  { name: 'opcodes.py attributes', args: ['attributes'] },
];

/** How they are sampled: each for as long as it takes to have some 12,000 samples. */
const ways = [
  { name: 'heavyops', reader: 'kernel', rate: 1000, seconds: 12 },
  { name: 'heavyops at 10 kHz', reader: 'kernel', rate: 10_000, seconds: 2 },
  { name: 'heavyops, memory', reader: 'memory', rate: 1000, seconds: 12 },
];
/** What they are held against. */
const stopped = { reader: 'stopped', rate: 2000, seconds: 6 };

/**
 * How near the instructions that heavyops sees on top are to those of a stopped process, on the same process right before.
 * Only profiling.sampling on 3.15 knows instructions at all, and its files do not say how many samples each had.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function leaves(bench) {
  const table = new TableBuilder({
    section: 'leaves',
    better: 'less',
    title: 'Distance of leaf instructions from --blocking',
    unit: '% (total variation distance)',
  });
  for (let round = 0; round < bench.rounds; round++) {
    for (const interpreter of bench.interpreters) {
      for (const { name, args } of programs) {
        const row = `${versionOf(interpreter)}, ${name}`;
        const target = await startTarget(interpreter, `test/targets/${name.split(' ')[0]}`, args);
        try {
          await attempt(table, row, async () => {
            const truth = await leafCounts(target.pid, stopped, bench.quick);
            for (const way of ways)
              await attempt(table, `${way.name}, ${row}`, async () => {
                const seen = await leafCounts(target.pid, way, bench.quick);
                table.add(
                  row,
                  way.name,
                  way.name === 'heavyops' ? 'ours' : 'variant',
                  100 * distance(truth, seen),
                );
                if (way.name === 'heavyops')
                  table.add(row, 'by chance', 'reference', 100 * distanceByChance(truth, seen));
              });
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
 * @param {{ reader: string, rate: number, seconds: number }} way
 * @param {boolean} quick
 * @returns {Promise<ReadonlyMap<string, number>>}
 */
async function leafCounts(pid, { reader, rate, seconds }, quick) {
  const duration = 1000 * (quick ? Math.min(2, seconds) : seconds);
  const profile = await record(await openTarget(pid), { rate, reader, duration });
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
