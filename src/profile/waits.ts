import { PairTable } from '../lib/pair-table.js';
import { duration } from '../lib/quantities.js';
import { rowFilter, type SampleFilter } from './filter.js';
import {
  type Profile,
  type ProfileMeta,
  SampleFlag,
  type WaitKind,
  type WaitTable,
  waitKindOf,
  waitKinds,
} from './profile.js';
import { defaultView, viewFrames } from './view.js';

/** What is waited for at one line of one function. */
export interface WaitRow {
  /** Nanoseconds. */
  readonly weight: number;
  /** Of all waits (see `WaitTotals.weight`), 0 to 1. */
  readonly share: number;
  /** How many waits that were; undefined when the recording does not tell. */
  readonly waits?: number;
  /** Nanoseconds: the longest of them. */
  readonly longest?: number;
  readonly kind: WaitKind;
  readonly file: string;
  /** 1-based; 0 for none. */
  readonly line: number;
  readonly function: string;
}

export interface WaitTotals {
  /** Nanoseconds that threads waited, each by itself, where it is known at which place (with the GIL if the filter says `gil`). */
  readonly weight: number;
  /** Heaviest first. */
  readonly rows: readonly WaitRow[];
}

/** Sums the waits by the place where their threads left off, and by what they are for. Other samples are left out. */
export function waitTotals(profile: Profile, filter: SampleFilter): WaitTotals {
  const { samples, stacks } = profile;
  const rows = rowFilter(profile, { ...filter, waits: true });
  const { frames, ofFrame } = viewFrames(profile, defaultView);
  /** (frame of the view, kind) */
  const places = new PairTable();
  const weights: number[] = [];
  let whole = 0;
  for (let row = 0; row < samples.length; row++) {
    if (!rows.counts(row)) continue;
    const weight = samples.weight[row] as number;
    whole += weight;
    if (!rows.keeps(row)) continue;
    const leaf = ofFrame[stacks.frame[samples.stack[row] as number] as number] as number;
    const place = places.add(leaf, waitKindOf(samples.flags[row] as number));
    weights[place] = (weights[place] ?? 0) + weight;
  }
  const placeOf = (stack: number, flags: number) =>
    places.find(ofFrame[stacks.frame[stack] as number] as number, waitKindOf(flags));
  const counted = countWaits(profile.waits, filter, placeOf);
  const sums = weights.map((weight, place): WaitRow => {
    const { name = '', file = '', line = 0 } = frames[places.first(place)] ?? {};
    const kind = waitKinds[places.second(place)] ?? 'none';
    const share = whole > 0 ? weight / whole : 0;
    return { weight, share, ...counted[place], kind, file, line, function: name };
  });
  return { weight: whole, rows: sums.sort((a, b) => b.weight - a.weight) };
}

type Counted = Pick<WaitRow, 'waits' | 'longest'>;

/** By place; nothing where the recording does not tell. Places that are left out have no number (-1). */
function countWaits(
  table: WaitTable | undefined,
  filter: SampleFilter,
  placeOf: (stack: number, flags: number) => number,
): readonly Counted[] {
  const counted: Counted[] = [];
  if ((filter.instructions ?? []).length > 0) return counted; // They are not counted by instruction.
  for (let row = 0; row < (table?.length ?? 0); row++) {
    const { stack, flags, count, longest } = table as WaitTable;
    if (filter.gil === true && ((flags[row] as number) & SampleFlag.Gil) === 0) continue;
    const place = placeOf(stack[row] as number, flags[row] as number);
    if (place < 0) continue;
    const { waits = 0, longest: before = 0 } = counted[place] ?? {};
    counted[place] = {
      waits: waits + (count[row] as number),
      longest: Math.max(before, longest[row] as number),
    };
  }
  return counted;
}

/** Which waits those of a recording are. */
export function waitsText({ leastWait = 0 }: ProfileMeta): string {
  return leastWait > 0 ? `waits of ${duration(leastWait)} and more` : 'waits';
}
