import { endBySignal } from '../lib/end-by-signal.js';
import type { OutputFile } from './output-files.js';

export interface Interruption {
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Lets these signals end us at once again. */
  release(): void;
}

/**
 * Takes over Ctrl-C, SIGTERM and SIGHUP, so that what was sampled is delivered.
 *
 * @param abandon called when a second one comes, right before it ends us
 */
export function interruption(abandon: () => void): Interruption {
  const controller = new AbortController();
  let firstAt = Number.NEGATIVE_INFINITY;
  let released = false;
  const listener = (name: NodeJS.Signals) => {
    const { aborted } = controller.signal;
    if (!aborted && !released) {
      firstAt = performance.now();
      return controller.abort();
    }
    // npm, `timeout` and shells send on what reaches us as well; a terminal that closes sends SIGHUP more than once.
    if (aborted && (name === 'SIGHUP' || performance.now() - firstAt < echo)) return;
    if (!released) abandon();
    endBySignal(name);
  };
  for (const name of endingSignals) process.on(name, listener);
  return {
    signal: controller.signal,
    release: () => {
      released = true;
    },
  };
}

/** Milliseconds in which nobody has meant to press Ctrl-C a second time. */
const echo = 500;

/** What is sent to end us: Ctrl-C, `kill`, and the end of our terminal. */
export const endingSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Lets these signals end us at once, once we have tidied up. */
export function endTidily(tidyUp: () => void): void {
  for (const name of endingSignals) {
    process.once(name, () => {
      tidyUp();
      endBySignal(name);
    });
  }
}

/** Leaves nothing behind of files that have not been written. */
export function discardAll(outputs: readonly OutputFile[]): void {
  for (const output of outputs) output.discard();
}
