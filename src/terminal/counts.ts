import { printable } from '../lib/printable.js';
import { counted, grouped } from '../lib/quantities.js';
import type { CountTotals, LocationCount } from '../profile/counts.js';

export interface CountsStyle {
  /** Rows a table at most. */
  readonly rows: number;
  /** Files below it are shown from there on. */
  readonly directory: string;
}

/** The report of `heavyops count`: how much is tracked, then a table of instructions and one of their places. */
export function countsText(totals: CountTotals, style: CountsStyle): string {
  const { tracked, total, instructions, locations } = totals;
  const width = Math.max(leastWidth, ...instructions.map(({ count }) => grouped(count).length));
  const table = (heading: string, rows: readonly Row[]) => tableText(heading, rows, width, style.rows);
  return [
    `${grouped(tracked)} / ${grouped(total)} tracked instructions\n`,
    table(
      'INSTRUCTION',
      instructions.map(({ instruction, count }) => ({ count, text: instruction })),
    ),
    table(
      'LOCATION',
      locations.map((row) => ({ count: row.count, text: placeText(row, style.directory) })),
    ),
  ].join('\n');
}

interface Row {
  readonly count: number;
  readonly text: string;
}

function tableText(heading: string, rows: readonly Row[], width: number, most: number): string {
  const lines = rows
    .slice(0, most)
    .map(({ count, text }) => `${grouped(count).padStart(width)} | ${printable(text)}\n`);
  return [`${'COUNT'.padEnd(width)} | ${heading}\n`, `${rule}\n`, ...lines, leftOut(rows.slice(most))].join(
    '',
  );
}

function leftOut(rest: readonly Row[]): string {
  if (rest.length === 0) return '';
  const executions = rest.reduce((sum, { count }) => sum + count, 0);
  return `… and ${counted(rest.length, 'more row')} (${counted(executions, 'execution')})\n`;
}

function placeText({ file, line, function: name, instruction }: LocationCount, directory: string): string {
  const below = directory.endsWith('/') ? directory : `${directory}/`;
  const path = file.startsWith(below) ? file.slice(below.length) : file;
  return `${path}${line > 0 ? `:${line}` : ''} ${name} ${instruction}`;
}

const leastWidth = 8;
const rule = '-'.repeat(50);
