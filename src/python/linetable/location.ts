/**
 * Where one stretch of bytecode comes from. `start` and `end` are byte offsets, `end` behind the last.
 * Lines are 1-based, 0 for none; columns are 0-based UTF-8 byte offsets in their line, -1 for none.
 */
export interface LocationRange extends Position {
  readonly start: number;
  readonly end: number;
}

export interface Position {
  readonly line: number;
  readonly endLine: number;
  readonly column: number;
  readonly endColumn: number;
}

export const nowhere: Position = { line: 0, endLine: 0, column: -1, endColumn: -1 };

/** A range of which the format keeps the line alone. */
export function wholeLine(start: number, end: number, line: number): LocationRange {
  const sane = saneLine(line);
  return { start, end, line: sane, endLine: sane, column: -1, endColumn: -1 };
}

/** A line as CPython's `int` can hold it; 0 for what only a damaged table says. */
export function saneLine(line: number): number {
  return line > 0 && line <= 0x7fffffff ? line : 0;
}

/** The byte as a signed one. */
export function signed(byte: number): number {
  return (byte << 24) >> 24;
}
