import type { ObjectFields } from './object-fields.js';
import type { ObjectMemory } from './object-memory.js';

/** The beginning of a str or bytes object, and how long it is as a whole (in code points, or bytes). */
export interface Beginning<T> {
  readonly start: T;
  readonly length: number;
}

/**
 * At most `most` code points of a str object. Its type is the caller's to check. Nothing when it cannot be read
 * or makes no sense.
 */
export function readText(
  memory: ObjectMemory,
  { text: fields }: ObjectFields,
  address: bigint,
  most: number,
): Beginning<string> | undefined {
  const length = memory.size(address + BigInt(fields.length));
  const state = memory.view(address + BigInt(fields.state), 4)?.getUint32(0, true);
  if (length === undefined || length < 0 || state === undefined) return undefined;
  const bits = state >>> kindShift;
  const kind = bits & 7;
  const compact = (bits & 8) !== 0;
  const ascii = (bits & 16) !== 0;
  if (kind === 0) return wideText(memory, fields, address, most);
  if (kind !== 1 && kind !== 2 && kind !== 4) return undefined;
  const start = compact
    ? address + BigInt(ascii ? fields.asciiStart : fields.compactStart)
    : memory.pointer(address + BigInt(fields.pointer));
  return start === undefined ? undefined : textAt(memory, start, kind, length, most);
}

/** `interned` precedes `kind`, with 2 bits (cpython/unicodeobject.h). */
const kindShift = 2;

/** To 3.11: characters are still wchar_t, 4 bytes each on Linux. */
function wideText(
  memory: ObjectMemory,
  fields: ObjectFields['text'],
  address: bigint,
  most: number,
): Beginning<string> | undefined {
  if (fields.wide < 0) return undefined;
  const start = memory.pointer(address + BigInt(fields.wide));
  const length = memory.size(address + BigInt(fields.wideLength));
  if (start === undefined || length === undefined || length < 0) return undefined;
  return textAt(memory, start, 4, length, most);
}

function textAt(
  memory: ObjectMemory,
  start: bigint,
  kind: 1 | 2 | 4,
  length: number,
  most: number,
): Beginning<string> | undefined {
  const count = Math.min(length, most);
  const view = memory.view(start, count * kind);
  if (view === undefined) return undefined;
  let text = '';
  for (let index = 0; index < count; index++) {
    const point = characterAt(view, index, kind);
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return { start: text, length };
}

function characterAt(view: DataView, index: number, kind: 1 | 2 | 4): number {
  if (kind === 1) return view.getUint8(index);
  return kind === 2 ? view.getUint16(index * 2, true) : view.getUint32(index * 4, true);
}

/** At most `most` bytes of a bytes object. */
export function readBytes(
  memory: ObjectMemory,
  fields: ObjectFields,
  address: bigint,
  most: number,
): Beginning<Uint8Array> | undefined {
  const length = memory.size(address + BigInt(fields.varSize));
  return sized(memory, address + BigInt(fields.bytesStart), length, most);
}

/** At most `most` bytes of a bytearray. */
export function readByteArray(
  memory: ObjectMemory,
  fields: ObjectFields,
  address: bigint,
  most: number,
): Beginning<Uint8Array> | undefined {
  const length = memory.size(address + BigInt(fields.varSize));
  const start = memory.pointer(address + BigInt(fields.byteArrayStart));
  return start === undefined ? undefined : sized(memory, start, length, most);
}

function sized(memory: ObjectMemory, start: bigint, length: number | undefined, most: number) {
  if (length === undefined || length < 0) return undefined;
  const bytes = length === 0 ? new Uint8Array() : memory.bytes(start, Math.min(length, most));
  return bytes && { start: bytes, length };
}

/** An int, or how many bits it has when these are more than `most` digits of 30 bits. */
export function readInteger(
  memory: ObjectMemory,
  { integer: fields }: ObjectFields,
  address: bigint,
  most = 600,
): { readonly value: bigint } | { readonly bits: number } | undefined {
  const head = memory.size(address + BigInt(fields.head));
  if (head === undefined) return undefined;
  const negative = fields.signInTag ? (head & 3) === 2 : head < 0;
  const count = fields.signInTag ? Math.floor(head / 8) : Math.abs(head);
  if (count < 0) return undefined;
  if (count > most) return { bits: count * 30 };
  const digits = memory.view(address + BigInt(fields.digits), count * 4);
  if (digits === undefined) return undefined;
  let value = 0n;
  for (let index = count - 1; index >= 0; index--) {
    value = (value << 30n) | BigInt(digits.getUint32(index * 4, true) & 0x3fff_ffff);
  }
  return { value: negative ? -value : value };
}

export function readFloat(memory: ObjectMemory, fields: ObjectFields, address: bigint): number | undefined {
  return memory.view(address + BigInt(fields.floatValue), 8)?.getFloat64(0, true);
}

export function readComplex(
  memory: ObjectMemory,
  fields: ObjectFields,
  address: bigint,
): { readonly real: number; readonly imaginary: number } | undefined {
  const view = memory.view(address + BigInt(fields.complexValue), 16);
  return view && { real: view.getFloat64(0, true), imaginary: view.getFloat64(8, true) };
}
