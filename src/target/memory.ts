import { native } from '../native.js';

/** Exactly `length` bytes at `address` of the target, or nothing when any of them cannot be read. */
export type ReadMemory = (address: bigint, length: number) => Uint8Array | undefined;

/** As `Native.readMemory`: bytes read into `into`, fewer than asked at an unmapped page, or minus errno. */
export type RawReadMemory = (pid: number, address: bigint, into: Uint8Array) => number;

/** No caller has a reason to ask for more at once; a length from a hostile target does not become an allocation. */
const largestRead = 64 * 1024 * 1024;

/** Reads the memory of process `pid` through the addon, or through `raw`. */
export function memoryOf(pid: number, raw: RawReadMemory = native().readMemory): ReadMemory {
  return (address, length) => {
    if (address <= 0n || address >> 57n !== 0n || length < 0 || length > largestRead) {
      return undefined;
    }
    const bytes = new Uint8Array(length);
    return raw(pid, address, bytes) === length ? bytes : undefined;
  };
}

/** A pointer, or nothing when it cannot be read. */
export function readPointer(read: ReadMemory, address: bigint): bigint | undefined {
  const bytes = read(address, 8);
  return bytes && viewOf(bytes).getBigUint64(0, true);
}

/** The same bytes, to take numbers from. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
