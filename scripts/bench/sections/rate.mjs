import { attempt, bouts, eachWithTarget } from '../bout.mjs';
import { compiled } from '../compiled.mjs';
import { start } from '../process.mjs';
import { TableBuilder } from '../results.mjs';
import { runTool, wholeShare } from '../run.mjs';

const cases = [
  [3, 1],
  [25, 1],
  [100, 1],
  [1000, 1],
  [25, 8],
].map(([depth = 0, threads = 0]) => ({ depth, threads, row: `depth ${depth} × ${threads}` }));

/** A frame and its part of the value stack of a small function, roughly: what a sample has to bring of each. */
const bytesOfFrame = 128;

/**
 * The highest rate, non-blocking: stacks a second that are there from the root to the leaf.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function rate(bench) {
  const table = new TableBuilder({
    section: 'rate',
    title: 'Highest rate, non-blocking',
    unit: 'stacks a second',
    better: 'more',
  });
  const slower = new TableBuilder({
    section: 'rate',
    title: 'Ticks that came of 10,000 asked for, by what takes the samples',
    unit: 'a second',
    better: 'more',
    plain: true,
  });
  const each = bouts(bench, table);
  // As fast as it goes there is one reader only: the kernel's clock is not asked for more than 10,000 a second.
  const all = each.filter(({ tool }) => tool.kind !== 'variant');
  const ours = each.filter(({ tool }) => tool.kind !== 'rival');
  const seconds = bench.quick ? 1 : 3;
  for (let round = 0; round < bench.rounds; round++) {
    for (const { depth, threads, row } of cases) {
      const args = [String(depth), String(threads)];
      await eachWithTarget(all, round, 'test/targets/depth.py', args, async ({ name, tool }, target) => {
        await attempt(table, `${name}, ${row}`, async () => {
          const job = {
            target,
            rate: Number.POSITIVE_INFINITY,
            seconds,
            output: 'rate',
            frames: depth + 5,
          };
          const { counted } = await runTool(tool, job);
          const whole = wholeShare(counted.stacks, depth + 2);
          if (whole < 0.9995)
            table.remark(
              `${name}, ${row}: ${((1 - whole) * 100).toFixed(2)} % of its stacks were cut short and do not count.`,
            );
          table.add(row, name, tool.kind, (counted.samples * whole) / counted.seconds);
        });
      });
      await eachWithTarget(ours, round, 'test/targets/depth.py', args, async ({ name, tool }, target) => {
        await attempt(slower, `${name}, ${row}`, async () => {
          const { counted } = await runTool(tool, { target, rate: 10_000, seconds: 2, output: 'rate' });
          slower.add(row, name, tool.kind, (counted.ticks ?? Number.NaN) / counted.seconds);
          if (counted.failed > 0)
            slower.remark(`${name}, ${row}: ${counted.failed} of its samples were not whole, or were lost.`);
        });
      });
      await bare(table, all[0], row, depth, threads, seconds);
    }
  }
  return [table.table(), slower.table()];
}

/**
 * @param {TableBuilder} table
 * @param {import('../bout.mjs').Bout | undefined} one
 * @param {string} row @param {number} depth @param {number} threads @param {number} seconds
 */
async function bare(table, one, row, depth, threads, seconds) {
  if (one === undefined) return;
  const bytes = threads * (512 + depth * bytesOfFrame);
  await eachWithTarget(
    [one],
    0,
    'test/targets/depth.py',
    [String(depth), String(threads)],
    async (_, target) => {
      const run = await start([compiled('bare_read'), String(target.pid), String(bytes), String(seconds)]);
      const { output, code } = await run.ended;
      const [calls = 0, nanoseconds = 1] = output.split(' ').map(Number);
      if (code !== 0) return table.remark(`The bare loop, ${row}: ${output.trim()}`);
      table.add(row, 'one process_vm_readv a sample', 'reference', (threads * calls * 1e9) / nanoseconds);
    },
  );
}
