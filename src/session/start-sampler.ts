import { HeavyopsError } from '../errors.js';
import { kernelProgram, type NativeSampler } from '../native.js';
import type { WhyNotKernel } from '../target/kernel-refused.js';
import type { Target } from '../target/target.js';
import { type ChosenSampling, checkReader, neededReader, unsuitable } from './reader-choice.js';
import type { Reader } from './sampler-config.js';
import { samplerFor } from './sampler-for.js';

/** A sampler that runs. Whoever has it has to stop it. */
export interface StartedSampler {
  readonly sampler: NativeSampler;
  readonly reader: Reader;
  /** With 'auto', where it is not the kernel's. */
  readonly whyNotKernel?: WhyNotKernel;
  /** Wall clock when it started, milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * Starts to sample a target, by the reader that was chosen; this is the only place that decides which one that is.
 *
 * @param onGone called when the target has gone, or runs another program
 * @throws HeavyopsError USAGE, NOT_STOPPABLE, KERNEL_READER_UNAVAILABLE, TARGET_UNREADABLE, NO_SUCH_PROCESS
 */
export async function startSampler(
  target: Target,
  chosen: ChosenSampling,
  onGone: () => void,
): Promise<StartedSampler> {
  checkReader(chosen);
  const start = (reader: Reader) => started(samplerFor(target, { ...chosen, reader }), reader, onGone);
  switch (neededReader(chosen)) {
    case 'memory':
      return succeeded(start('memory'));
    case 'stopped':
      return startStopping(target, start);
    case 'kernel':
      return startInKernel(start, (whyNot, errno) => refuse(target, chosen, whyNot, errno));
    case 'auto': {
      const useMemory = (whyNotKernel: WhyNotKernel) => ({ ...succeeded(start('memory')), whyNotKernel });
      const whyNot = unsuitable(chosen);
      return whyNot === undefined ? startInKernel(start, useMemory) : useMemory(whyNot);
    }
  }
}

/** A sampler that was told to start, and the errno where it was refused to; else 0. */
interface Attempt extends StartedSampler {
  readonly errno: number;
}

function started(sampler: NativeSampler, reader: Reader, onGone: () => void): Attempt {
  const startedAt = Date.now();
  const errno = sampler.start(onGone);
  if (errno !== 0) sampler.stop();
  return { sampler, reader, startedAt, errno };
}

function succeeded({ errno: _, ...sampler }: Attempt): StartedSampler {
  return sampler;
}

async function startStopping(target: Target, start: (reader: Reader) => Attempt): Promise<StartedSampler> {
  const { refuseUnstoppable, stopRefused } = await import('../target/stoppable.js');
  refuseUnstoppable(target.pid);
  const attempt = start('stopped');
  if (attempt.errno !== 0) throw stopRefused(target.pid, attempt.errno);
  return succeeded(attempt);
}

/** @param otherwise what to do where the kernel refuses (then there is an errno), or there is no program for it */
async function startInKernel(
  start: (reader: Reader) => Attempt,
  otherwise: (whyNot: WhyNotKernel, errno: number) => StartedSampler | Promise<StartedSampler>,
): Promise<StartedSampler> {
  if (kernelProgram() === undefined) return otherwise(notBuilt, 0);
  const attempt = start('kernel');
  if (attempt.errno === 0) return succeeded(attempt);
  const { kernelRefused } = await import('../target/kernel-refused.js');
  const { sampler, errno } = attempt;
  return otherwise(kernelRefused({ step: sampler.refusedStep(), errno }), errno);
}

/** perf_event_open(2): the process has ended since it was opened. */
const ESRCH = 3;

const notBuilt: WhyNotKernel = {
  reason: 'this heavyops was built without the kernel reader, for want of clang',
  remedy: 'install clang and build it again with `npm run build`',
};

async function refuse(
  { pid }: Target,
  { leastWait }: ChosenSampling,
  { reason, remedy }: WhyNotKernel,
  errno: number,
): Promise<never> {
  if (errno === ESRCH) throw (await import('../target/refusals.js')).noSuchProcess(pid);
  const without =
    leastWait === undefined ? '--reader memory, or no --reader at all' : 'leave --off-cpu and --reader out';
  throw new HeavyopsError(
    'KERNEL_READER_UNAVAILABLE',
    `the kernel reader cannot be had: ${reason}`,
    `To have it, ${remedy}.\nWithout it: ${without}`,
  );
}
