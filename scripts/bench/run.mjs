import { start } from './process.mjs';

/**
 * @typedef {import('./tools/tool.mjs').Tool} Tool
 * @typedef {import('./tools/tool.mjs').Job} Job
 *
 * @typedef {object} Ran
 * @property {import('./process.mjs').Ended} ended
 * @property {import('./tools/tool.mjs').Counted} counted
 * @property {number} lasted seconds from the command's start to its end, without what it was asked to sample
 */

/**
 * Runs a profiler once, and counts what it brought.
 *
 * @param {Tool} tool
 * @param {Job} job
 * @param {(started: import('./process.mjs').Started) => Promise<void>} [during] called when it has started
 * @returns {Promise<Ran>}
 */
export async function runTool(tool, job, during = async () => {}) {
  const pinned = job.processor === undefined ? [] : ['taskset', '-c', String(job.processor)];
  const started = await start([...pinned, ...tool.command(job)], { env: { PYTHONDONTWRITEBYTECODE: '1' } });
  const meanwhile = during(started);
  meanwhile.catch(() => {}); // it is awaited below, when the tool has ended
  let seconds = 0;
  if (tool.began !== undefined) {
    const began = await started.said(tool.began);
    await new Promise((resolve) => setTimeout(resolve, job.seconds * 1000));
    started.kill('SIGINT');
    seconds = (performance.now() - began) / 1000;
  }
  const ended = await started.ended;
  if (!(tool.goodCodes ?? [0]).includes(ended.code))
    throw new Error(`${tool.name} ended with ${ended.code}:\n${ended.output.slice(-2000)}`);
  await meanwhile;
  const counted = await tool.counted(job, { output: ended.output, seconds });
  return { ended, counted, lasted: ended.wall - (seconds || job.seconds) };
}

/**
 * Share of stacks that are whole: as deep as every stack of the program is.
 *
 * @param {import('./tools/collapsed.mjs').Stacks} stacks
 * @param {number} frames the least that a whole one has
 */
export function wholeShare(stacks, frames) {
  let [whole, all] = [0, 0];
  for (const [stack, count] of stacks) {
    all += count;
    if (stack.split(';').length >= frames) whole += count;
  }
  return all === 0 ? 0 : whole / all;
}
