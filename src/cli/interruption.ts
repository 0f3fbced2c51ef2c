import { endBySignal } from '../lib/end-by-signal.js';

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
  const listener = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) return controller.abort();
    abandon();
    endBySignal(name);
  };
  for (const name of signals) process.on(name, listener);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, listener);
    },
  };
}

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
