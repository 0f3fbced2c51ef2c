import { type LocationRange, signed, wholeLine } from './location.js';

const noLine = -128;

/**
 * co_linetable of 3.10: pairs of an unsigned length in bytes and a signed step in lines, which applies to that
 * length itself; -128 for code without a line. See Objects/lnotab_notes.txt of CPython 3.10.
 */
export function* lineTableRanges(table: Uint8Array, firstLine: number): Generator<LocationRange> {
  let start = 0;
  let line = firstLine;
  for (let at = 0; at + 1 < table.length; at += 2) {
    const end = start + (table[at] ?? 0);
    const step = signed(table[at + 1] ?? 0);
    if (step !== noLine) line += step;
    if (end > start) yield wholeLine(start, end, step === noLine ? 0 : line);
    start = end;
  }
}
