import type { Batch, NativeSampler } from '../native.js';
import { ProfileBuilder } from '../profile/builder.js';
import { opcodeTable } from '../python/opcodes.js';
import type { PythonVersion } from '../python/version.js';
import type { Target } from '../target/target.js';
import { BatchFeed } from './batch-feed.js';
import { Looking, OperandLooks } from './operand-looks.js';
import { ProgramText, TextLimits } from './program-text.js';
import type { Processor } from './sampler-config.js';
import { ThreadNamer } from './thread-namer.js';

/** What the recordings of one profile put into it, of one process or of several. */
export class Gathered {
  readonly builder: ProfileBuilder;
  readonly textLimits: TextLimits | undefined;
  readonly looking: Looking | undefined;

  /** @param withText keeps source text and names, and types that hot instructions work on, too */
  constructor(version: PythonVersion, withText = false, processor: Processor = 'auto') {
    this.builder = new ProfileBuilder({ version });
    this.textLimits = withText ? new TextLimits() : undefined;
    this.looking = withText ? new Looking(processor) : undefined;
  }
}

/** A child process of the target, and when its recording began: nanoseconds after the target's. */
export interface Child {
  readonly pid: number;
  readonly began: number;
}

/** Takes in what the sampler of one process gathers. */
export class Recording {
  readonly #sampler: NativeSampler;
  readonly #namer: ThreadNamer;
  readonly #feed: BatchFeed;
  readonly #text: ProgramText | undefined;
  readonly #builder: ProfileBuilder;
  readonly #looks: OperandLooks | undefined;

  constructor(target: Target, sampler: NativeSampler, gathered: Gathered, child?: Child) {
    const { builder, textLimits, looking } = gathered;
    const namer = new ThreadNamer(target);
    this.#sampler = sampler;
    this.#namer = namer;
    this.#text = textLimits && new ProgramText(target, builder, textLimits);
    this.#builder = builder;
    this.#looks =
      looking && OperandLooks.possible(target) ? new OperandLooks(target, sampler, looking) : undefined;
    this.#feed = new BatchFeed(builder, opcodeTable(target.version), {
      nameOf: (thread) => namer.nameOf(thread),
      text: this.#text,
      child,
      listener: this.#looks,
    });
  }

  /**
   * Takes in all that is there now.
   *
   * @param isLast nothing comes after it
   */
  drain(isLast = false): Batch {
    const batch = this.#sampler.drain();
    if (batch.threads.length > 0) this.#namer.renew();
    this.#feed.add(batch);
    this.#text?.readSome();
    if (!batch.gone) this.#looks?.look(isLast);
    return batch;
  }

  /** What it has open, when it is not to be finished; may be called at any time. */
  close(): void {
    this.#text?.close();
  }

  /** Takes in what can only be had at the end, when the sampler has stopped and all is drained. */
  finish(): void {
    this.#feed.updateBytecode(this.#sampler);
    this.#text?.finish();
    for (const row of this.#looks?.rows() ?? []) this.#builder.addOperandTypes(row);
  }
}
