import { closeSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile, ProfileMeta } from '../../profile/profile.js';
import { ifAllowed, readProc } from '../../target/procfs.js';
import { SourceReader } from '../../target/source-reader.js';
import type { Target } from '../../target/target.js';
import type { CountedPython } from '../interpreter.js';
import { profileOf } from '../profile.js';
import { kindsFor, settingsFor } from '../settings.js';
import { SharedFile, startOfFile } from '../shared-file.js';
import { type Entered, enter } from './enter.js';

export interface RunningOptions {
  /** Milliseconds; without it until `signal` or the process's end. */
  readonly duration?: number | undefined;
  /** Ends the counting; what was counted is in the profile. */
  readonly signal?: AbortSignal | undefined;
  /** Is given what leaves the process alone at once, for an end that does not wait. */
  readonly onRequest?: ((abandon: () => void) => void) | undefined;
  /** Keeps source text, names and constants of what is executed. */
  readonly programText?: boolean | undefined;
  /** Called when it counts. */
  readonly onStart?: (() => void) | undefined;
}

export interface RunningResult {
  readonly profile: Profile;
  /** Why counts may not be complete, or what is left in the process, in whole sentences. */
  readonly remarks: readonly string[];
}

/**
 * Counts every instruction that a running process executes, until the duration has passed, the signal comes or the process
 * ends. It is the one thing here that runs code of ours in a process.
 *
 * @throws HeavyopsError as `enter`
 */
export async function countRunning(target: Target, options: RunningOptions): Promise<RunningResult> {
  const { version, freeThreaded, executable, pid } = target;
  const python: CountedPython = {
    ...version,
    version: version.text,
    freeThreaded,
    executable,
    command: executable,
  };
  const start = startOfFile(settingsFor(python), kindsFor(python), size);
  const entered = await enter(target, { start, size, signal: options.signal, onRequest: options.onRequest });
  const counting = new Counting(entered);
  // While its root can still be had.
  const sources = options.programText === true ? new SourceReader(pid) : undefined;
  try {
    const startedAt = Date.now();
    const began = performance.now();
    options.onRequest?.(() => counting.stop());
    options.onStart?.();
    const { ended, silent } = await watch(target, counting, options, began);
    const duration = Math.round((performance.now() - began) * 1e6);
    const isOver = await counting.end(target);
    const counted = new SharedFile(entered.descriptor).read();
    const processes = counted.processes.slice(0, 1).map(({ codes }) => ({ pid, codes }));
    const command = target.commandLine;
    const profile = profileOf(processes, python, { startedAt, duration, command, ended, sources });
    const remarks = [
      ...(counted.noRoom
        ? ['there was no room for the counters of all its code: the counts are too low']
        : []),
      ...(silent
        ? [
            'the counting ended by itself, as if heavyops had died: it was stopped, or had to wait for 5 seconds',
          ]
        : []),
      ...isOver,
    ];
    return { profile, remarks };
  } finally {
    counting.stop();
    sources?.close();
    closeSync(entered.descriptor);
  }
}

/** Of addresses, not of memory. A process may have a limit of its own for them. */
const size = 2 ** 33;

/** The words that are shared with the process: `Running` in native/count/shared.h. */
class Counting {
  readonly #entered: Entered;
  #beats = 0;

  constructor(entered: Entered) {
    this.#entered = entered;
    this.#put(words.taken, 1);
  }

  /** Tells the process that somebody is there. */
  beat(): void {
    this.#put(words.beat, ++this.#beats);
  }

  stop(): void {
    this.#put(words.stop, 1);
  }

  get state(): number {
    const bytes = Buffer.alloc(8);
    readSync(this.#entered.descriptor, bytes, 0, bytes.length, runningPlace + words.state);
    return bytes.readUInt32LE(0);
  }

  /** Ends it, and waits for a while until nothing of it is left. Returns what is, in whole sentences. */
  async end(target: Target): Promise<readonly string[]> {
    this.stop();
    const end = performance.now() + patience;
    for (; performance.now() < end; await sleep(pollInterval)) {
      if (target.isAlive() !== 'same') return [];
      if (this.state >= state.gone && !this.#isMapped(target)) return [];
    }
    return [
      this.state < state.off
        ? 'it has executed nothing since: the counting is taken out of it when it does, and costs nothing until then'
        : `it does not count any more, but the library that did is still loaded (${this.#entered.mapping})`,
    ];
  }

  #isMapped({ pid }: Target): boolean {
    return (ifAllowed(() => readProc(`/proc/${pid}/maps`)) ?? '').includes(this.#entered.mapping);
  }

  #put(place: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(value);
    writeSync(this.#entered.descriptor, bytes, 0, bytes.length, runningPlace + place);
  }
}

const runningPlace = 512;
const words = { state: 0, stop: 64, beat: 72, taken: 80 } as const;
const state = { off: 2, gone: 3 } as const;
/** Milliseconds in which a process that runs takes it out. */
const patience = 2000;
const pollInterval = 5;
/** Milliseconds between two beats; the process waits ten times as long for one. */
const beatInterval = 500;

interface Watched {
  readonly ended: ProfileMeta['ended'];
  /** It has ended by itself. */
  readonly silent: boolean;
}

async function watch(
  target: Target,
  counting: Counting,
  { duration = Number.POSITIVE_INFINITY, signal }: RunningOptions,
  began: number,
): Promise<Watched> {
  for (;;) {
    counting.beat();
    const left = duration - (performance.now() - began);
    const alive = target.isAlive();
    const ended = (reason: ProfileMeta['ended']): Watched => ({ ended: reason, silent: false });
    if (alive !== 'same') return ended(alive === 'exec' ? 'target-exec' : 'target-ended');
    if (signal?.aborted === true) return ended('interrupted');
    if (left <= 0) return ended('duration');
    if (counting.state >= state.off) return { ended: 'interrupted', silent: true };
    await pause(Math.min(left, beatInterval), signal);
  }
}

/** Ends early on the signal. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}
