import type { Batch, NativeSampler } from '../native.js';
import { ProfileBuilder } from '../profile/builder.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { opcodeTable } from '../python/opcodes.js';
import type { Target } from '../target/target.js';
import { BatchFeed } from './batch-feed.js';
import { ThreadNamer } from './thread-namer.js';

/** Takes in what a sampler gathers, and makes a profile of it. */
export class Recording {
  readonly #sampler: NativeSampler;
  readonly #namer: ThreadNamer;
  readonly #builder: ProfileBuilder;
  readonly #feed: BatchFeed;

  constructor(target: Target, sampler: NativeSampler) {
    const namer = new ThreadNamer(target);
    this.#sampler = sampler;
    this.#namer = namer;
    this.#builder = new ProfileBuilder({ version: target.version });
    this.#feed = new BatchFeed(this.#builder, opcodeTable(target.version), (thread) => namer.nameOf(thread));
  }

  /** Takes in all that is there now. */
  drain(): Batch {
    const batch = this.#sampler.drain();
    if (batch.threads.length > 0) this.#namer.renew();
    this.#feed.add(batch);
    return batch;
  }

  profile(meta: ProfileMeta): Profile {
    this.#feed.updateBytecode(this.#sampler);
    return this.#builder.build(meta);
  }
}
