import type { Range } from './maps.js';
import type { ReadMemory } from './memory.js';

/** The writable part of a program can be as large as it likes; CPython's own is about half a megabyte. */
const mostScanned = 64 << 20;
const pieceSize = 256 << 10;

/**
 * Goes through ranges of the target's memory piece by piece until `use` returns something, which it returns.
 * Each piece repeats the last `overlap` bytes of the one before, rounded up to whole words, so that nothing that long
 * is cut. Pieces that cannot be read are left out, and the search ends after 64 MiB.
 */
export function forEachPiece<T>(
  read: ReadMemory,
  ranges: readonly Range[],
  overlap: number,
  use: (piece: Buffer, address: bigint) => T | undefined,
): T | undefined {
  const before = Math.ceil(overlap / 8) * 8;
  let left = mostScanned;
  for (const { start, end } of ranges) {
    for (let at = start; at < end && left > 0; at += BigInt(pieceSize)) {
      const from = at - BigInt(before) < start ? start : at - BigInt(before);
      const to = at + BigInt(pieceSize) < end ? at + BigInt(pieceSize) : end;
      left -= Number(to - at);
      const bytes = read(from, Number(to - from));
      const found = bytes && use(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), from);
      if (found !== undefined) {
        return found;
      }
    }
  }
  return undefined;
}

/** The address of the first occurrence of `pattern` at a multiple of 8 bytes. */
export function findAligned(read: ReadMemory, ranges: readonly Range[], pattern: Buffer): bigint | undefined {
  return forEachPiece(read, ranges, pattern.length, (piece, address) => {
    for (let at = piece.indexOf(pattern); at >= 0; at = piece.indexOf(pattern, at + 1)) {
      if ((address + BigInt(at)) % 8n === 0n) {
        return address + BigInt(at);
      }
    }
    return undefined;
  });
}

/**
 * Calls `use` with each word in `ranges` that holds a pointer into `into`, in order, with its address and the
 * pointer, until it returns something, which is returned.
 */
export function forEachPointer<T>(
  read: ReadMemory,
  ranges: readonly Range[],
  into: readonly Range[],
  use: (slot: bigint, pointer: bigint) => T | undefined,
): T | undefined {
  const bounds = into.map(({ start, end }) => [Number(start), Number(end)] as const);
  return forEachPiece(read, ranges, 0, (piece, address) => {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = Number(-address & 7n); at + 8 <= piece.length; at += 8) {
      const found = isPointer(view, at, bounds)
        ? use(address + BigInt(at), view.getBigUint64(at, true))
        : undefined;
      if (found !== undefined) {
        return found;
      }
    }
    return undefined;
  });
}

type Bounds = readonly (readonly [start: number, end: number])[];

/** Interpreter states come from malloc or lie in _PyRuntime: multiples of 8. Most words are told by their halves. */
function isPointer(view: DataView, at: number, bounds: Bounds): boolean {
  const [low, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
  return (
    high < 0x1_0000 && (low & 7) === 0 && (high !== 0 || low !== 0) && isWithin(high * 2 ** 32 + low, bounds)
  );
}

/** Bounds are in order and do not overlap. */
function isWithin(pointer: number, bounds: Bounds): boolean {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [start = 0, end = 0] = bounds[middle] ?? [];
    if (pointer < start) {
      high = middle;
    } else if (pointer >= end) {
      low = middle + 1;
    } else {
      return true;
    }
  }
  return false;
}
