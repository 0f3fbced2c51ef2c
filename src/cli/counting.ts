import { HeavyopsError } from '../errors.js';
import { loadProfile } from '../load/json.js';
import { compared } from '../profile/compare.js';
import { countTotals, isCounted } from '../profile/counts.js';
import type { SampleFilter } from '../profile/filter.js';
import type { Profile } from '../profile/profile.js';
import { comparedText } from '../terminal/compared.js';
import { countsText } from '../terminal/counts.js';
import { writeOut } from './standard-streams.js';

/** How counts are printed. */
export interface CountTableValues {
  /** Rows a table; otherwise 20 as text, and all as JSON. */
  readonly n?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Prints what was counted, as text or as one JSON object. @throws HeavyopsError OUTPUT_UNWRITABLE */
export function printCounts(
  profile: Profile,
  filter: SampleFilter,
  values: CountTableValues,
  sampled?: Profile,
): void {
  const counts = countTotals(profile, filter);
  const comparison = sampled && compared(profile, sampled, filter);
  if (values.json === true) {
    const rows = values.n ?? Number.POSITIVE_INFINITY;
    const { tracked, total, instructions, locations } = counts;
    const answer = {
      tracked,
      total,
      instructions: instructions.slice(0, rows),
      locations: locations.slice(0, rows),
      ...(comparison === undefined ? {} : { comparison: comparison.slice(0, rows) }),
    };
    writeOut(`${JSON.stringify(answer)}\n`);
  } else if (values.quiet !== true) {
    const style = { rows: values.n ?? usualRows, directory: process.cwd() };
    writeOut(countsText(counts, style));
    if (comparison !== undefined) writeOut(`\n${comparedText(comparison, style.rows, style.directory)}`);
  }
}

const usualRows = 20;

/**
 * The samples that counts are to be compared with.
 *
 * @param python the version that counts, such as "3.14.10"
 * @throws HeavyopsError USAGE for those of another version, whose instructions are others; INPUT_UNREADABLE, INPUT_INVALID
 */
export function samplesToCompare(file: string, python: string): Profile {
  const sampled = loadProfile(file);
  const minor = (version: string) => version.split('.').slice(0, 2).join('.');
  const other = sampled.meta.target.python;
  if (isCounted(sampled.meta)) {
    throw new HeavyopsError(
      'USAGE',
      `${file} has counts, too, and no samples`,
      `Sample the program first: heavyops run -o ${file} -- python3 app.py`,
    );
  }
  if (minor(other) !== minor(python)) {
    throw new HeavyopsError(
      'USAGE',
      `${file} was sampled on CPython ${other}, whose instructions are not those of ${python}`,
      'Choose the same version with --python.',
    );
  }
  return sampled;
}
