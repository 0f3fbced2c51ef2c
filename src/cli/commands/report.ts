import { trackedInstructions } from '../../count/names.js';
import { loadProfile } from '../../load/json.js';
import { isCounted } from '../../profile/counts.js';
import type { Profile } from '../../profile/profile.js';
import { printCounts } from '../counting.js';
import { type SavedValues, type TableValues, type ViewValues, viewOf } from '../options.js';
import { printTables } from '../print.js';
import { savedTables } from '../saved-tables.js';
import { note } from '../standard-streams.js';

/** `heavyops report`: prints the tables of a saved profile. */
export function report(file: string, values: ViewValues & SavedValues & TableValues): number {
  const profile = loadProfile(file);
  const tables = savedTables(profile, file, values);
  if (isCounted(profile.meta)) {
    reportCounts(profile, values);
    return 0;
  }
  printTables(profile, viewOf(values), { ...values, tables });
  return 0;
}

/** @throws HeavyopsError USAGE for an instruction that the program's version does not have */
function reportCounts(profile: Profile, values: ViewValues & TableValues): void {
  const [, minor = ''] = profile.meta.target.python.split('.');
  const { names, remarks } = trackedInstructions(Number(minor), values.instructions);
  for (const remark of remarks) note(remark);
  printCounts(profile, viewOf({ ...values, instructions: names }).filter, values);
}
