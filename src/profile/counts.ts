import type { SampleFilter } from './filter.js';
import type { Profile, ProfileMeta } from './profile.js';
import { totals } from './totals.js';

/** What was counted. Amounts are executions. */
export interface CountTotals {
  /** Executions that the filter keeps. */
  readonly tracked: number;
  /** All that were executed, whatever the filter. */
  readonly total: number;
  /** Most frequent first. */
  readonly instructions: readonly InstructionCount[];
  readonly locations: readonly LocationCount[];
}

export interface InstructionCount {
  readonly instruction: string;
  readonly count: number;
}

/** One instruction of one code object. */
export interface LocationCount extends InstructionCount {
  readonly file: string;
  /** 1-based; 0 for none. */
  readonly line: number;
  /** The bare name. */
  readonly function: string;
  /** With the classes and functions around it, on 3.11+. */
  readonly qualname: string;
  /** In bytes of the bytecode. */
  readonly offset: number;
}

/** Whether a profile is of `heavyops count`: its weights are executions, not nanoseconds. */
export function isCounted({ reader }: Pick<ProfileMeta, 'reader'>): boolean {
  return reader === 'counter';
}

export function countTotals(profile: Profile, filter: SampleFilter): CountTotals {
  const { all, opcodes, locations } = totals(profile, filter);
  const { codes, strings } = profile;
  return {
    tracked: opcodes.reduce((sum, { weight }) => sum + weight, 0),
    total: all.weight,
    instructions: opcodes.map(({ name, weight }) => ({ instruction: name, count: weight })),
    locations: locations.map(({ name, weight, file, line, function: qualname, code, offset }) => ({
      file,
      line,
      function: strings[codes.name[code] as number] ?? '',
      qualname,
      offset,
      instruction: name,
      count: weight,
    })),
  };
}
