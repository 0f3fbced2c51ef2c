import { readFileSync } from 'node:fs';
import { collapsedStacks } from './collapsed.mjs';

/**
 * py-spy. Its `--duration` counts samples of the rate that was asked for, so one that falls behind runs on for
 * minutes (0.4.2, measured): it is interrupted instead, upon which it writes its file.
 *
 * @param {string} program @param {string} version
 * @returns {import('./tool.mjs').Tool}
 */
export function pySpy(program, version) {
  return {
    name: 'py-spy',
    kind: 'rival',
    version,
    refuses: ({ freeThreaded }) => (freeThreaded ? 'it knows no free-threaded builds' : undefined),
    command: ({ target, rate, blocking, output }) => [
      ...[program, 'record', '--pid', String(target.pid), '--idle', '--format', 'raw'],
      ...['--rate', String(Math.min(rate, 1_000_000)), ...(blocking ? [] : ['--nonblocking'])],
      ...['--output', target.folder.here(output)],
    ],
    began: /Sampling process/,
    counted: async ({ target, output }, seen) => {
      const [, ticks, errors] = /Samples: (\d+) Errors: (\d+)/.exec(seen.output) ?? [];
      if (ticks === undefined)
        throw new Error(`py-spy told no number of samples:\n${seen.output.slice(-2000)}`);
      const stacks = collapsedStacks(readFileSync(target.folder.here(output), 'utf8'), 'name first');
      const samples = [...stacks.values()].reduce((a, b) => a + b, 0);
      return { samples, seconds: seen.seconds, failed: Number(errors), stacks };
    },
    dump: ({ pid }) => [program, 'dump', '--nonblocking', '--pid', String(pid)],
  };
}
