import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../steps.mjs';
import { collapsedStacks } from './collapsed.mjs';

const program = [process.execPath, join(root, 'dist/cli/main.js')];
const highestRate = 10_000_000; // what `--rate` takes at most

/**
 * This checkout, by its command line.
 *
 * @param {'auto' | 'kernel' | 'memory'} [reader] 'auto': as it comes, what is compared with rivals
 * @param {(chosen: string) => void} [tell] is told which reader took the samples of each run, as in "kernel at 1000 Hz"
 * @returns {import('./tool.mjs').Tool}
 */
export function heavyops(reader = 'auto', tell = () => {}) {
  const [node = '', main = ''] = program;
  const ask = (/** @type {string[]} */ ...args) => execFileSync(node, [main, ...args], { encoding: 'utf8' });
  const blocks = ask('attach', '--help').includes('--blocking');
  return {
    name: reader === 'auto' ? 'heavyops' : `heavyops, ${reader}`,
    kind: reader === 'auto' ? 'ours' : 'variant',
    version: ask('--version').trim(),
    refuses: () => undefined,
    ...(blocks ? {} : { cannotBlock: '`attach` has no option --blocking here' }),
    command: ({ target, rate, seconds, blocking, output }) => [
      ...program,
      ...['attach', String(target.pid), '--idle', '--json', '--duration', String(seconds)],
      ...[
        '--rate',
        String(Math.min(rate, highestRate)),
        ...(blocking ? ['--blocking'] : ['--reader', reader]),
      ],
      ...['--output', target.folder.here(output), '--format', 'collapsed'],
    ],
    counted: async ({ target, output, blocking }, seen) => {
      const { summary } = jsonIn(seen.output);
      if (reader === 'auto') {
        if (!blocking) tell(`${summary.reader} at ${summary.rate} Hz`);
      } else if (summary.reader !== reader)
        throw new Error(`it was the reader "${summary.reader}", not "${reader}"`);
      const { ticks, samples, unreadable, lost, truncated, undecided = 0 } = summary.counters;
      const failed = unreadable + lost + truncated + undecided;
      const stacks = collapsedStacks(readFileSync(target.folder.here(output), 'utf8'), 'name first');
      return { samples: samples - failed, ticks, seconds: summary.duration / 1e9, failed, stacks };
    },
    dump: ({ pid }) => [...program, 'dump', String(pid)],
  };
}

/** Milliseconds since the epoch at which its sampler started, as its summary has it. @param {string} output */
export function startedAt(output) {
  return Number(jsonIn(output).summary.startedAt);
}

/** The line that is its JSON; what it says to people may stand around it. @param {string} output */
function jsonIn(output) {
  const line = output.split('\n').find((one) => one.startsWith('{'));
  if (line === undefined) throw new Error(`heavyops printed no summary:\n${output.slice(-2000)}`);
  return JSON.parse(line);
}
