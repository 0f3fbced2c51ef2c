import { HeavyopsError } from '../errors.js';
import { countTotals } from '../profile/counts.js';
import type { SampleFilter } from '../profile/filter.js';
import type { Profile } from '../profile/profile.js';
import { countsText } from '../terminal/counts.js';
import { standardOutput } from './options.js';
import { writeOut } from './standard-streams.js';

/** How counts are printed. */
export interface CountTableValues {
  /** Rows a table; otherwise 20 as text, and all as JSON. */
  readonly n?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Prints what was counted, as text or as one JSON object. @throws HeavyopsError OUTPUT_UNWRITABLE */
export function printCounts(profile: Profile, filter: SampleFilter, values: CountTableValues): void {
  const counts = countTotals(profile, filter);
  if (values.json === true) {
    const rows = values.n ?? Number.POSITIVE_INFINITY;
    const { tracked, total, instructions, locations } = counts;
    writeOut(
      `${JSON.stringify({ tracked, total, instructions: instructions.slice(0, rows), locations: locations.slice(0, rows) })}\n`,
    );
  } else if (values.quiet !== true) {
    writeOut(`${countsText(counts, { rows: values.n ?? usualRows, directory: process.cwd() })}`);
  }
}

const usualRows = 20;

/** @throws HeavyopsError USAGE where two things would be written to standard output, or nothing anywhere */
export function checkCountOutputs(output: readonly string[], { json, quiet }: CountTableValues): void {
  if (json === true && output.includes(standardOutput)) {
    throw new HeavyopsError(
      'USAGE',
      'both --json and "-o -" would write to standard output',
      'Name a file with -o, or leave one of them out.',
    );
  }
  if (quiet === true && json !== true && output.length === 0) {
    throw new HeavyopsError(
      'USAGE',
      'with -q, and without -o or --json, nothing would be left of what is counted',
      'Name a file with -o, or leave -q out.',
    );
  }
}
