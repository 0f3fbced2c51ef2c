import { keepStart } from '../lib/display-width.js';
import { counted, duration, grouped } from '../lib/quantities.js';
import { inked, type TerminalStyle } from './style.js';

export interface TableStyle extends TerminalStyle {
  /** Rows shown at most. */
  readonly rows: number;
}

/** The line under a table that says what it does not show; '' when it shows everything. */
export function leftOut(rows: readonly { readonly count: number }[], style: TableStyle): string {
  return leftOutRows(rows, style, (rest) => counted(sum(rest.map(({ count }) => count)), 'sample'));
}

/** The same of rows that are lengths of time. */
export function leftOutTimes(rows: readonly { readonly weight: number }[], style: TableStyle): string {
  return leftOutRows(rows, style, (rest) => duration(sum(rest.map(({ weight }) => weight))));
}

function leftOutRows<Row>(
  rows: readonly Row[],
  style: TableStyle,
  amount: (rest: readonly Row[]) => string,
): string {
  const rest = rows.slice(style.rows);
  if (rest.length === 0) {
    return '';
  }
  return noteLine(`… and ${counted(rest.length, 'more row')} (${amount(rest)})`, style);
}

function sum(values: readonly number[]): number {
  return values.reduce((whole, value) => whole + value, 0);
}

/** Width that a column of counts needs, its heading included. */
export function countWidth(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((width, row) => Math.max(width, grouped(row.count).length), 'COUNT'.length);
}

/** Names an instruction that is only near, as a JIT executor ran it, apart from those that are exact. */
export function opcodeText(row: { readonly name: string; readonly near: number }): string {
  return row.near > 0 ? `${row.name}~` : row.name;
}

/** Explains the mark of `opcodeText` where one was shown. */
export function nearNote(rows: readonly { readonly near: number }[], style: TableStyle): string {
  const marked = rows.slice(0, style.rows).some((row) => row.near > 0);
  const text = '~ in code that the JIT compiled: the instruction is near, not exact';
  return marked ? noteLine(text, style) : '';
}

/** A remark under a table, in one line. */
export function noteLine(text: string, style: TerminalStyle): string {
  return `${inked(keepStart(text, style.columns), 'dim', style.colour)}\n`;
}
