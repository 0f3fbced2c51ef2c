import { loadProfile } from '../../load/json.js';
import { type SavedValues, type TableValues, type ViewValues, viewOf } from '../options.js';
import { printTables } from '../print.js';
import { savedTables } from '../saved-tables.js';

/** `heavyops report`: prints the tables of a saved profile. */
export function report(file: string, values: ViewValues & SavedValues & TableValues): number {
  const profile = loadProfile(file);
  const tables = savedTables(profile, file, values);
  printTables(profile, viewOf(values), { ...values, tables });
  return 0;
}
