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

  /** New threads have begun: they can have the idents of threads that have ended. */
  renew(): void {
    this.#names = new Map();
  }

  /** Asked for at a thread's first sample: Python's list is read again when it has no name for it yet. */
  nameOf({ ident, tid }: NativeThread): string {
    // The sampler keeps a bounded number of rows; what comes after that shares the last one.
    if (ident === 0n) return 'other threads';
    if (!this.#names.has(ident)) this.#names = threadNames(this.#target);
    const name = this.#names.get(ident);
    const { pid } = this.#target;
    if (tid === pid) return name ?? 'MainThread';
    // Of a thread that has ended since, that is the name of another one which has got its ident.
    const kernels = tid === 0 ? '' : threadName(pid, tid);
    return kernels === undefined ? '' : (name ?? kernels);
  }
}
