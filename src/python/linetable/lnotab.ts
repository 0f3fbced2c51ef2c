import { type LocationRange, signed, wholeLine } from './location.js';

/**
 * co_lnotab, to 3.9: pairs of an unsigned step in bytecode and a signed step in lines (signed since 3.6). An entry
 * says where the line changes, so the last line goes on to the end of the code, wherever that is.
 * See Objects/lnotab_notes.txt of CPython 3.9.
 */
export function* lnotabRanges(table: Uint8Array, firstLine: number): Generator<LocationRange> {
  let start = 0;
  let line = firstLine;
  for (let at = 0; at + 1 < table.length; at += 2) {
    const end = start + (table[at] ?? 0);
    if (end > start) yield wholeLine(start, end, line);
    start = end;
    line += signed(table[at + 1] ?? 0);
  }
  yield wholeLine(start, Number.POSITIVE_INFINITY, line);
}
