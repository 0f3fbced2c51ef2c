import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { mojoStacks } from './mojo.mjs';

/**
 * austin. It asks the target's executable for its version by running it, so it has to see the target's root as `/`.
 * Its interval is in microseconds, 1 being the shortest. Its output is binary (MOJO); only whole seconds can be asked for.
 *
 * @param {string} program @param {string} version
 * @param {(rootOf: string) => readonly string[] | string} loader what runs it in that root, or why it does not run
 * @returns {import('./tool.mjs').Tool}
 */
export function austin(program, version, loader) {
  const inRoot = (/** @type {import('../targets.mjs').Target} */ { interpreter, folder }) => {
    const before = loader(interpreter.root);
    if (typeof before === 'string') throw new Error(before);
    if (interpreter.root === '/') return [...before, program];
    if (!existsSync(folder.here('austin'))) copyFileSync(program, folder.here('austin'));
    return [...before, folder.inside('austin')];
  };
  return {
    name: 'austin',
    kind: 'rival',
    version,
    refuses: ({ minor, freeThreaded, root }) => {
      if (minor < 8 || minor > 14) return 'it knows CPython 3.8 to 3.14';
      if (freeThreaded) return 'it knows no free-threaded builds';
      const before = loader(root);
      return typeof before === 'string' ? before : undefined;
    },
    goodCodes: [0, 254], // 254 when its exposure is over (4.0.0, measured)
    cannotBlock: 'austin 4 has no blocking mode',
    command: ({ target, rate, seconds, output }) => [
      ...inRoot(target),
      ...[
        '--interval',
        String(Math.max(1, Math.round(1e6 / rate))),
        '--exposure',
        String(Math.ceil(seconds)),
      ],
      ...['--pid', String(target.pid), '--output', target.folder.inside(output)],
    ],
    counted: async ({ target, output }, seen) => {
      const { stacks, samples, invalid, errors } = mojoStacks(readFileSync(target.folder.here(output)));
      return {
        samples: samples - invalid,
        seconds: austinSeconds(seen.output),
        failed: Math.max(invalid, errors),
        stacks,
      };
    },
    dump: (target) => [...inRoot(target), '--where', String(target.pid)],
  };
}

/** How long it sampled, as in "Total duration . . . 2.00s". @param {string} output */
export function austinSeconds(output) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it colours its words
  const plain = output.replaceAll(/\x1b\[[\d;]*m/g, '');
  const [, figure, unit] = /Total duration[ .]*([\d.]+)(ms|s|m)?/.exec(plain) ?? [];
  if (figure === undefined) throw new Error(`austin told no duration:\n${plain.slice(-2000)}`);
  return Number(figure) * (unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1);
}
