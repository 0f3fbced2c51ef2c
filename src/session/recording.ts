import type { Batch, NativeSampler } from '../native.js';
import { ProfileBuilder } from '../profile/builder.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { opcodeTable } from '../python/opcodes.js';
import type { Target } from '../target/target.js';
import { BatchFeed } from './batch-feed.js';
import { ProgramText } from './program-text.js';
import { ThreadNamer } from './thread-namer.js';

/** Takes in what a sampler gathers, and makes a profile of it. */
export class Recording {
  readonly #sampler: NativeSampler;
  readonly #namer: ThreadNamer;
  readonly #builder: ProfileBuilder;
  readonly #feed: BatchFeed;
  readonly #text: ProgramText | undefined;

  /** @param withText keeps source text and names, too */
  constructor(target: Target, sampler: NativeSampler, withText = false) {
    const namer = new ThreadNamer(target);
    this.#sampler = sampler;
    this.#namer = namer;
    this.#builder = new ProfileBuilder({ version: target.version });
    this.#text = withText ? new ProgramText(target, this.#builder) : undefined;
    this.#feed = new BatchFeed(
      this.#builder,
      opcodeTable(target.version),
      (thread) => namer.nameOf(thread),
      this.#text,
    );
  }

  /** Takes in all that is there now. */
  drain(): Batch {
    const batch = this.#sampler.drain();
    if (batch.threads.length > 0) this.#namer.renew();
    this.#feed.add(batch);
    this.#text?.readSome();
    return batch;
  }

  /** What it has open, when it is not to be finished; may be called at any time. */
  close(): void {
    this.#text?.close();
  }

  profile(meta: ProfileMeta): Profile {
    this.#feed.updateBytecode(this.#sampler);
    this.#text?.finish();
    return this.#builder.build(meta);
  }
}
