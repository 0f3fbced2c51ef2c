import type { Batch } from '../native.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { childrenAlike } from '../target/children.js';
import type { Target } from '../target/target.js';
import { version } from '../version.js';
import { gilWaitsOf } from './gil-waits.js';
import type { ReaderChoice } from './reader-choice.js';
import type { Recording } from './recording.js';
import { leastWaitOf, type Processor } from './sampler-config.js';
import { startSampler } from './start-sampler.js';
import type { MetaOfAll, OwnCounters, Subprocesses } from './subprocesses.js';
import { describeTarget } from './target-description.js';

export interface RecordOptions {
  /** Ticks a second; by the kernel reader, of each thread's own time on processors. */
  readonly rate: number;
  /** What takes the samples: 'auto' by default. */
  readonly reader?: ReaderChoice | undefined;
  /** Where the memory reader samples; 'auto' by default. */
  readonly processor?: Processor | undefined;
  /** Milliseconds: tells waits of this length and more by what they are for, and needs the kernel reader for that. */
  readonly leastWait?: number | undefined;
  /** Samples child processes that run Python, and theirs, too. */
  readonly subprocesses?: boolean;
  /** Keeps source text, names and constants of what is seen, for views of the source and the instructions. */
  readonly programText?: boolean;
  /** Milliseconds; without it until `signal` or the target's end. */
  readonly duration?: number;
  /** Ends the recording; what was sampled is in the profile. */
  readonly signal?: AbortSignal;
  /** Called a few times a second. */
  readonly onProgress?: (progress: RecordProgress) => void;
  /** Called with each batch of the target itself as it comes from the sampler, also with the one after it was stopped. */
  readonly onBatch?: (batch: Batch) => void;
}

export interface RecordProgress {
  /** Nanoseconds since the first tick. */
  readonly elapsed: number;
  readonly samples: number;
  readonly ticks: number;
  /** Samples that could not be read, or were lost. */
  readonly errors: number;
}

/**
 * Samples a target until the duration has passed, the signal comes or the target ends. Only 'stopped' stops it.
 *
 * @throws HeavyopsError as `startSampler`
 */
export async function record(target: Target, options: RecordOptions): Promise<Profile> {
  const gone = new AbortController();
  const { rate, reader: choice = 'auto', processor = 'auto' } = options;
  const chosen = { rate, reader: choice, processor, leastWait: options.leastWait };
  const { sampler, reader, whyNotKernel, startedAt } = await startSampler(target, chosen, () => gone.abort());
  const began = performance.now();
  let recording: Recording | undefined;
  let subprocesses: Subprocesses | undefined;
  try {
    // What takes the samples in is loaded while the first ones are taken.
    const { Gathered, Recording } = await import('./recording.js');
    const gathered = new Gathered(target.version, options.programText, processor);
    const taken = new Recording(target, sampler, gathered);
    recording = taken;
    if (options.subprocesses === true) {
      const { Subprocesses } = await import('./subprocesses.js');
      subprocesses = new Subprocesses(target, { ...chosen, reader }, gathered, began);
      await subprocesses.look();
    }
    const drain = (isLast = false) => {
      const batch = taken.drain(isLast);
      options.onBatch?.(batch);
      return batch;
    };
    let ended: ProfileMeta['ended'] | undefined;
    const interval = intervalOf(options);
    // A program can be over soon, and its names with it.
    let next = options.programText === true ? firstInterval : interval;
    const wake = AbortSignal.any([gone.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    while (ended === undefined) {
      const left = (options.duration ?? Number.POSITIVE_INFINITY) - (performance.now() - began);
      await pause(Math.min(next, left), wake);
      next = Math.min(2 * next, interval);
      // While one of its threads becomes another program, a process looks as if it had ended.
      if (gone.signal.aborted) await new Promise((resolve) => setTimeout(resolve, settling));
      ended = endOf(target, options, began);
      const batch = drain();
      await subprocesses?.look();
      const { ticks, samples, unreadable, lost } = batch.counters;
      options.onProgress?.({
        elapsed: batch.elapsed,
        ticks,
        samples: samples + (subprocesses?.samples ?? 0),
        errors: unreadable + lost,
      });
      if (batch.gone) ended ??= 'target-ended';
    }
    subprocesses?.stop();
    sampler.stop();
    const last = drain(true);
    const { reads: _, ...counters } = last.counters;
    const own = { counters, unwatched: last.unwatched };
    const ofAll = subprocesses?.finish(own) ?? metaOfOne(target, own);
    taken.finish();
    return gathered.builder.build({
      heavyops: version,
      target: describeTarget(target),
      startedAt,
      duration: last.elapsed,
      rate,
      reader,
      ...(whyNotKernel === undefined ? {} : { whyNotKernel }),
      ...(reader === 'kernel' ? { leastWait: leastWaitOf(options) } : {}),
      gilWaits: gilWaitsOf(target, last),
      ...ofAll,
      ended,
    });
  } finally {
    subprocesses?.close();
    recording?.close();
    sampler.stop();
  }
}

function metaOfOne({ pid }: Target, { counters, unwatched }: OwnCounters): MetaOfAll {
  const children = childrenAlike(pid);
  return {
    counters,
    ...(unwatched > 0 ? { unwatched } : {}),
    ...(children.length > 0 ? { children } : {}),
  };
}

function intervalOf({ subprocesses, onProgress }: RecordOptions): number {
  if (subprocesses === true) return childInterval;
  return onProgress === undefined ? drainInterval : progressInterval;
}

/** Milliseconds between two looks at what was sampled; each takes about a millisecond, most of it to wake up. */
const drainInterval = 1000;
/** The same if somebody watches. */
const progressInterval = 250;
/** The same where child processes are looked for: those that begin and end between two looks are not seen. */
const childInterval = 100;
/** Milliseconds until the first look where names are wanted; the next are twice as long each. */
const firstInterval = 50;
/** Milliseconds until a process that has gone shows what became of it. */
const settling = 100;

function endOf(target: Target, options: RecordOptions, began: number): ProfileMeta['ended'] | undefined {
  const alive = target.isAlive();
  if (alive === 'exec') return 'target-exec';
  if (alive === 'ended') return 'target-ended';
  if (options.signal?.aborted === true) return 'interrupted';
  if (options.duration !== undefined && performance.now() - began >= options.duration) return 'duration';
  return undefined;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || milliseconds <= 0) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
