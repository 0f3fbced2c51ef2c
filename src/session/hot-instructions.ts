import type { NativeCode, NativeThread } from '../native.js';

/** Samples of a running thread on top of whose stack one instruction was. */
export interface LeafSamples {
  /** Ids of the code object: the sampler's, and the profile builder's. */
  readonly native: number;
  readonly id: number;
  readonly code: NativeCode;
  readonly offset: number;
  readonly thread: NativeThread;
  /** Nanoseconds. */
  readonly weight: number;
  readonly count: number;
}

/** An instruction, and for how long it has been on top of stacks so far. */
export interface HotInstruction extends Omit<LeafSamples, 'thread'> {
  readonly threads: ReadonlyMap<NativeThread, number>;
}

/** Adds up which instructions take the time, while a recording goes on. */
export class HotInstructions {
  readonly #found = new Map<string, Counted>();
  #weight = 0;

  add({ thread, ...samples }: LeafSamples): void {
    const { native, offset, weight, count } = samples;
    this.#weight += weight;
    const key = `${native} ${offset}`;
    let found = this.#found.get(key);
    if (found === undefined) {
      if (this.#found.size >= mostInstructions) return;
      found = { ...samples, weight: 0, count: 0, threads: new Map() };
      this.#found.set(key, found);
    }
    found.weight += weight;
    found.count += count;
    found.threads.set(thread, (found.threads.get(thread) ?? 0) + weight);
  }

  /** Those with at least `share` of the time, the hottest first. */
  hottest(share: number): readonly HotInstruction[] {
    return [...this.#found.values()]
      .filter(({ weight }) => weight >= share * this.#weight)
      .sort((a, b) => b.weight - a.weight);
  }
}

type Counted = Omit<HotInstruction, 'weight' | 'count' | 'threads'> & {
  weight: number;
  count: number;
  readonly threads: Map<NativeThread, number>;
};

const mostInstructions = 50_000;
