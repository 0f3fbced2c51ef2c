import { PairTable } from '../lib/pair-table.js';
import { rowFilter, type SampleFilter } from './filter.js';
import { type Profile, SampleFlag } from './profile.js';

/** How often, and how long. */
export interface Amount {
  /** Samples. */
  readonly count: number;
  /** Nanoseconds. */
  readonly weight: number;
  /** Of the samples whose instruction is only near, as they were in a JIT executor. */
  readonly near: number;
}

export interface OpcodeRow extends Amount {
  readonly name: string;
  readonly base: string;
  /** Of the time of everything that counts (see `Totals.all`), 0 to 1. */
  readonly share: number;
}

/** One instruction of one code object, in one of its specialised forms. */
export interface LocationRow extends OpcodeRow {
  readonly file: string;
  /** 1-based; 0 for none. */
  readonly line: number;
  readonly function: string;
  /** Row of `Profile.codes`. */
  readonly code: number;
  /** Byte offset in its bytecode. */
  readonly offset: number;
}

/** Both tables, heaviest row first. */
export interface Totals {
  /** Everything readable that is awake (or `idle`) and has the GIL (if `gil`): what shares are shares of. */
  readonly all: Amount;
  /** What of it the filter keeps but has no known instruction. */
  readonly unknown: Amount;
  readonly opcodes: readonly OpcodeRow[];
  readonly locations: readonly LocationRow[];
}

/** Sums the leaves' instructions. Samples that could not be read are in the profile's counters only. */
export function totals(profile: Profile, filter: SampleFilter): Totals {
  const { samples, stacks } = profile;
  const rows = rowFilter(profile, filter);
  const places = new PairTable();
  const all = new Sums();
  const unknown = new Sums();
  const byOpcode = new Sums();
  const byPlace = new Sums();
  for (let row = 0; row < samples.length; row++) {
    if (!rows.counts(row)) {
      continue;
    }
    all.add(0, profile, row);
    if (!rows.keeps(row)) {
      continue;
    }
    const opcode = samples.opcode[row] as number;
    if (opcode < 0) {
      unknown.add(0, profile, row);
      continue;
    }
    byOpcode.add(opcode, profile, row);
    byPlace.add(places.add(stacks.frame[samples.stack[row] as number] as number, opcode), profile, row);
  }
  const whole = all.amount(0);
  return {
    all: whole,
    unknown: unknown.amount(0),
    opcodes: opcodeRows(profile, byOpcode, whole.weight),
    locations: locationRows(profile, byPlace, places, whole.weight),
  };
}

function opcodeRows(profile: Profile, sums: Sums, weight: number): OpcodeRow[] {
  return profile.opcodes
    .map((opcode, id) => opcodeRow(opcode, sums.amount(id), weight))
    .filter((row) => row.count > 0 || row.weight > 0) // A short wait has a weight, but no tick in it.
    .sort((a, b) => heavier(a, b) || compare(a.name, b.name));
}

function opcodeRow(opcode: { name: string; base: string }, amount: Amount, whole: number): OpcodeRow {
  return { name: opcode.name, base: opcode.base, share: whole > 0 ? amount.weight / whole : 0, ...amount };
}

function locationRows(profile: Profile, sums: Sums, places: PairTable, weight: number): LocationRow[] {
  const { codes, frames, strings } = profile;
  const rows = Array.from({ length: places.length }, (_, id): LocationRow => {
    const frame = places.first(id);
    const code = frames.code[frame] as number;
    const opcode = profile.opcodes[places.second(id)] ?? { name: '', base: '' };
    return {
      ...opcodeRow(opcode, sums.amount(id), weight),
      file: strings[codes.filename[code] as number] ?? '',
      line: frames.line[frame] as number,
      function: strings[codes.qualname[code] as number] ?? '',
      code,
      offset: frames.offset[frame] as number,
    };
  });
  return rows.sort(
    (a, b) =>
      heavier(a, b) || compare(a.file, b.file) || a.line - b.line || a.code - b.code || a.offset - b.offset,
  );
}

function heavier(a: Amount, b: Amount): number {
  return b.weight - a.weight || b.count - a.count;
}

/** By code unit, so that the order is the same in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Amounts by a small integer. */
class Sums {
  readonly #counts: number[] = [];
  readonly #weights: number[] = [];
  readonly #near: number[] = [];

  add(id: number, { samples }: Profile, row: number): void {
    while (this.#counts.length <= id) {
      this.#counts.push(0);
      this.#weights.push(0);
      this.#near.push(0);
    }
    const count = samples.count[row] as number;
    const near = ((samples.flags[row] as number) & SampleFlag.Jit) === 0 ? 0 : count;
    this.#counts[id] = (this.#counts[id] as number) + count;
    this.#weights[id] = (this.#weights[id] as number) + (samples.weight[row] as number);
    this.#near[id] = (this.#near[id] as number) + near;
  }

  amount(id: number): Amount {
    return { count: this.#counts[id] ?? 0, weight: this.#weights[id] ?? 0, near: this.#near[id] ?? 0 };
  }
}
