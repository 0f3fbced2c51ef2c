import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, bouts } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { runTool } from '../run.mjs';
import { startTarget } from '../targets.mjs';

/**
 * What a profiler keeps in memory: at 1 kHz on a program with 20,000 different stacks.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function memory(bench) {
  const table = new TableBuilder({
    section: 'memory',
    title: 'Resident memory at 1 kHz, 20,000 different stacks',
    unit: 'MiB',
    better: 'less',
  });
  const all = bouts(bench, table);
  const moments = bench.quick ? [3, 6, 10] : [10, 30, 60];
  const seconds = (moments.at(-1) ?? 0) + 2;
  // Once says the same as more often. All of one interpreter look at one process at the same time: how much they keep
  // depends on what they have seen, not on how fast they were.
  for (const interpreter of new Set(all.map((one) => one.interpreter))) {
    const target = await startTarget(interpreter, 'scripts/bench/targets/stacks.py', ['20000']);
    const mine = all.filter((one) => one.interpreter === interpreter);
    try {
      await Promise.all(mine.map((one) => measured(one, target)));
    } finally {
      await target.stop();
    }
  }
  return [table.table()];

  /** @param {import('../bout.mjs').Bout} bout @param {import('../targets.mjs').Target} target */
  async function measured({ name, tool }, target) {
    await attempt(table, name, async () => {
      const { ended } = await runTool(
        tool,
        { target, rate: 1000, seconds, output: `memory-${all.findIndex((one) => one.name === name)}` },
        async (started) => {
          for (const moment of moments) {
            await sleep(Math.max(0, moment * 1000 - (performance.now() - started.began)));
            table.add(`after ${moment} s`, name, tool.kind, resident(started.pid));
          }
        },
      );
      table.add('highest, with writing the result', name, tool.kind, ended.peak);
    });
  }
}

/** MiB. @param {number} pid */
function resident(pid) {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kibibytes) / 1024;
}
