import { HeavyopsError } from '../errors.js';
import { addedCounters } from '../profile/counters.js';
import type { Counters, ProfileMeta, SampledProcess } from '../profile/profile.js';
import { descendantsOf } from '../target/children.js';
import { executableOf } from '../target/process.js';
import { openTarget, type Target } from '../target/target.js';
import { ChildRecording } from './child-recording.js';
import type { ChosenSampling } from './reader-choice.js';
import type { Gathered } from './recording.js';

/** Of the profile's `meta`, what depends on the child processes. */
export type MetaOfAll = Pick<ProfileMeta, 'counters' | 'unwatched' | 'processes' | 'children'>;

/** What the target itself has counted. */
export interface OwnCounters {
  readonly counters: Counters;
  readonly unwatched: number;
}

/**
 * Samples the child processes of a target beside it, and theirs: those that there are, and those that begin while it is
 * sampled. One that runs another Python in its place is sampled as one more.
 */
export class Subprocesses {
  readonly #root: Target;
  readonly #chosen: ChosenSampling;
  readonly #gathered: Gathered;
  readonly #epoch: number;
  /** By pid. */
  readonly #running = new Map<number, ChildRecording>();
  /** By pid: what those run that are no Python, or cannot be sampled; what runs another program is looked at anew. */
  readonly #passed = new Map<number, string | undefined>();
  readonly #refused = new Set<number>();
  readonly #sampled: SampledProcess[] = [];
  readonly #counters: Counters[] = [];
  #unwatched = 0;

  /**
   * @param chosen by which reader the target itself is sampled, not 'auto': the times of two readers are not alike
   * @param epoch when its recording began, as `performance.now()`
   */
  constructor(root: Target, chosen: ChosenSampling, gathered: Gathered, epoch: number) {
    this.#root = root;
    this.#chosen = chosen;
    this.#gathered = gathered;
    this.#epoch = epoch;
  }

  /** Of all of them, so far. */
  get samples(): number {
    const ended = this.#counters.reduce((sum, { samples }) => sum + samples, 0);
    return [...this.#running.values()].reduce((sum, { samples }) => sum + samples, ended);
  }

  /** Takes in all that is there now, and begins with those that are new. */
  async look(): Promise<void> {
    for (const [pid, child] of this.#running) {
      child.drain();
      if (child.isGone) this.#end(pid, child);
    }
    // Of one whose parent has ended the children are still found.
    const others = new Set(descendantsOf([this.#root.pid, ...this.#running.keys()]));
    for (const pid of this.#passed.keys()) if (!others.has(pid)) this.#passed.delete(pid);
    for (const pid of others) {
      const program = executableOf(pid);
      if (!this.#passed.has(pid) || this.#passed.get(pid) !== program) await this.#begin(pid, program);
    }
  }

  /** Takes no more samples. */
  stop(): void {
    for (const child of this.#running.values()) child.stop();
  }

  /** Stops, and takes in what is left. */
  finish(own: OwnCounters): MetaOfAll {
    for (const [pid, child] of this.#running) this.#end(pid, child);
    const unwatched = own.unwatched + this.#unwatched;
    return {
      counters: this.#counters.reduce(addedCounters, own.counters),
      ...(unwatched > 0 ? { unwatched } : {}),
      ...(this.#sampled.length > 0 ? { processes: Object.freeze(this.#sampled) } : {}),
      ...(this.#refused.size > 0 ? { children: Object.freeze([...this.#refused]) } : {}),
    };
  }

  /** Ends without taking in anything; may be called at any time. */
  close(): void {
    for (const child of this.#running.values()) child.close();
    this.#running.clear();
  }

  async #begin(pid: number, program: string | undefined): Promise<void> {
    try {
      const child = await this.#started(pid);
      if (child === undefined) {
        this.#passed.set(pid, program);
        this.#refused.add(pid);
      } else this.#running.set(pid, child);
    } catch (error) {
      if (!(error instanceof HeavyopsError)) throw error;
      if (error.code === 'NOT_READY') return; // It is still starting: next time.
      this.#passed.set(pid, program);
      if (!noPython.has(error.code)) this.#refused.add(pid);
    }
  }

  /** Nothing where it would not fit into one profile with the target. */
  async #started(pid: number): Promise<ChildRecording | undefined> {
    const target = await openTarget(pid, { waitFor: 0 });
    const { version } = this.#root;
    const isAlike =
      target.version.major === version.major &&
      target.version.minor === version.minor &&
      target.freeThreaded === this.#root.freeThreaded;
    if (!isAlike || this.#running.size >= mostAtOnce) return undefined;
    return ChildRecording.start(target, this.#chosen, this.#gathered, this.#epoch);
  }

  #end(pid: number, child: ChildRecording): void {
    this.#running.delete(pid);
    const { counters, unwatched, process } = child.end();
    this.#counters.push(counters);
    this.#unwatched += unwatched;
    // Between fork and exec a process is a copy of its parent for a moment.
    if (counters.samples > 0) this.#sampled.push(process);
  }
}

/** Each has a thread of ours, and with the kernel reader some descriptors for each of its threads. */
const mostAtOnce = 128;

const noPython: ReadonlySet<string> = new Set(['NOT_PYTHON', 'NO_SUCH_PROCESS', 'ZOMBIE', 'KERNEL_THREAD']);
