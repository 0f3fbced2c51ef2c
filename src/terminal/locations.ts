import { displayWidth, keepStart, pad } from '../lib/display-width.js';
import { printable } from '../lib/printable.js';
import { grouped } from '../lib/quantities.js';
import type { LocationRow, Totals } from '../profile/totals.js';
import { placeText } from './place.js';
import { inked } from './style.js';
import { countWidth, leftOut, nearNote, opcodeText, type TableStyle } from './table.js';

/** Table of the hot instructions: `COUNT | file:line function OPCODE`, a row for each place in the code. */
export function locationsText(totals: Totals, style: TableStyle): string {
  const rows = totals.locations;
  if (rows.length === 0) {
    return '';
  }
  const counts = countWidth(rows.slice(0, style.rows));
  const header = `${pad('COUNT', counts, 'right')} | LOCATION`;
  return [
    `${inked(header, 'bold', style.colour)}\n`,
    ...rows.slice(0, style.rows).map((row) => line(row, counts, style)),
    leftOut(rows, style),
    nearNote(rows, style),
  ].join('');
}

function line(row: LocationRow, counts: number, style: TableStyle): string {
  const count = `${pad(grouped(row.count), counts, 'right')} | `;
  const room = Math.max(16, style.columns - displayWidth(count));
  const opcode = keepStart(printable(opcodeText(row)), room);
  const where = room - displayWidth(opcode) - 1;
  if (where < 12) {
    return `${count}${inked(opcode, 'yellow', style.colour)}\n`;
  }
  return `${count}${placeText(row, where, style.colour)} ${inked(opcode, 'yellow', style.colour)}\n`;
}
