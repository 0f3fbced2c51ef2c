import { attempt, bouts, eachWithTarget } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { steady } from '../steady.mjs';

const cases = [
  { row: '1 kHz, 1 thread', rate: 1000, threads: 1 },
  { row: '1 kHz, 8 threads', rate: 1000, threads: 8 },
  { row: '100 Hz, 1 thread', rate: 100, threads: 1 },
  { row: '100 Hz, 64 threads', rate: 100, threads: 64 },
];

/**
 * The profiler's own CPU at usual rates, depth 25, non-blocking.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function cost(bench) {
  const head = { section: 'cost', better: /** @type {const} */ ('less') };
  const share = new TableBuilder({ ...head, title: 'CPU while sampling, depth 25', unit: '% of a core' });
  const around = new TableBuilder({
    ...head,
    title: 'CPU of starting and of writing the result',
    unit: 'ms',
  });
  const reached = new TableBuilder({
    ...head,
    better: 'more',
    title: 'Rate reached in those runs',
    plain: true,
    unit: 'ticks a second',
  });
  const all = bouts(bench, share);
  for (let round = 0; round < bench.rounds; round++) {
    for (const { row, rate, threads } of cases) {
      await eachWithTarget(
        all,
        round,
        'test/targets/depth.py',
        ['25', String(threads)],
        async ({ name, tool }, target) => {
          await attempt(share, `${name}, ${row}`, async () => {
            const job = { target, rate, output: 'cost' };
            const ran = await steady(tool, job, bench.quick ? 1.4 : 4.4, threads);
            share.add(row, name, tool.kind, ran.share * 100);
            if (Number.isFinite(ran.around)) around.add(row, name, tool.kind, ran.around * 1000);
            else around.remark(`${name}, ${row}: it is never idle, so its start cannot be told apart.`);
            reached.add(row, name, tool.kind, ran.ticksPerSecond);
          });
        },
      );
    }
  }
  return [share.table(), reached.table(), around.table()];
}
