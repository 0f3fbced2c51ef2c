import { lineTableRanges } from './linetable/line-ranges.js';
import { lnotabRanges } from './linetable/lnotab.js';
import { type LocationRange, nowhere, type Position } from './linetable/location.js';
import { locationTableRanges } from './linetable/location-table.js';
import type { PythonVersion } from './version.js';

export type { LocationRange, Position } from './linetable/location.js';

/** `start` and `end` are byte offsets in the bytecode, `end` behind the last; `line` is 1-based, 0 for none. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/**
 * The 1-based line of the instruction at a byte offset of its code; 0 when it has none, or when the table is damaged.
 * A negative offset is a frame that has not begun: its line is `firstLine`.
 *
 * @param lineTable co_lnotab (to 3.9) or co_linetable (3.10+)
 * @param firstLine co_firstlineno
 */
export function lineAt(
  version: PythonVersion,
  lineTable: Uint8Array,
  firstLine: number,
  byteOffset: number,
): number {
  return positionAt(version, lineTable, firstLine, byteOffset).line;
}

/**
 * As `lineAt`, with the end of the source text and the columns: 0-based UTF-8 byte offsets in their lines, -1 where
 * the interpreter keeps none (before 3.11, under `-X no_debug_ranges`, for code that it made up).
 */
export function positionAt(
  version: PythonVersion,
  lineTable: Uint8Array,
  firstLine: number,
  byteOffset: number,
): Position {
  if (byteOffset < 0) return { ...nowhere, line: firstLine, endLine: firstLine };
  for (const range of rangesOf(version, lineTable, firstLine)) {
    if (byteOffset < range.end) return withoutRange(range);
  }
  return nowhere;
}

/** Where each stretch of a whole code object comes from, as the table has them; for what `codeLength` is, see `lineRanges`. */
export function positionRanges(
  version: PythonVersion,
  lineTable: Uint8Array,
  firstLine: number,
  codeLength: number,
): readonly LocationRange[] {
  const ranges: LocationRange[] = [];
  for (const range of rangesOf(version, lineTable, firstLine)) {
    if (range.start >= codeLength) break;
    ranges.push(range.end > codeLength ? { ...range, end: codeLength } : range);
  }
  return ranges;
}

/**
 * The lines of a whole code object, in order of their offsets; neighbours of the same line are one. Offsets that the
 * table does not reach are in none of them.
 *
 * @param codeLength length of the bytecode in bytes; nothing is said beyond it
 */
export function lineRanges(
  version: PythonVersion,
  lineTable: Uint8Array,
  firstLine: number,
  codeLength: number,
): readonly LineRange[] {
  const ranges: LineRange[] = [];
  for (const { start, end, line } of positionRanges(version, lineTable, firstLine, codeLength)) {
    const last = ranges.at(-1);
    if (last?.line === line) ranges[ranges.length - 1] = { start: last.start, end, line };
    else ranges.push({ start, end, line });
  }
  return ranges;
}

type Format = (lineTable: Uint8Array, firstLine: number) => Iterable<LocationRange>;

/** By the first minor version that has it, newest first. */
const formats: readonly (readonly [since: number, format: Format])[] = [
  [11, locationTableRanges],
  [10, lineTableRanges],
  [0, lnotabRanges],
];

function rangesOf(version: PythonVersion, lineTable: Uint8Array, firstLine: number): Iterable<LocationRange> {
  const format = formats.find(([since]) => version.minor >= since)?.[1] ?? lnotabRanges;
  return format(lineTable, firstLine);
}

function withoutRange({ line, endLine, column, endColumn }: LocationRange): Position {
  return { line, endLine, column, endColumn };
}
