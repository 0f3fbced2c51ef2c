import { Int32Column } from './int32-column.js';

/**
 * Pairs of 32-bit integers, each stored once; the row of a pair is its id. This is a table of two columns
 * and its index in one: an open-addressing hash table of row numbers beside the columns, with no object and
 * no string per entry, since every stack of every sample passes through it.
 */
export class PairTable {
  readonly #first = new Int32Column();
  readonly #second = new Int32Column();
  /** Row + 1 of the pair that hashes here, 0 where free; at least a third of them are. */
  #slots = new Int32Array(1024);

  get length(): number {
    return this.#first.length;
  }

  /** Row of the pair, added when it is new. */
  add(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) {
      return found - 1;
    }
    this.#first.push(first);
    this.#second.push(second);
    this.#slots[slot] = this.length;
    if (this.length * 3 > this.#slots.length * 2) {
      this.#rehash();
    }
    return this.length - 1;
  }

  /** Row of the pair, or -1. */
  find(first: number, second: number): number {
    return (this.#slots[this.#slotOf(first, second)] ?? 0) - 1;
  }

  first(row: number): number {
    return this.#first.at(row) ?? -1;
  }

  second(row: number): number {
    return this.#second.at(row) ?? -1;
  }

  /** Copies of the columns as they are now. */
  columns(): { readonly first: Int32Array; readonly second: Int32Array } {
    return { first: this.#first.copy(), second: this.#second.copy() };
  }

  /** The slot that holds the pair, else the free one where it belongs. */
  #slotOf(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashPair(first, second) & mask;
    for (;;) {
      const row = (slots[slot] as number) - 1;
      if (row < 0 || (this.#first.at(row) === first && this.#second.at(row) === second)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let row = 0; row < this.length; row++) {
      this.#slots[this.#slotOf(this.first(row), this.second(row))] = row + 1;
    }
  }
}

/** A well-mixed unsigned 32-bit hash of two integers (the finaliser of MurmurHash3). */
export function hashPair(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
