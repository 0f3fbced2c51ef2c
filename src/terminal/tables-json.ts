import { achievedRate } from '../profile/achieved-rate.js';
import type { SampleFilter } from '../profile/filter.js';
import type { Profile, ProfileMeta, Thread } from '../profile/profile.js';
import { type Totals, totals } from '../profile/totals.js';
import { type WaitTotals, waitTotals } from '../profile/waits.js';

/** What `--json` prints: the summary and the tables. Times are nanoseconds, shares 0 to 1. */
export interface TablesJson extends Totals {
  readonly summary: ProfileMeta & { readonly achievedRate: number; readonly threads: readonly Thread[] };
  readonly filter: SampleFilter;
  /** Where it waits, if that was asked for. */
  readonly waits?: WaitTotals;
  /** Rows of each table that are not here. */
  readonly leftOut: { readonly opcodes: number; readonly locations: number; readonly waits?: number };
}

/** The tables with at most `rows` rows each. */
export function tablesJson(
  profile: Profile,
  filter: SampleFilter,
  rows: number,
  withWaits = false,
): TablesJson {
  const { all, unknown, opcodes, locations } = totals(profile, filter);
  const waits = withWaits ? waitTotals(profile, filter) : undefined;
  const beyond = (table: readonly unknown[]) => Math.max(0, table.length - rows);
  return {
    summary: { ...profile.meta, achievedRate: achievedRate(profile), threads: profile.threads },
    filter,
    all,
    unknown,
    opcodes: opcodes.slice(0, rows),
    locations: locations.slice(0, rows),
    ...(waits === undefined ? {} : { waits: { ...waits, rows: waits.rows.slice(0, rows) } }),
    leftOut: {
      opcodes: beyond(opcodes),
      locations: beyond(locations),
      ...(waits === undefined ? {} : { waits: beyond(waits.rows) }),
    },
  };
}
