import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { StepFailed } from '../steps.mjs';

/** Two processors that this process may use: one for the program that is watched, one for Node. */
export function twoProcessors() {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const [first, second] = list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return from === to ? [from] : [from, from + 1];
  });
  if (first === undefined || second === undefined) throw new StepFailed('two processors are needed');
  return { watched: first, own: second };
}

/** All threads of this process, and what they start from now on. @param {number} processor */
export function keepOn(processor) {
  taskset('--all-tasks', processor);
}

/** The calling thread, and what it starts from now on. @param {number} processor */
export function moveTo(processor) {
  taskset(undefined, processor);
}

/** The words before a command that make it run there. @param {number} processor */
export function startedOn(processor) {
  return ['taskset', '--cpu-list', String(processor)];
}

/** @param {string | undefined} whom @param {number} processor */
function taskset(whom, processor) {
  const options = [...(whom === undefined ? [] : [whom]), '--cpu-list', '--pid'];
  execFileSync('taskset', [...options, String(processor), String(process.pid)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
