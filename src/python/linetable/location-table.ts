import { type LocationRange, nowhere, saneLine, wholeLine } from './location.js';

/**
 * co_linetable of 3.11 and later. Each entry begins with a byte that has its top bit set, 4 bits of code and 3 of
 * length (in code units of 2 bytes, less one); no other byte has the top bit set.
 * See Objects/locations.md of CPython 3.11 (InternalDocs/code_objects.md from 3.13 on).
 */
export function* locationTableRanges(table: Uint8Array, firstLine: number): Generator<LocationRange> {
  const reader = new EntryReader(table);
  let start = 0;
  let line = firstLine;
  while (reader.more()) {
    const head = reader.byte();
    const code = (head >> 3) & 15;
    const end = start + ((head & 7) + 1) * 2;
    const range = decode(reader, code, start, end, line);
    line = range.line;
    if (reader.overrun) return;
    yield code === Code.NoLocation ? { start, end, ...nowhere } : sane(range);
    start = end;
  }
}

const Code = { OneLine0: 10, OneLine2: 12, NoColumns: 13, Long: 14, NoLocation: 15 } as const;

/** The entry after its first byte; `line` is the one the entry before ended with, whatever that was. */
function decode(reader: EntryReader, code: number, start: number, end: number, line: number): LocationRange {
  if (code === Code.NoLocation) return { start, end, ...nowhere, line };
  if (code === Code.NoColumns) {
    const here = line + reader.signedVarint();
    return { start, end, line: here, endLine: here, column: -1, endColumn: -1 };
  }
  if (code === Code.Long) {
    const here = line + reader.signedVarint();
    const endLine = here + reader.varint();
    return { start, end, line: here, endLine, column: reader.varint() - 1, endColumn: reader.varint() - 1 };
  }
  if (code >= Code.OneLine0) {
    const here = line + code - Code.OneLine0;
    return { start, end, line: here, endLine: here, column: reader.byte(), endColumn: reader.byte() };
  }
  const packed = reader.byte();
  const column = code * 8 + ((packed >> 4) & 7);
  return { start, end, line, endLine: line, column, endColumn: column + (packed & 15) };
}

/** Line 0 is a line here: a module's RESUME has it, with columns. */
function sane(range: LocationRange): LocationRange {
  if (saneLine(range.line) !== range.line) return wholeLine(range.start, range.end, 0);
  return { ...range, endLine: saneLine(range.endLine) };
}

/** Reads a table from front to back; past its end come zeros, and `overrun` is set. */
class EntryReader {
  readonly #table: Uint8Array;
  #at = 0;
  overrun = false;

  constructor(table: Uint8Array) {
    this.#table = table;
  }

  more(): boolean {
    return this.#at < this.#table.length;
  }

  byte(): number {
    const byte = this.#table[this.#at];
    if (byte === undefined) {
      this.overrun = true;
      return 0;
    }
    this.#at += 1;
    return byte;
  }

  /** 6 bits a byte, the lowest first; bit 6 says that more follow. More than 32 bits saturate: only damage has them. */
  varint(): number {
    let value = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = this.byte();
      value = Math.min(value + (byte & 63) * scale, 2 ** 32);
      scale = Math.min(scale * 64, 2 ** 36);
    } while ((byte & 64) !== 0);
    return value;
  }

  signedVarint(): number {
    const value = this.varint();
    return value % 2 === 1 ? -Math.floor(value / 2) : value / 2;
  }
}
