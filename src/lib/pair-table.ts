/**
 * Pairs of 32-bit integers, each stored once; the row of a pair is its id. This is a table of two columns
 * and its index in one: an open-addressing hash table of row numbers beside the columns, with no object and
 * no string per entry, since every stack of every sample passes through it.
 */
export class PairTable {
  #first = new Int32Array(256);
  #second = new Int32Array(256);
  /** Row + 1 of the pair that hashes here, 0 where free; always at least twice as long as there are rows. */
  #slots = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Row of the pair, added when it is new. */
  add(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) {
      return found - 1;
    }
    this.#append(first, second);
    this.#slots[slot] = this.#length;
    if (this.#length * 2 > this.#slots.length) {
      this.#rehash();
    }
    return this.#length - 1;
  }

  /** Row of the pair, or -1. */
  find(first: number, second: number): number {
    return (this.#slots[this.#slotOf(first, second)] ?? 0) - 1;
  }

  first(row: number): number {
    return this.#first[row] ?? -1;
  }

  second(row: number): number {
    return this.#second[row] ?? -1;
  }

  /** Copies of the columns as they are now. */
  columns(): { readonly first: Int32Array; readonly second: Int32Array } {
    return { first: this.#first.slice(0, this.#length), second: this.#second.slice(0, this.#length) };
  }

  /** The slot that holds the pair, else the free one where it belongs. */
  #slotOf(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashPair(first, second) & mask;
    for (;;) {
      const row = (slots[slot] as number) - 1;
      if (row < 0 || (this.#first[row] === first && this.#second[row] === second)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  #append(first: number, second: number): void {
    if (this.#length === this.#first.length) {
      this.#first = grown(this.#first);
      this.#second = grown(this.#second);
    }
    this.#first[this.#length] = first;
    this.#second[this.#length] = second;
    this.#length++;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let row = 0; row < this.#length; row++) {
      this.#slots[this.#slotOf(this.#first[row] as number, this.#second[row] as number)] = row + 1;
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

function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(column.length * 2);
  longer.set(column);
  return longer;
}
