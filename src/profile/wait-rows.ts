import { PairTable } from '../lib/pair-table.js';
import { SampleFlag, type WaitTable, waitShift } from './profile.js';

/** Counts waits: see `WaitTable`. */
export class WaitRows {
  /** (stack, flags) */
  readonly #rows = new PairTable();
  readonly #count: number[] = [];
  readonly #longest: number[] = [];

  get length(): number {
    return this.#rows.length;
  }

  /** @param length nanoseconds */
  add(stack: number, flags: number, length: number): void {
    const row = this.#rows.add(stack, flags & kept);
    this.#count[row] = (this.#count[row] ?? 0) + 1;
    this.#longest[row] = Math.max(this.#longest[row] ?? 0, length);
  }

  /** Copies of the columns as they are now. */
  table(): WaitTable {
    const { first, second } = this.#rows.columns();
    return {
      length: this.length,
      stack: Uint32Array.from(first),
      flags: Uint8Array.from(second),
      count: Uint32Array.from(this.#count),
      longest: Float64Array.from(this.#longest),
    };
  }
}

const kept = (7 << waitShift) | SampleFlag.Gil;
