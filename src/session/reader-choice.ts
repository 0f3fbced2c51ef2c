import { HeavyopsError } from '../errors.js';
import type { WhyNotKernel } from '../target/kernel-refused.js';
import type { Processor, Reader } from './sampler-config.js';

/** What may be asked for. 'auto' is the kernel's where that is permitted and able, else 'memory'. */
export type ReaderChoice = Reader | 'auto';

export interface ChosenSampling {
  readonly reader: ReaderChoice;
  readonly processor: Processor;
  /** Ticks a second. */
  readonly rate: number;
  /** Milliseconds: waits of this length and more are asked for, and what they are for. The kernel alone tells. */
  readonly leastWait?: number | undefined;
}

/** Where waits are asked for, 'auto' has no choice. */
export function neededReader({ reader, leastWait }: ChosenSampling): ReaderChoice {
  return reader === 'auto' && leastWait !== undefined ? 'kernel' : reader;
}

/**
 * Refuses what the kernel reader cannot do, where no other will do, and what others cannot.
 *
 * @throws HeavyopsError USAGE
 */
export function checkReader(chosen: ChosenSampling): void {
  const { reader, processor, rate, leastWait } = chosen;
  if (leastWait !== undefined && (reader === 'memory' || reader === 'stopped')) {
    throw new HeavyopsError(
      'USAGE',
      `waits are seen by the kernel reader alone, and the reader "${reader}" was chosen`,
      'Leave --reader and --blocking out, or --off-cpu.',
    );
  }
  if (neededReader(chosen) !== 'kernel') return;
  if (processor !== 'auto') {
    throw new HeavyopsError(
      'USAGE',
      `the processor "${processor}" was chosen, which is of no use to the kernel reader: it is always on the process's own`,
      'Leave --processor out, or choose --reader memory.',
    );
  }
  if (rate > fastest) {
    throw new HeavyopsError(
      'USAGE',
      'the kernel reader takes at most 100,000 samples a second of a thread',
      'Give -r 100khz or less, or choose --reader memory.',
    );
  }
}

/** Why 'auto' does not even try the kernel reader; nothing where it does. */
export function unsuitable({ processor, rate }: Omit<ChosenSampling, 'reader'>): WhyNotKernel | undefined {
  if (processor !== 'auto') {
    return {
      reason: `--processor ${processor} is for the memory reader`,
      remedy: 'leave it out, and the kernel reader is taken where it may be',
    };
  }
  if (rate > fastestByItself) {
    return {
      reason: `above ${fastestByItself / 1000} khz an interrupt for each sample takes much of the process's time`,
      remedy: '--reader kernel has it all the same, up to 100khz',
    };
  }
  return undefined;
}

/** Ticks a second: the kernel's clock has no shorter period than 10 µs (perf_swevent_init_hrtimer). */
const fastest = 100_000;
/** Ticks a second: measured up to there. */
const fastestByItself = 10_000;
