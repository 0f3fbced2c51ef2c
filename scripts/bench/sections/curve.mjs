import { attempt, bouts, eachWithTarget } from '../bout.mjs';
import { figure, TableBuilder } from '../results.mjs';
import { line, median } from '../statistics.mjs';
import { steady } from '../steady.mjs';

const depths = [1, 10, 100, 300, 1000];
const threadCounts = [1, 4, 16, 64];

/**
 * What one tick costs the profiler, by the depth of the stack and by the number of threads.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function curve(bench) {
  const head = {
    section: 'curve',
    unit: 'µs of CPU',
    better: /** @type {const} */ ('less'),
    drawn: /** @type {const} */ ('lines'),
  };
  const byDepth = new TableBuilder({ ...head, title: 'A tick by depth, 1 thread, 1 kHz' });
  const byThreads = new TableBuilder({ ...head, title: 'A tick by threads, depth 25, 200 Hz' });
  // py-spy falls behind in most of these.
  const all = bouts(bench, byDepth).filter(({ tool }) => tool.name !== 'py-spy');
  const some = (/** @type {readonly number[]} */ list) =>
    bench.quick ? list.filter((_, i) => i % 3 === 0 || i === list.length - 1) : list;
  for (let round = 0; round < bench.rounds; round++) {
    for (const depth of some(depths)) await one(byDepth, `${depth} frames`, depth, 1, 1000, round);
    for (const threads of some(threadCounts))
      await one(byThreads, `${threads} threads`, 25, threads, 200, round);
  }
  return [withLines(byDepth), withLines(byThreads)];

  /** @param {TableBuilder} table @param {string} row @param {number} depth @param {number} threads @param {number} rate @param {number} round */
  async function one(table, row, depth, threads, rate, round) {
    const args = [String(depth), String(threads)];
    await eachWithTarget(all, round, 'test/targets/depth.py', args, async ({ name, tool }, target) => {
      await attempt(table, `${name}, ${row}`, async () => {
        const job = { target, rate, output: 'curve', frames: depth + 5 };
        const ran = await steady(tool, job, bench.quick ? 1.4 : 2.4, threads);
        if (ran.counted.failed > ran.counted.samples) throw new Error('most of its stacks were not whole');
        table.add(row, name, tool.kind, (1e6 * ran.share) / ran.ticksPerSecond);
      });
    });
  }
}

/** Says how straight each curve is. @param {TableBuilder} builder */
function withLines(builder) {
  const table = builder.table();
  for (const { name } of table.columns) {
    const points = table.rows.map(
      (row) => /** @type {const} */ ([Number.parseInt(row, 10), median(table.values[row]?.[name] ?? [])]),
    );
    if (points.length < 3 || points.some(([, value]) => !Number.isFinite(value))) continue;
    const { slope, start, left } = line(points);
    builder.remark(
      `${name}: ${figure(start)} µs and ${figure(slope)} µs for each more; a straight line leaves ${figure(100 * left)} % of the variance.`,
    );
  }
  return builder.table();
}
