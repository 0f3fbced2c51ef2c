import type { NativeThread } from '../native.js';
import { threadNames } from '../target/objects/thread-names.js';
import { threadName } from '../target/process.js';
import type { Target } from '../target/target.js';

/** Names threads as people know them: by Python's name, else by the kernel's. */
export class ThreadNamer {
  readonly #target: Target;
  #names: ReadonlyMap<bigint, string> = new Map();

  constructor(target: Target) {
    this.#target = target;
  }

  /** Asked for at a thread's first sample: Python's list is read again when it has no name for it yet. */
  nameOf({ ident, tid }: NativeThread): string {
    // The sampler keeps a bounded number of rows; what comes after that shares the last one.
    if (ident === 0n) return 'other threads';
    if (!this.#names.has(ident)) this.#names = threadNames(this.#target);
    const { pid } = this.#target;
    return this.#names.get(ident) ?? (tid === pid ? 'MainThread' : (threadName(pid, tid) ?? ''));
  }
}
