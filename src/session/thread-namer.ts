import type { NativeThread } from '../native.js';
import { threadName } from '../target/process.js';
import type { Target } from '../target/target.js';

/** Names threads as people know them: by Python's name, else by the kernel's. */
export class ThreadNamer {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  nameOf(thread: NativeThread): string {
    return (thread.tid > 0 ? threadName(this.#target.pid, thread.tid) : undefined) ?? '';
  }
}
