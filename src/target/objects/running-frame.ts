import type { Layout } from '../../python/layout.js';
import { type ReadMemory, readPointer, viewOf } from '../memory.js';

/** A frame of a thread (3.11+), as one read found it. */
export interface RunningFrame {
  readonly address: bigint;
  /** Addresses of its code object, of the instruction that it is at, and of its globals. */
  readonly code: bigint;
  readonly instruction: bigint;
  readonly globals: bigint;
  /** What stands in a slot of it: a reference with its tag bits (3.14+); 0n where it is empty, or was not read. */
  held(slot: number): bigint;
}

/** Reads frames of threads that run on meanwhile: what comes is to be compared with a later read. 3.11 and later. */
export class FrameReader {
  readonly #read: ReadMemory;
  readonly #thread: number;
  /** 3.11 and 3.12: the pointer is in a struct on the C stack that this one leads to; -1 later. */
  readonly #behind: number;
  readonly #code: number;
  readonly #instruction: number;
  readonly #previous: number;
  readonly #globals: number;
  readonly #slots: number;
  readonly #tagBits: bigint;

  constructor(read: ReadMemory, { field, minor }: Layout) {
    const frame = (name: string) => field('_PyInterpreterFrame', name);
    this.#read = read;
    this.#thread = field('PyThreadState', minor <= 12 ? 'cframe' : 'current_frame');
    this.#behind = minor <= 12 ? field('_PyCFrame', 'current_frame') : -1;
    this.#code = Math.max(frame('f_executable'), frame('f_code'));
    this.#instruction = Math.max(frame('instr_ptr'), frame('prev_instr'));
    this.#previous = frame('previous');
    // f_globals, f_builtins, f_locals follow each other (internal/pycore_frame.h, 3.11 to 3.15).
    this.#globals = frame('f_locals') - 16;
    this.#slots = frame('localsplus');
    // Py_TAG_BITS of internal/pycore_stackref.h.
    this.#tagBits = minor >= 14 ? 3n : 0n;
  }

  /** The thread's frames, the one on top first, at most `most`, with `slots` places of each. */
  frames(thread: bigint, slots: number, most: number): readonly RunningFrame[] {
    const found: RunningFrame[] = [];
    let address = this.top(thread) ?? 0n;
    while (address !== 0n && found.length < most) {
      const bytes = this.#read(address, this.#slots + 8 * slots) ?? this.#read(address, this.#slots);
      if (bytes === undefined) break;
      const view = viewOf(bytes);
      found.push(this.#frame(address, view));
      address = view.getBigUint64(this.#previous, true);
    }
    return found;
  }

  /** The address of the frame on top. */
  top(thread: bigint): bigint | undefined {
    const pointer = readPointer(this.#read, thread + BigInt(this.#thread));
    if (this.#behind < 0 || pointer === undefined) return pointer;
    return readPointer(this.#read, pointer + BigInt(this.#behind));
  }

  /** The object that a slot refers to; 0n for none, and for a number that is held without an object (Py_INT_TAG). */
  object(held: bigint): bigint {
    if (this.#tagBits !== 0n && (held & this.#tagBits) === this.#tagBits) return 0n;
    return held & ~this.#tagBits;
  }

  #frame(address: bigint, view: DataView): RunningFrame {
    const slots = this.#slots;
    return {
      address,
      code: view.getBigUint64(this.#code, true) & ~this.#tagBits,
      instruction: view.getBigUint64(this.#instruction, true),
      globals: view.getBigUint64(this.#globals, true),
      held: (slot) => {
        const at = slots + 8 * slot;
        return at + 8 <= view.byteLength ? view.getBigUint64(at, true) : 0n;
      },
    };
  }
}

/** Whether two reads found the same frame at the same instruction, with the same in these slots. */
export function isSameFrame(
  then: RunningFrame | undefined,
  now: RunningFrame | undefined,
  slots: readonly number[],
): boolean {
  return (
    then !== undefined &&
    now !== undefined &&
    then.address === now.address &&
    then.code === now.code &&
    then.instruction === now.instruction &&
    slots.every((slot) => then.held(slot) === now.held(slot))
  );
}
