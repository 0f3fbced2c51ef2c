import { globMatcher } from '../lib/glob.js';
import { type Profile, SampleFlag, waitKindOf } from './profile.js';

/** Which samples a table, a tree or an exported file is made of. */
export interface SampleFilter {
  /** Keep samples of threads that were asleep. */
  readonly idle?: boolean;
  /** Keep only waits of `meta.leastWait` and more, instead of threads that ran. */
  readonly waits?: boolean;
  /** Keep only samples of threads that held the GIL. */
  readonly gil?: boolean;
  /** Keep only leaves at one of these instructions, by their specialised or their base name, in any case. */
  readonly instructions?: readonly string[];
  /** Keep only leaves whose file matches this glob, or one of these, as a whole path or by its base name. */
  readonly file?: string | readonly string[];
}

/** Two questions about a row of `Profile.samples`; rows without a stack (unreadable) are in neither. */
export interface RowFilter {
  /** The thread was doing what the filter is about: awake unless `idle`, waiting if `waits`, with the GIL if `gil`. */
  readonly counts: (row: number) => boolean;
  /** It counts, and its leaf is one that `instructions` and `file` ask for. */
  readonly keeps: (row: number) => boolean;
}

export function rowFilter(profile: Profile, filter: SampleFilter): RowFilter {
  const { samples } = profile;
  const waits = filter.waits === true;
  const asleepToo = waits || filter.idle === true;
  const needed = (asleepToo ? 0 : SampleFlag.Active) | (filter.gil === true ? SampleFlag.Gil : 0);
  const opcodes = wantedOpcodes(profile, filter.instructions ?? []);
  const codes = wantedCodes(profile, filter.file);
  const counts = (row: number) => {
    const flags = samples.flags[row] as number;
    return (
      (samples.stack[row] as number) >= 0 && (flags & needed) === needed && (!waits || waitKindOf(flags) > 0)
    );
  };
  return {
    counts,
    keeps: (row) =>
      counts(row) &&
      (opcodes === undefined || opcodes[samples.opcode[row] as number] === 1) &&
      (codes === undefined || codes[leafCode(profile, row)] === 1),
  };
}

function wantedOpcodes(profile: Profile, instructions: readonly string[]): Uint8Array | undefined {
  if (instructions.length === 0) {
    return undefined;
  }
  const names = new Set(instructions.map((name) => name.toUpperCase()));
  return Uint8Array.from(profile.opcodes, ({ name, base }) => Number(names.has(name) || names.has(base)));
}

function wantedCodes(profile: Profile, file: SampleFilter['file']): Uint8Array | undefined {
  const globs = file === undefined ? [] : [file].flat();
  if (globs.length === 0) {
    return undefined;
  }
  const matchers = globs.map(globMatcher);
  const files = profile.strings.map((text) => Number(matchers.some((matches) => matches(text))));
  return Uint8Array.from(profile.codes.filename, (file) => files[file] ?? 0);
}

function leafCode(profile: Profile, row: number): number {
  const frame = profile.stacks.frame[profile.samples.stack[row] as number] as number;
  return profile.frames.code[frame] as number;
}
