import { attempt, bouts, eachWithTarget } from '../bout.mjs';
import { start as startProcess } from '../process.mjs';
import { TableBuilder } from '../results.mjs';
import { runTool } from '../run.mjs';
import { startedAt } from '../tools/heavyops.mjs';

/** @type {readonly { row: string, program: string, args: readonly string[] }[]} */
const cases = [
  { row: 'depth 25', program: 'test/targets/depth.py', args: ['25', '1'] },
  { row: '500 MiB, 2,000 mappings', program: 'scripts/bench/targets/big.py', args: ['500', '2000'] },
];

/**
 * How long one waits: for a dump, and for a recording to begin.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function start(bench) {
  const head = { section: 'start', unit: 'ms', better: /** @type {const} */ ('less') };
  const dump = new TableBuilder({ ...head, title: 'One dump, from the command’s start to its end' });
  const attach = new TableBuilder({
    ...head,
    title: 'A recording’s start and end: all its time but that of sampling',
  });
  const first = new TableBuilder({
    ...head,
    title: 'From the command’s start to its first tick, by its own clock',
  });
  const all = bouts(bench, dump);
  for (let round = 0; round < bench.rounds; round++) {
    for (const { row, program, args } of cases) {
      await eachWithTarget(all, round, program, args, async ({ name, tool }, target) => {
        const dumps = tool.kind === 'variant' ? 0 : bench.quick ? 1 : 5; // a dump has no choice of readers
        for (let again = 0; again < dumps; again++) {
          await attempt(dump, `${name}, ${row}, dump`, async () => {
            const { ended } = await startProcess(tool.dump(target));
            const { code, wall, output } = await ended;
            if (code !== 0) throw new Error(output);
            dump.add(row, name, tool.kind, wall * 1000);
          });
        }
        await attempt(attach, `${name}, ${row}, attach`, async () => {
          let began = 0;
          const job = { target, rate: 1000, seconds: 1, output: 'start' };
          const { ended, lasted } = await runTool(tool, job, async (started) => {
            began = performance.timeOrigin + started.began;
          });
          attach.add(row, name, tool.kind, lasted * 1000);
          if (tool.kind !== 'rival') first.add(row, name, tool.kind, startedAt(ended.output) - began);
        });
      });
    }
  }
  return [first.table(), dump.table(), attach.table()];
}
