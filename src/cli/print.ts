import type { Profile } from '../profile/profile.js';
import { totals } from '../profile/totals.js';
import type { View } from '../profile/view.js';
import { histogramText } from '../terminal/histogram.js';
import { locationsText } from '../terminal/locations.js';
import { wantsColour } from '../terminal/style.js';
import { summaryText } from '../terminal/summary.js';
import type { TableStyle } from '../terminal/table.js';
import { tablesJson } from '../terminal/tables-json.js';
import { checkInstructions } from './instructions.js';
import type { TableValues } from './options.js';

/** Prints the summary and both tables to standard output, as text or as one JSON object. */
export function printTables(profile: Profile, view: View, values: TableValues): void {
  checkInstructions(profile.meta.target.python, view.filter.instructions ?? []);
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify(tablesJson(profile, view.filter, values.n))}\n`);
    return;
  }
  if (values.quiet === true) return;
  const style: TableStyle = {
    columns: process.stdout.columns ?? 120,
    colour: wantsColour(process.stdout, process.env),
    rows: values.n,
  };
  const sums = totals(profile, view.filter);
  process.stdout.write(
    [summaryText(profile, style), histogramText(sums, style), locationsText(sums, style)].join('\n'),
  );
}
