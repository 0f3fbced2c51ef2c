import { displayWidth, keepStart, pad } from '../lib/display-width.js';
import { duration, percent } from '../lib/quantities.js';
import type { ProfileMeta } from '../profile/profile.js';
import { type WaitRow, type WaitTotals, waitsText } from '../profile/waits.js';
import { placeText } from './place.js';
import { inked } from './style.js';
import { leftOutTimes, noteLine, type TableStyle } from './table.js';

/** Table of where threads wait: how long, share of all waits, what for, and the place where they left off. */
export function waitsTable(totals: WaitTotals, meta: ProfileMeta, style: TableStyle): string {
  const { rows, weight } = totals;
  if (rows.length === 0) {
    return `No ${waitsText(meta)}.\n`;
  }
  const shown = rows.slice(0, style.rows);
  const times = widest('WAITED', shown, timeOf);
  const kinds = widest('FOR', shown, ({ kind }) => kind);
  const beside = times + kinds + 4;
  const shares = style.columns - beside < leastPlace + shareWidth ? 0 : shareWidth;
  const columns = (time: string, share: string, kind: string) =>
    `${pad(time, times, 'right')}${shares > 0 ? pad(share, shares, 'right') : ''}  ${kind}  `;
  const room = style.columns - beside - shares;
  const lines = shown.map((row) => {
    const kind = inked(pad(row.kind, kinds), 'yellow', style.colour);
    const place = placeText(row, room, style.colour);
    return `${columns(timeOf(row), percent(row.share), kind)}${place}\n`;
  });
  const header = keepStart(`${columns('WAITED', 'SHARE', pad('FOR', kinds))}LOCATION`, style.columns);
  return [
    `${inked(header, 'bold', style.colour)}\n`,
    ...lines,
    leftOutTimes(rows, style),
    noteLine(`All threads together: ${duration(weight)} of ${waitsText(meta)}`, style),
  ].join('');
}

/** Columns of the shares, and of the narrowest places beside which they are still shown. */
const shareWidth = 9;
const leastPlace = 16;

function timeOf({ weight }: WaitRow): string {
  return duration(weight);
}

function widest(heading: string, rows: readonly WaitRow[], text: (row: WaitRow) => string): number {
  return rows.reduce((width, row) => Math.max(width, displayWidth(text(row))), heading.length);
}
