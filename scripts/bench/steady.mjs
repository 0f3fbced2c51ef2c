import { setTimeout as sleep } from 'node:timers/promises';
import { runTool } from './run.mjs';

/** Seconds after a command's start until it does nothing but sample, with much to spare. */
const settling = 1;

/**
 * Runs a profiler and tells its CPU while it samples apart from that of its start and its end.
 *
 * @param {import('./tools/tool.mjs').Tool} tool
 * @param {Omit<import('./tools/tool.mjs').Job, 'seconds'>} job
 * @param {number} window seconds to watch
 * @param {number} threads of the target: most tools bring a stack of each for every tick
 */
export async function steady(tool, job, window, threads) {
  let share = Number.NaN;
  const ran = await runTool(
    tool,
    { ...job, seconds: Math.ceil(window + settling + 0.5) },
    async (started) => {
      await sleep(settling * 1000);
      const before = await started.clock();
      await sleep(window * 1000);
      const after = await started.clock();
      share = (after.cpu - before.cpu) / (after.now - before.now);
    },
  );
  const { counted, ended } = ran;
  return {
    /** of one core */
    share,
    /** seconds of CPU that are not sampling: its start, and writing what it brought; unknown of one that never rests */
    around: share < 0.5 ? Math.max(0, ended.cpu - share * counted.seconds) : Number.NaN,
    ticksPerSecond: (counted.ticks ?? counted.samples / threads) / counted.seconds,
    peak: ended.peak,
    counted,
  };
}
