import { HeavyopsError } from '../errors.js';
import { loadProfile } from '../load/json.js';
import { compared } from '../profile/compare.js';
import { countTotals, isCounted } from '../profile/counts.js';
import type { SampleFilter } from '../profile/filter.js';
import type { Profile } from '../profile/profile.js';
import { comparedText } from '../terminal/compared.js';
import { countsText } from '../terminal/counts.js';
import { type FrameValues, type OutputValues, standardOutput, viewOf } from './options.js';
import { type OutputFile, writeEach } from './output-files.js';
import { note, writeOut } from './standard-streams.js';

/** How counts are printed. */
export interface CountTableValues {
  /** Rows a table; otherwise 20 as text, and all as JSON. */
  readonly n?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What was counted, and what there is to say of it. */
export interface Counted {
  readonly profile: Profile;
  /** Whole sentences. */
  readonly remarks: readonly string[];
}

/**
 * Writes the files and prints the tables. Each file that can be written is, even when another cannot.
 *
 * @param names of the instructions that are tracked; none for all
 * @returns the exit code
 */
export async function deliverCounts(
  { profile, remarks }: Counted,
  outputs: readonly OutputFile[],
  names: readonly string[],
  values: CountTableValues & OutputValues & FrameValues & { readonly file: readonly string[] },
  sampled: Profile | undefined,
): Promise<number> {
  const view = viewOf({ ...values, idle: false, instructions: names });
  const exitCode = await writeEach(outputs, profile, view, values.quiet !== true);
  for (const remark of remarks) note(remark);
  if (!values.output.includes(standardOutput)) printCounts(profile, view.filter, values, sampled);
  return exitCode;
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
 * The samples that counts are to be compared with, where there are some.
 *
 * @param python the version that counts, such as "3.14.10"
 * @throws HeavyopsError USAGE for those of another version, whose instructions are others; INPUT_UNREADABLE, INPUT_INVALID
 */
export function samplesFor(
  { compareSamples: file }: { readonly compareSamples?: string },
  python: string,
): Profile | undefined {
  if (file === undefined) return undefined;
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
