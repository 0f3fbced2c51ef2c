import { displayWidth, keepStart, pad } from '../lib/display-width.js';
import { duration, grouped, percent } from '../lib/quantities.js';
import type { ProfileMeta } from '../profile/profile.js';
import { type WaitRow, type WaitTotals, waitsText } from '../profile/waits.js';
import { placeText } from './place.js';
import { inked } from './style.js';
import { leftOutTimes, noteLine, type TableStyle } from './table.js';

/**
 * Table of where threads wait: how long, share of all waits, how many they were and how long the longest if that is known,
 * what for, and the place where they left off.
 */
export function waitsTable(totals: WaitTotals, meta: ProfileMeta, style: TableStyle): string {
  const { rows, weight } = totals;
  if (rows.length === 0) {
    return `No ${waitsText(meta)}.\n`;
  }
  const shown = rows.slice(0, style.rows);
  const columns = fitting(columnsOf(shown), style.columns);
  const room = style.columns - widthOf(columns);
  const beside = (cell: (column: Column) => string) =>
    columns.map((column) => `${pad(cell(column), column.width, column.align)}  `);
  const lines = shown.map((row) => {
    const cells = beside(({ text }) => text(row));
    const kind = inked(cells.pop() ?? '', 'yellow', style.colour);
    return `${cells.join('')}${kind}${placeText(row, room, style.colour)}\n`;
  });
  const header = keepStart(`${beside(({ heading }) => heading).join('')}LOCATION`, style.columns);
  return [
    `${inked(header, 'bold', style.colour)}\n`,
    ...lines,
    leftOutTimes(rows, style),
    noteLine(`All threads together: ${duration(weight)} of ${waitsText(meta)}`, style),
  ].join('');
}

interface Column {
  readonly heading: string;
  readonly text: (row: WaitRow) => string;
  readonly align?: 'right';
  readonly width: number;
  /** The higher, the sooner it is left out on a narrow terminal; 0: never. */
  readonly spare: number;
}

/** The kind is the last. */
function columnsOf(rows: readonly WaitRow[]): readonly Column[] {
  const counted = rows.some(({ waits }) => waits !== undefined);
  const all: readonly Omit<Column, 'width'>[] = [
    { heading: 'WAITED', text: ({ weight }) => duration(weight), align: 'right', spare: 0 },
    { heading: 'SHARE', text: ({ share }) => percent(share), align: 'right', spare: 1 },
    ...(counted ? ofEach : []),
    { heading: 'FOR', text: ({ kind }) => kind, spare: 0 },
  ];
  return all.map((column) => ({ ...column, width: widest(column, rows) }));
}

/** Where the length of each wait is known; one that goes on is in neither. */
const ofEach: readonly Omit<Column, 'width'>[] = [
  {
    heading: 'WAITS',
    text: ({ waits }) => (waits === undefined ? '' : grouped(waits)),
    align: 'right',
    spare: 2,
  },
  {
    heading: 'LONGEST',
    text: ({ longest }) => (longest === undefined ? '' : duration(longest)),
    align: 'right',
    spare: 3,
  },
];

/** Without those that leave too little room for places. */
function fitting(columns: readonly Column[], width: number): readonly Column[] {
  const most = Math.max(...columns.map(({ spare }) => spare));
  if (most === 0 || width - widthOf(columns) >= leastPlace) return columns;
  return fitting(
    columns.filter(({ spare }) => spare < most),
    width,
  );
}

/** Of the narrowest places beside which everything is still shown. */
const leastPlace = 16;

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + width + 2, 0);
}

function widest({ heading, text }: Omit<Column, 'width'>, rows: readonly WaitRow[]): number {
  return rows.reduce((width, row) => Math.max(width, displayWidth(text(row))), heading.length);
}
