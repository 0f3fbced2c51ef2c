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
  const isIn = stacksWith(profile, code);
  const rows = rowFilter(profile, filter);
  const found = new Map<number, { weight: number; count: number; forms: Map<string, number> }>();
  let [own, total, whole] = [0, 0, 0];
  for (let row = 0; row < samples.length; row++) {
    if (!rows.counts(row)) continue;
    const weight = samples.weight[row] as number;
    whole += weight;
    const stack = samples.stack[row] as number;
    if (isIn[stack] === 0) continue;
    total += weight;
    const frame = stacks.frame[stack] as number;
    if (frames.code[frame] !== code) continue;
    own += weight;
    const offset = frames.offset[frame] as number;
    const time = found.get(offset) ?? { weight: 0, count: 0, forms: new Map<string, number>() };
    found.set(offset, time);
    time.weight += weight;
    time.count += samples.count[row] as number;
    const name = opcodes[samples.opcode[row] as number]?.name;
    if (name !== undefined) time.forms.set(name, (time.forms.get(name) ?? 0) + weight);
  }
  return { code, own, total, whole, instructions: found };
}

/** By row of `Profile.stacks`: 1 where a frame of it runs the code object. */
function stacksWith({ stacks, frames }: Profile, code: number): Uint8Array {
  const isIn = new Uint8Array(stacks.length);
  for (let stack = 0; stack < stacks.length; stack++) {
    const parent = stacks.parent[stack] as number;
    const below = parent >= 0 && isIn[parent] === 1;
    isIn[stack] = Number(below || frames.code[stacks.frame[stack] as number] === code);
  }
  return isIn;
}
