import type { SampleFilter } from '../profile/filter.js';
import type { Profile } from '../profile/profile.js';
import { type Totals, totals } from '../profile/totals.js';
import type { View } from '../profile/view.js';
import { waitTotals } from '../profile/waits.js';
import { histogramText } from '../terminal/histogram.js';
import { locationsText } from '../terminal/locations.js';
import { wantsColour } from '../terminal/style.js';
import { summaryText } from '../terminal/summary.js';
import { noteLine, type TableStyle } from '../terminal/table.js';
import { tablesJson } from '../terminal/tables-json.js';
import { waitsTable } from '../terminal/waits.js';
import { checkInstructions } from './instructions.js';
import type { Shown, TableValues } from './options.js';
import { type Terminal, terminalOf, writeError, writeOut } from './standard-streams.js';

export interface PrintValues extends TableValues {
  /** As JSON, what ran is always there. */
  readonly tables: Shown;
}

/**
 * Prints the summary and the tables, as text or as one JSON object, in one piece.
 *
 * @param stream standard output, or standard error where the former belongs to another program
 * @throws HeavyopsError USAGE for an instruction that the target's version does not have, OUTPUT_UNWRITABLE
 */
export function printTables(profile: Profile, view: View, values: PrintValues, stream: 1 | 2 = 1): void {
  checkInstructions(profile.meta.target.python, view.filter.instructions ?? []);
  const text = tablesText(profile, view, values, terminalOf(stream));
  if (stream === 1) writeOut(text);
  else writeError(values.json === true || text === '' ? text : `\n${text}`); // The other may be within a line.
}

function tablesText(profile: Profile, view: View, values: PrintValues, terminal: Terminal): string {
  const { filter } = view;
  const withWaits = values.tables !== 'ran';
  if (values.json === true) return `${JSON.stringify(tablesJson(profile, filter, values.n, withWaits))}\n`;
  if (values.quiet === true) return '';
  const style: TableStyle = {
    columns: terminal.columns,
    colour: wantsColour(terminal, process.env),
    rows: values.n,
  };
  const waits = withWaits ? [waitsTable(waitTotals(profile, filter), profile.meta, style)] : [];
  const ran = values.tables === 'waits' ? [] : tablesOfWhatRan(profile, filter, style);
  return [summaryText(profile, style), ...ran, ...waits].join('\n');
}

function tablesOfWhatRan(profile: Profile, filter: SampleFilter, style: TableStyle): readonly string[] {
  const sums = totals(profile, filter);
  const histogram = histogramText(sums, style) + emptyNote(profile, filter, sums, style);
  return [histogram, locationsText(sums, style)].filter((table) => table !== '');
}

/** Why there is nothing to see, although there are samples. */
function emptyNote(profile: Profile, filter: SampleFilter, sums: Totals, style: TableStyle): string {
  const { samples, unreadable } = profile.meta.counters;
  if (sums.opcodes.length > 0 || samples === 0) return '';
  return noteLine(reasonForNothing(profile, filter, samples - unreadable), style);
}

function reasonForNothing(profile: Profile, filter: SampleFilter, readable: number): string {
  if (readable <= 0) return 'None of the samples could be read.';
  return totals(profile, { ...filter, idle: true }).opcodes.length > 0
    ? 'Its threads were asleep, or waited for something: -i counts them, too.'
    : 'None of the samples passes the filter.';
}
