import { loadProfile } from '../../load/json.js';
import { type TableValues, type ViewValues, viewOf } from '../options.js';
import { printTables } from '../print.js';

/** `heavyops report`: prints the tables of a saved profile. */
export function report(file: string, values: ViewValues & TableValues): number {
  printTables(loadProfile(file), viewOf(values), values);
  return 0;
}
