import type { ReadMemory } from '../memory.js';

/**
 * A target's memory for reading many small things in one go: whole pages are fetched once and kept, so that the
 * fields of objects which lie close together cost one call. What is kept gets old: `forget` it between
 * things that need not be of the same instant.
 *
 * Nothing here throws. Every size comes from the target and may be wrong, so each read is bounded, and so is the
 * number of calls in total: past it everything is unreadable.
 */
export class ObjectMemory {
  readonly #read: ReadMemory;
  readonly #pages = new Map<number, Uint8Array | undefined>();
  #callsLeft: number;
  #looksLeft: number;

  /** @param mostCalls calls into the target's memory; looks at what they brought are bounded in proportion */
  constructor(read: ReadMemory, mostCalls = 50_000) {
    this.#read = read;
    this.#callsLeft = mostCalls;
    this.#looksLeft = mostCalls * looksPerCall;
  }

  /** Whether the bound on calls is reached. */
  get exhausted(): boolean {
    return this.#callsLeft <= 0 || this.#looksLeft <= 0;
  }

  /** Exactly `length` bytes, or nothing when any of them cannot be read. At most `largestRead` of them. */
  bytes(address: bigint, length: number): Uint8Array | undefined {
    if (address < BigInt(pageSize) || address > highestAddress || !(length >= 0 && length <= largestRead)) {
      return undefined;
    }
    if (this.#looksLeft-- <= 0) return undefined;
    const offset = Number(address & BigInt(pageSize - 1));
    const first = Number(address >> pageBits);
    if (offset + length <= pageSize) return this.#page(first)?.subarray(offset, offset + length);
    const whole = new Uint8Array(length);
    for (let done = 0, page = first; done < length; page++) {
      const from = page === first ? offset : 0;
      const part = this.#page(page)?.subarray(from, Math.min(pageSize, from + length - done));
      if (part === undefined) return undefined;
      whole.set(part, done);
      done += part.length;
    }
    return whole;
  }

  view(address: bigint, length: number): DataView | undefined {
    const bytes = this.bytes(address, length);
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The pointer at `address`; 0n for NULL. */
  pointer(address: bigint): bigint | undefined {
    return this.view(address, 8)?.getBigUint64(0, true);
  }

  /** Lets go of what was kept, so that everything is read as it is from now on. */
  forget(): void {
    this.#pages.clear();
  }

  /** The pointer that is there now, and not when its page was fetched. */
  pointerNow(address: bigint): bigint | undefined {
    if (address < BigInt(pageSize) || address > highestAddress || this.#callsLeft-- <= 0) return undefined;
    const bytes = this.#read(address, 8);
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  }

  /** `count` pointers in a row. */
  pointers(address: bigint, count: number): readonly bigint[] | undefined {
    const view = this.view(address, count * 8);
    return view && Array.from({ length: count }, (_, index) => view.getBigUint64(index * 8, true));
  }

  int32(address: bigint): number | undefined {
    return this.view(address, 4)?.getInt32(0, true);
  }

  /** A Py_ssize_t. Numbers that a double cannot hold are nonsense, and come out as nothing. */
  size(address: bigint): number | undefined {
    const size = this.view(address, 8)?.getBigInt64(0, true);
    return size !== undefined && BigInt.asIntN(53, size) === size ? Number(size) : undefined;
  }

  /** The C string at `address` in UTF-8; nothing when it does not end within `most` bytes. */
  cString(address: bigint, most = 512): string | undefined {
    for (let length = 64; length <= most; length *= 2) {
      const bytes = this.bytes(address, length) ?? this.#upToPageEnd(address);
      const end = bytes?.indexOf(0) ?? -1;
      if (bytes !== undefined && end >= 0) return Buffer.from(bytes.subarray(0, end)).toString('utf8');
    }
    return undefined;
  }

  #upToPageEnd(address: bigint): Uint8Array | undefined {
    return this.bytes(address, pageSize - Number(address & BigInt(pageSize - 1)));
  }

  #page(number: number): Uint8Array | undefined {
    if (this.#pages.has(number)) return this.#pages.get(number);
    if (this.#callsLeft <= 0) return undefined;
    this.#callsLeft--;
    if (this.#pages.size >= mostPages) this.#pages.clear();
    const page = this.#read(BigInt(number) << pageBits, pageSize);
    this.#pages.set(number, page);
    return page;
  }
}

/** x86-64's; a mapping begins and ends at its multiples, so a page is readable as a whole or not at all. */
const pageSize = 4096;
const pageBits = 12n;
/** A damaged table can make its reader pass over free entries of the same few pages for long. */
const looksPerCall = 30;
/** 16 MiB at most are kept. */
const mostPages = 4096;
/** Five-level paging: 56 bits of user space. */
const highestAddress = (1n << 56n) - 1n;

/** Bytes. Callers cut longer things into pieces, and stop early. */
export const largestRead = 64 * 1024;
