import { printable } from '../lib/printable.js';
import { grouped, percent } from '../lib/quantities.js';
import type { ComparedRow } from '../profile/compare.js';

/** Two tables: what each execution costs most of, and what runs most; each with counts and samples side by side. */
export function comparedText(rows: readonly ComparedRow[], most: number, directory: string): string {
  const seen = rows.filter(({ samples }) => samples >= leastSamples);
  const dear = [...seen].sort((a, b) => b.perMillion - a.perMillion);
  return [
    `Dear: most samples for each million executions, of those with ${leastSamples} samples and more\n`,
    table(dear.slice(0, most), directory),
    '\nFrequent: most executions\n',
    table(rows.slice(0, most), directory),
  ].join('');
}

/** With fewer, samples per execution are chance. */
const leastSamples = 5;

function table(rows: readonly ComparedRow[], directory: string): string {
  const cells = rows.map((row) => [
    grouped(row.count),
    grouped(row.samples),
    percent(row.share),
    grouped(row.perMillion, row.perMillion < 10 ? 2 : 0),
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[], place: string) =>
    `${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')} | ${place}\n`;
  return [
    line(headings, 'LOCATION'),
    ...rows.map((row, index) => line(cells[index] ?? [], placeText(row, directory))),
  ].join('');
}

const headings = ['COUNT', 'SAMPLES', 'SHARE', 'PER MILLION'];

function placeText({ file, line, function: name, instruction }: ComparedRow, directory: string): string {
  const path = file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file;
  return printable(`${path}${line > 0 ? `:${line}` : ''} ${name} ${instruction}`);
}
