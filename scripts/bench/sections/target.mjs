import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, bouts, eachWithTarget } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { runTool } from '../run.mjs';

const settling = 1;

/**
 * How fast the target is while it is profiled, against its speed alone right before and right after.
 *
 * @param {import('../bout.mjs').Bench} bench
 */
export async function target(bench) {
  const table = new TableBuilder({
    section: 'target',
    title: 'The target’s own speed while it is profiled, depth 25',
    unit: '% of its speed alone',
    better: 'more',
  });
  const all = bouts(bench, table);
  const window = bench.quick ? 1 : 4;
  for (let round = 0; round < bench.rounds; round++) {
    for (const threads of [1, 8]) {
      const counter = (/** @type {import('../targets.mjs').Folder} */ folder) => {
        writeFileSync(folder.here('rounds'), Buffer.alloc(8));
        return folder.inside('rounds');
      };
      const args = ['25', String(threads), counter];
      await eachWithTarget(
        all,
        round,
        'scripts/bench/targets/counting.py',
        args,
        async ({ name, tool }, running) => {
          const speed = speedometer(running.folder.here('rounds'));
          for (const blocking of [false, true]) {
            if (blocking && tool.cannotBlock !== undefined) {
              table.remark(`${tool.name}, blocking, is missing: ${tool.cannotBlock}.`);
              continue;
            }
            for (const rate of [100, 1000]) {
              const row = `${rate === 100 ? '100 Hz' : '1 kHz'}, ${threads === 1 ? '1 thread' : `${threads} threads`}, ${blocking ? 'blocking' : 'non-blocking'}`;
              await attempt(table, `${name}, ${row}`, async () => {
                const before = await speed(window);
                let during = Number.NaN;
                const seconds = Math.ceil(window + settling + 0.5);
                await runTool(
                  tool,
                  { target: running, rate, seconds, blocking, output: 'target' },
                  async () => {
                    await sleep(settling * 1000);
                    during = await speed(window);
                  },
                );
                const after = await speed(window);
                table.add(row, name, tool.kind, (200 * during) / (before + after));
              });
            }
          }
        },
      );
    }
  }
  return [table.table()];
}

/** Tells how many rounds a second a program makes that counts them in a file. @param {string} file */
function speedometer(file) {
  const read = () => {
    const bytes = Buffer.alloc(8);
    const open = openSync(file, 'r');
    readSync(open, bytes, 0, 8, 0);
    closeSync(open);
    return { rounds: Number(bytes.readBigUInt64LE()), at: performance.now() };
  };
  return async (/** @type {number} */ seconds) => {
    const from = read();
    await sleep(seconds * 1000);
    const to = read();
    return (1000 * (to.rounds - from.rounds)) / (to.at - from.at);
  };
}
