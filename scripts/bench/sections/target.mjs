import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, bout, bouts, eachWithTarget } from '../bout.mjs';
import { TableBuilder } from '../results.mjs';
import { runTool } from '../run.mjs';
import { bareClock } from '../tools/bare-clock.mjs';

/** Seconds over which a speed is measured; with the settling they fill the seconds that a tool can be asked for. */
const window = 1.8;
/** Seconds after a command's start until it samples. */
const settling = 0.8;

/** Threads are those of the target, all but one of them asleep. */
const cases = [
  { threads: 1, rate: 100, blocking: false },
  { threads: 1, rate: 1000, blocking: false },
  { threads: 1, rate: 10_000, blocking: false },
  { threads: 1, rate: 1000, blocking: true },
  { threads: 8, rate: 1000, blocking: false },
  { threads: 8, rate: 1000, blocking: true },
];

/**
 * How fast the target is while it is profiled, against its speed alone right before and right after. What two
 * measurements of its speed alone differ by stands beside it: less than that says nothing. So does the clock alone that
 * the kernel reader samples in.
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
  const profilers = bouts(bench, table);
  const [first] = profilers;
  if (first === undefined) return [table.table()];
  const clock = bareClock();
  const all = [...profilers, { ...bout(clock, first.interpreter), name: clock.name }];
  const repeats = bench.quick ? 1 : 2;
  for (let round = 0; round < bench.rounds; round++) {
    for (const threads of [1, 8]) {
      const counter = (/** @type {import('../targets.mjs').Folder} */ folder) => {
        writeFileSync(folder.here('rounds'), Buffer.alloc(8));
        return folder.inside('rounds');
      };
      const args = ['25', String(threads), counter];
      await eachWithTarget(all, round, 'scripts/bench/targets/counting.py', args, async (one, running) => {
        const speed = speedometer(running.folder.here('rounds'));
        const mine = casesOf(one, threads, table);
        let before = await speed(window);
        for (const each of Array.from({ length: repeats }, () => mine).flat())
          before = await compared(one, running, each, speed, before);
      });
    }
  }
  return [table.table()];

  /**
   * Adds one comparison. Returns the speed alone after it.
   *
   * @param {import('../bout.mjs').Bout} bout
   * @param {import('../targets.mjs').Target} running
   * @param {typeof cases[number]} its
   * @param {(seconds: number) => Promise<number>} speed
   * @param {number} before
   */
  async function compared({ name, tool }, running, { threads, rate, blocking }, speed, before) {
    const hertz = rate < 1000 ? `${rate} Hz` : `${rate / 1000} kHz`;
    const row = `${hertz}, ${threads === 1 ? '1 thread' : `${threads} threads`}, ${blocking ? 'blocking' : 'non-blocking'}`;
    let after = before;
    await attempt(table, `${name}, ${row}`, async () => {
      let during = Number.NaN;
      const seconds = Math.ceil(settling + window + 0.3);
      const job = { target: running, rate, seconds, blocking, output: 'target' };
      await runTool(tool, job, async () => {
        await sleep(settling * 1000);
        during = await speed(window);
      });
      after = await speed(window);
      table.add(row, name, tool.kind, (200 * during) / (before + after));
      table.add(row, 'alone, twice', 'reference', (100 * after) / before);
    });
    return after;
  }
}

/** @param {import('../bout.mjs').Bout} bout @param {number} wanted threads @param {TableBuilder} table */
function casesOf({ tool }, wanted, table) {
  if (tool.cannotBlock !== undefined)
    table.remark(`${tool.name}, blocking, is missing: ${tool.cannotBlock}.`);
  // A reader that is named is not the one that blocks.
  const blocks = (tool.kind === 'ours' || tool.kind === 'rival') && tool.cannotBlock === undefined;
  return cases.filter(({ threads, blocking }) => threads === wanted && (blocks || !blocking));
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
