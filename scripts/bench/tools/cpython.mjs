import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { collapsedStacks } from './collapsed.mjs';

/**
 * CPython's own `profiling.sampling` (3.15). It profiles its own minor version only. `--binary` is its fastest output
 * (99,000 samples a second where `--collapsed` brought 72,000 and `--pstats` 49,000); it is converted after
 * the run. It keeps no more than 255 frames of a stack, so for deeper ones `--collapsed` is taken.
 *
 * @param {import('../../interpreters/find.mjs').Interpreter} own the interpreter that has it
 * @returns {import('./tool.mjs').Tool}
 */
export function cpythonsOwn(own) {
  const program = [...own.command, '-m', 'profiling.sampling'];
  return {
    name: 'profiling.sampling',
    kind: 'rival',
    version: own.version,
    refuses: ({ minor, freeThreaded, root }) =>
      minor === own.minor && freeThreaded === own.freeThreaded && root === own.root
        ? undefined
        : `it profiles only what is of its own version, 3.${own.minor}`,
    command: ({ target, rate, seconds, blocking, output, frames }) => [
      ...[...program, 'attach', '--all-threads', '--sampling-rate', String(Math.min(rate, 1_000_000))],
      ...['--duration', String(seconds), ...(blocking ? ['--blocking'] : [])],
      ...[
        keepsWhole(frames) ? '--binary' : '--collapsed',
        '--output',
        target.folder.inside(output),
        String(target.pid),
      ],
    ],
    counted: async ({ target, output, frames }, seen) => {
      const { seconds, failed } = cpythonsSummary(seen.output);
      const text = keepsWhole(frames) ? replayed(target, output) : target.folder.here(output);
      const stacks = collapsedStacks(readFileSync(text, 'utf8'), 'file first');
      const samples = [...stacks.values()].reduce((a, b) => a + b, 0);
      return { samples, seconds, failed, stacks };
    },
    dump: ({ pid }) => [...program, 'dump', String(pid)],
  };

  /** @param {import('../targets.mjs').Target} target @param {string} output */
  function replayed({ folder }, output) {
    const [command = '', ...args] = [...program, 'replay', '--collapsed', '-o', folder.inside('replayed')];
    execFileSync(command, [...args, folder.inside(output)], { stdio: 'pipe' });
    return folder.here('replayed');
  }
}

/** Whether `--binary` brings stacks of so many frames to their root. */
const keepsWhole = (frames = 0) => frames <= 255;

/** How long it sampled, and how many it dropped: it counts those as captured and tells their share. @param {string} output */
export function cpythonsSummary(output) {
  const [, captured, seconds] = /Captured ([\d,]+) samples? in ([\d.,]+) seconds/.exec(output) ?? [];
  const [, errors] = /Error rate: ([\d.]+)/.exec(output) ?? [];
  if (captured === undefined || seconds === undefined || errors === undefined) {
    throw new Error(`CPython's profiler told no number of samples:\n${output.slice(-2000)}`);
  }
  const number = (/** @type {string} */ text) => Number(text.replaceAll(',', ''));
  return { seconds: number(seconds), failed: Math.round((number(captured) * Number(errors)) / 100) };
}
