import type { Batch, NativeSampler } from '../native.js';
import type { Counters, SampledProcess } from '../profile/profile.js';
import type { Target } from '../target/target.js';
import type { ChosenSampling } from './reader-choice.js';
import { type Gathered, Recording } from './recording.js';
import { startSampler } from './start-sampler.js';

/** The recording of one child process, which runs until it is ended from here. */
export class ChildRecording {
  readonly #target: Target;
  readonly #sampler: NativeSampler;
  readonly #recording: Recording;
  readonly #began: number;
  #samples = 0;
  #isGone = false;

  private constructor(target: Target, sampler: NativeSampler, recording: Recording, began: number) {
    this.#target = target;
    this.#sampler = sampler;
    this.#recording = recording;
    this.#began = began;
  }

  /**
   * @param epoch when the recording of all began, as `performance.now()`
   * @throws HeavyopsError as `startSampler`
   */
  static async start(
    target: Target,
    chosen: ChosenSampling,
    gathered: Gathered,
    epoch: number,
  ): Promise<ChildRecording> {
    let started: ChildRecording | undefined;
    let isGone = false;
    const { sampler } = await startSampler(target, chosen, () => {
      isGone = true;
      if (started !== undefined) started.#isGone = true;
    });
    const began = Math.max(0, (performance.now() - epoch) * 1e6);
    const recording = new Recording(target, sampler, gathered, { pid: target.pid, began });
    started = new ChildRecording(target, sampler, recording, began);
    started.#isGone = isGone;
    return started;
  }

  /** The process has ended, or runs another program. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** So far. */
  get samples(): number {
    return this.#samples;
  }

  /** Takes in all that is there now. */
  drain(): Batch {
    const batch = this.#recording.drain();
    this.#samples = batch.counters.samples;
    if (batch.gone) this.#isGone = true;
    return batch;
  }

  /** Takes no more samples. */
  stop(): void {
    this.#sampler.stop();
  }

  /** Stops, and takes in what is left. */
  end(): { readonly counters: Counters; readonly unwatched: number; readonly process: SampledProcess } {
    this.stop();
    const { counters, unwatched, elapsed } = this.drain();
    this.#recording.finish();
    const { pid, commandLine } = this.#target;
    return {
      counters,
      unwatched,
      process: { pid, command: commandLine, began: this.#began, duration: elapsed },
    };
  }

  /** Stops without an end. */
  close(): void {
    this.stop();
    this.#recording.close();
  }
}
