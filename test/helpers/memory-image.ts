import type { ReadMemory } from '../../src/target/memory.js';
import { randomFrom } from './random.js';

/** Pages of a target's memory by their address. */
export type MemoryImage = ReadonlyMap<bigint, Uint8Array>;

/** Reads as `read` does, and keeps the whole pages that it has read. */
export function recordPages(read: ReadMemory): { readonly image: MemoryImage; readonly read: ReadMemory } {
  const image = new Map<bigint, Uint8Array>();
  return {
    image,
    read: (address, length) => {
      const bytes = read(address, length);
      if (bytes !== undefined && length === pageSize && address % BigInt(pageSize) === 0n)
        image.set(address, bytes);
      return bytes;
    },
  };
}

/** Reads what lies within one page of an image. */
export function readerOf(image: MemoryImage): ReadMemory {
  return (address, length) => {
    const offset = Number(address % BigInt(pageSize));
    const page = image.get(address - BigInt(offset));
    return page !== undefined && offset + length <= pageSize
      ? page.slice(offset, offset + length)
      : undefined;
  };
}

const pageSize = 4096;

/**
 * A copy of an image with damage that depends on `seed` alone: single bytes, words that point elsewhere into the
 * image (so that structures of one kind are taken for another, and form loops), huge and negative numbers, and
 * pages that are gone.
 */
export function vandalise(image: MemoryImage, seed: number): MemoryImage {
  const random = randomFrom(seed);
  const copy = new Map([...image].map(([address, page]) => [address, page.slice()]));
  const addresses = [...copy.keys()];
  const below = (bound: number) => Math.floor(random() * bound);
  const pick = () => addresses[below(addresses.length)] ?? 0n;
  const damage = 2 ** (4 + below(9));
  for (let count = 0; count < damage; count++) {
    const page = copy.get(pick());
    if (page === undefined) continue;
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    const word = below(page.length / 8) * 8;
    switch (below(4)) {
      case 0:
        page[below(page.length)] = below(256);
        break;
      case 1:
        view.setBigUint64(word, view.getBigUint64(word, true) ^ (1n << BigInt(below(64))), true);
        break;
      case 2:
        view.setBigUint64(word, pick() + BigInt(below(page.length / 8) * 8), true);
        break;
      default:
        view.setBigUint64(word, [0n, (1n << 63n) - 1n, (1n << 64n) - 1n, 1n << 40n][below(4)] ?? 0n, true);
    }
  }
  if (below(2) === 0) copy.delete(pick());
  return copy;
}
