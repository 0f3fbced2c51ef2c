import { rowFilter, type SampleFilter } from './filter.js';
import type { Profile } from './profile.js';

/** For how long a code object was in stacks, and each of its instructions on top of them. */
export interface CodeTimes {
  /** Row of `Profile.codes`. */
  readonly code: number;
  /** Nanoseconds: on top of the stack; anywhere in it; of everything that counts. */
  readonly own: number;
  readonly total: number;
  readonly whole: number;
  /** By byte offset. */
  readonly instructions: ReadonlyMap<number, InstructionTime>;
  /** The same of what was called from there, whatever was on top. */
  readonly called: ReadonlyMap<number, Pick<InstructionTime, 'weight' | 'count'>>;
}

export interface InstructionTime {
  readonly weight: number;
  readonly count: number;
  /** Time by the form in which it ran. */
  readonly forms: ReadonlyMap<string, number>;
}

/**
 * Code objects of functions with a name: those with just this qualified name, else those whose name or whose last
 * parts are it.
 */
export function codesNamed({ codes, strings }: Profile, name: string): readonly number[] {
  const rows = Array.from(codes.name.keys());
  const qualified = (code: number) => strings[codes.qualname[code] as number] ?? '';
  const exact = rows.filter((code) => qualified(code) === name);
  if (exact.length > 0) return exact;
  return rows.filter(
    (code) => qualified(code).endsWith(`.${name}`) || strings[codes.name[code] as number] === name,
  );
}

export function codeTimes(profile: Profile, filter: SampleFilter, code: number): CodeTimes {
  const { samples, stacks, frames, opcodes } = profile;
  const places = placesIn(profile, code);
  const rows = rowFilter(profile, filter);
  const found = new Map<number, { weight: number; count: number; forms: Map<string, number> }>();
  const called = new Map<number, { weight: number; count: number }>();
  let [own, total, whole] = [0, 0, 0];
  for (let row = 0; row < samples.length; row++) {
    if (!rows.counts(row)) continue;
    const weight = samples.weight[row] as number;
    whole += weight;
    const stack = samples.stack[row] as number;
    const place = places[stack];
    if (place === undefined || place === nowhere) continue;
    total += weight;
    const frame = stacks.frame[stack] as number;
    if (frames.code[frame] !== code) {
      const below = called.get(place) ?? { weight: 0, count: 0 };
      called.set(place, below);
      below.weight += weight;
      below.count += samples.count[row] as number;
      continue;
    }
    own += weight;
    const offset = frames.offset[frame] as number;
    const time = found.get(offset) ?? { weight: 0, count: 0, forms: new Map<string, number>() };
    found.set(offset, time);
    time.weight += weight;
    time.count += samples.count[row] as number;
    const name = opcodes[samples.opcode[row] as number]?.name;
    if (name !== undefined) time.forms.set(name, (time.forms.get(name) ?? 0) + weight);
  }
  return { code, own, total, whole, instructions: found, called };
}

/** By row of `Profile.stacks`: the offset at which the topmost frame of it that runs the code object is. */
function placesIn({ stacks, frames }: Profile, code: number): Int32Array {
  const places = new Int32Array(stacks.length);
  for (let stack = 0; stack < stacks.length; stack++) {
    const frame = stacks.frame[stack] as number;
    const parent = stacks.parent[stack] as number;
    if (frames.code[frame] === code) places[stack] = frames.offset[frame] as number;
    else places[stack] = parent < 0 ? nowhere : (places[parent] as number);
  }
  return places;
}

/** No frame runs it; -1 is one that has not begun. */
const nowhere = -2;
