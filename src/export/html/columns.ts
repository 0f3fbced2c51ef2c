import type { Doubles, Integers } from './page/data.js';

/** Every machine that heavyops runs on is little-endian. */
export function integers(values: ArrayLike<number>): Integers {
  return base64(Int32Array.from(values));
}

export function doubles(values: ArrayLike<number>): Doubles {
  return base64(Float64Array.from(values));
}

function base64({ buffer, byteOffset, byteLength }: Int32Array | Float64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
