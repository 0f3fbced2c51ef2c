import { compiled } from '../compiled.mjs';

/**
 * No profiler: the clock alone that interrupts the target's first thread, as it does for the kernel reader. What that
 * costs the target no reader can be below.
 *
 * @returns {import('./tool.mjs').Tool}
 */
export function bareClock() {
  return {
    name: 'the bare clock',
    kind: 'reference',
    version: '',
    refuses: () => undefined,
    command: ({ target, rate, seconds }) => [
      compiled('bare_clock'),
      String(target.pid),
      String(Math.round(1e9 / rate)),
      String(seconds),
    ],
    counted: async ({ seconds }) => ({ samples: 0, seconds, failed: 0, stacks: new Map() }),
    dump: () => {
      throw new Error('the bare clock has no dump');
    },
  };
}
