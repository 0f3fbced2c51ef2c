import type { NativeCode } from '../native.js';
import { frameLocals, type Local } from '../target/objects/frame-locals.js';
import { ObjectReader } from '../target/objects/object-reader.js';
import type { ReprLimits } from '../target/objects/repr-limits.js';
import type { Target } from '../target/target.js';

/** Pages read for all locals together. */
const mostReads = 200_000;
/** Characters of all locals together. */
const mostText = 4_000_000;

/** Reads the local variables of one dump's frames, within bounds for all of them together. */
export class DumpLocals {
  readonly #target: Target;
  readonly #limits: Partial<ReprLimits>;
  readonly #reader: ObjectReader;
  #textLeft = mostText;

  constructor(target: Target, limits: Partial<ReprLimits>) {
    this.#target = target;
    this.#limits = limits;
    this.#reader = new ObjectReader(target, mostReads);
  }

  /** Those of the frame at `address` that runs `code`; nothing when it has gone on, or a bound is reached. */
  of(address: bigint, code: NativeCode): readonly Local[] | undefined {
    if (this.#textLeft <= 0 || this.#reader.memory.exhausted) return undefined;
    const locals = frameLocals(this.#reader, this.#target.layout, address, code.address, this.#limits);
    for (const { name, value } of locals ?? []) this.#textLeft -= name.length + value.length;
    return locals;
  }
}
