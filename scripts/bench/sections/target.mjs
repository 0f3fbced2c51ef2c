import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, bouts, eachWithTarget } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { runTool } from '../run.mjs';

/** Seconds after a command's start until it samples. */
const settling = 0.8;

/**
 * How fast the target is while it is profiled, against its speed alone right before and right after. What two
 * measurements of its speed alone differ by stands beside it: less than that says nothing.
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
  const window = bench.quick ? 0.7 : 3;
  const repeats = bench.quick ? 1 : 3;
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
          let before = await speed(window);
          for (const blocking of [false, true]) {
            if (blocking && tool.cannotBlock !== undefined) {
              table.remark(`${tool.name}, blocking, is missing: ${tool.cannotBlock}.`);
              continue;
            }
            for (const rate of repeated([100, 1000], repeats)) {
              const row = `${rate === 100 ? '100 Hz' : '1 kHz'}, ${threads === 1 ? '1 thread' : `${threads} threads`}, ${blocking ? 'blocking' : 'non-blocking'}`;
              await attempt(table, `${name}, ${row}`, async () => {
                let during = Number.NaN;
                const seconds = Math.ceil(window + settling + 0.3);
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
                table.add(row, 'alone, twice', 'reference', (100 * after) / before);
                before = after;
              });
            }
          }
        },
      );
    }
  }
  return [table.table()];
}

/** @param {readonly number[]} list @param {number} times */
function repeated(list, times) {
  return Array.from({ length: times }, () => list).flat();
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
