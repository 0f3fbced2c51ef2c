import { rowFilter, type SampleFilter } from './filter.js';
import type { Profile } from './profile.js';

/** For how long a code object was on top of the stack, called from one instruction of another. */
export interface CalleeTimes {
  /** Row of `Profile.codes`, and the byte offset in it. */
  readonly caller: number;
  readonly offset: number;
  /** Row of `Profile.codes`. */
  readonly callee: number;
  /** By byte offset in the callee. */
  readonly instructions: ReadonlyMap<number, { readonly weight: number; readonly count: number }>;
}

/** Of each pair that stacks have, with times where it was on top: what is deeper in the stacks counts for nobody. */
export function calleeTimes(profile: Profile, filter: SampleFilter): readonly CalleeTimes[] {
  const { samples, stacks } = profile;
  const rows = rowFilter(profile, filter);
  const { found, ofStack } = pairs(profile);
  for (let row = 0; row < samples.length; row++) {
    const times = ofStack[samples.stack[row] as number];
    if (times === undefined || !rows.counts(row)) continue;
    const at = profile.frames.offset[stacks.frame[samples.stack[row] as number] as number] as number;
    const time = times.instructions.get(at) ?? { weight: 0, count: 0 };
    times.instructions.set(at, time);
    time.weight += samples.weight[row] as number;
    time.count += samples.count[row] as number;
  }
  return found;
}

/** Who called whom from where, and which of them each stack ends with. */
function pairs({ stacks, frames }: Profile) {
  const found = new Map<string, Omit<CalleeTimes, 'instructions'> & { readonly instructions: Times }>();
  const ofStack = Array.from({ length: stacks.length }, (_, stack) => {
    const parent = stacks.parent[stack] as number;
    if (parent < 0) return undefined;
    const below = stacks.frame[parent] as number;
    const caller = frames.code[below] as number;
    const offset = frames.offset[below] as number;
    const callee = frames.code[stacks.frame[stack] as number] as number;
    const key = `${caller} ${offset} ${callee}`;
    const times = found.get(key) ?? { caller, offset, callee, instructions: new Map() as Times };
    found.set(key, times);
    return times;
  });
  return { found: [...found.values()], ofStack };
}

type Times = Map<number, { weight: number; count: number }>;
