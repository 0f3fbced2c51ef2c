import type { SampleFilter } from './filter.js';
import type { Profile } from './profile.js';
import { type LocationRow, totals } from './totals.js';

/** An instruction of a code object, as often as it ran and as often as it was met by samples of the same program. */
export interface ComparedRow {
  readonly file: string;
  /** 1-based; 0 for none. */
  readonly line: number;
  readonly function: string;
  readonly offset: number;
  readonly instruction: string;
  /** Executions. */
  readonly count: number;
  readonly samples: number;
  /** Of the time of all samples, 0 to 1. */
  readonly share: number;
  /** Samples for each million executions: how dear one is. */
  readonly perMillion: number;
}

/** Counts and samples side by side, of each instruction that was counted. The rows are in the order of counts. */
export function compared(counted: Profile, sampled: Profile, filter: SampleFilter): readonly ComparedRow[] {
  const met = new Map<string, { samples: number; share: number }>();
  for (const row of totals(sampled, {}).locations) {
    const key = keyOf(sampled, row);
    const before = met.get(key) ?? { samples: 0, share: 0 };
    met.set(key, { samples: before.samples + row.count, share: before.share + row.share });
  }
  return totals(counted, filter).locations.map((row) => {
    const { samples, share } = met.get(keyOf(counted, row)) ?? { samples: 0, share: 0 };
    const { file, line, offset, name, weight: count } = row;
    const perMillion = (samples * 1e6) / count;
    return {
      file,
      line,
      function: row.function,
      offset,
      instruction: name,
      count,
      samples,
      share,
      perMillion,
    };
  });
}

/** The same code object in another process; its specialised forms are one. */
function keyOf({ codes }: Profile, { file, function: name, code, offset }: LocationRow): string {
  return JSON.stringify([file, name, codes.firstLine[code], offset]);
}
