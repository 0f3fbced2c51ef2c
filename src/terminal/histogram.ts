import { displayWidth, keepStart, pad } from '../lib/display-width.js';
import { printable } from '../lib/printable.js';
import { counted, grouped, percent } from '../lib/quantities.js';
import type { OpcodeRow, Totals } from '../profile/totals.js';
import { inked } from './style.js';
import { countWidth, leftOut, nearNote, noteLine, opcodeText, type TableStyle } from './table.js';

/** Table of the hot opcodes: samples, share of the time, instruction as it runs, instruction as compiled. */
export function histogramText(totals: Totals, style: TableStyle): string {
  const rows = totals.opcodes;
  const shown = rows.slice(0, style.rows);
  if (rows.length === 0) {
    return `No samples of instructions${unknownText(totals)}.\n`;
  }
  const counts = countWidth(shown);
  const names = shown.reduce((width, row) => Math.max(width, displayWidth(opcodeText(row))), 'OPCODE'.length);
  const header = `${pad('COUNT', counts, 'right')}  ${pad('SHARE', 7, 'right')}  ${pad('OPCODE', names)}  BASE`;
  const lines = shown.map((row) => line(row, counts, names, style));
  const unknown = totals.unknown.count > 0 ? noteLine(`Not in the table${unknownText(totals)}.`, style) : '';
  return [
    `${inked(keepStart(header, style.columns), 'bold', style.colour)}\n`,
    ...lines,
    leftOut(rows, style),
    nearNote(rows, style),
    unknown,
  ].join('');
}

function line(row: OpcodeRow, counts: number, names: number, style: TableStyle): string {
  const numbers = `${pad(grouped(row.count), counts, 'right')}  ${pad(percent(row.share), 7, 'right')}`;
  const name = printable(opcodeText(row));
  const room = Math.max(8, style.columns - displayWidth(numbers) - 2);
  const base = keepStart(printable(row.base), Math.max(0, room - names - 2));
  const specialised = row.name === row.base ? name : inked(name, 'yellow', style.colour);
  const spaces = ' '.repeat(Math.max(0, names - displayWidth(name)));
  return room < names + 6
    ? `${numbers}  ${keepStart(name, room)}\n`
    : `${numbers}  ${specialised}${spaces}  ${base}\n`;
}

function unknownText({ unknown }: Totals): string {
  return unknown.count > 0 ? `: ${counted(unknown.count, 'sample')} whose instruction is not known` : '';
}
