import { pointerAt } from './target-memory.mjs';

/** @typedef {{ readonly start: number, readonly end: number }} MachineFunction */

/** PT_GNU_EH_FRAME and ET_DYN, as in elf.h. */
const unwindSegment = 0x6474e550;
const movable = 3;
/** Version 1; the pointer to `.eh_frame`, the count and the table in the encodings that linkers use on x86-64. */
const usualEncoding = 0x3b031b01;

/**
 * The functions of a loaded file by its unwind tables, which it has even when it is stripped (Linux Standard Base,
 * "Exception Frames"): the search table in `.eh_frame_hdr` is sorted by start.
 */
export class FunctionTable {
  #memory;
  #table;

  /** @param {import('./target-memory.mjs').TargetMemory} memory @param {number} base where the file is loaded */
  constructor(memory, base) {
    this.#memory = memory;
    this.#table = searchTable(memory, base);
  }

  /** The function that an address is in. @param {number} wanted @returns {MachineFunction | undefined} */
  at(wanted) {
    const { address, bytes, count } = this.#table;
    /** @param {number} index */
    const startOf = (index) => address + bytes.readInt32LE(12 + index * 8);
    if (count === 0 || wanted < startOf(0)) return undefined;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (startOf(middle) <= wanted) low = middle;
      else high = middle - 1;
    }
    const start = startOf(low);
    // An entry of .eh_frame: its length, its CIE, then the function's start and size, 4 bytes each.
    const entry = address + bytes.readInt32LE(16 + low * 8);
    const end = start + this.#memory.read(entry, 16).readUInt32LE(12);
    return wanted < end ? { start, end } : undefined;
  }
}

/** @param {import('./target-memory.mjs').TargetMemory} memory @param {number} base */
function searchTable(memory, base) {
  const header = memory.read(base, 64);
  const moved = header.readUInt16LE(16) === movable ? base : 0;
  const count = header.readUInt16LE(56);
  const segments = memory.read(base + pointerAt(header, 32), count * 56);
  const segment = Array.from({ length: count }, (_, index) => index * 56).find(
    (offset) => segments.readUInt32LE(offset) === unwindSegment,
  );
  if (segment === undefined) throw new Error('the file has no .eh_frame_hdr');
  const address = moved + pointerAt(segments, segment + 16);
  const bytes = memory.read(address, pointerAt(segments, segment + 40));
  if (bytes.readUInt32LE(0) !== usualEncoding) throw new Error('.eh_frame_hdr is encoded in an unusual way');
  return { address, bytes, count: bytes.readUInt32LE(8) };
}
