import type { Counts } from './data.js';
import { at, type Model } from './model.js';

/** What all views show: which samples count. */
export interface Selection {
  readonly counts: Counts;
  /** Row of `threads`; -1 for all. */
  readonly thread: number;
  /** Nanoseconds since the start; nothing for the whole. */
  readonly span: Span | undefined;
  readonly opcodes: OpcodeChoice | undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Instructions that were clicked: one, a family, a state. */
export interface OpcodeChoice {
  /** Tells two choices apart, and what was chosen. */
  readonly label: string;
  /** Rows of `opcodes`. */
  readonly rows: ReadonlySet<number>;
}

/** Holds the selection, and tells those who show something by it. */
export class Store {
  #selection: Selection;
  readonly #listeners: (() => void)[] = [];

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  get selection(): Selection {
    return this.#selection;
  }

  change(changes: Partial<Selection>): void {
    this.#selection = { ...this.#selection, ...changes };
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}

/** Bits of flags as in src/profile/profile.ts. */
const active = 1;
const gil = 2;
/** As in `waitNames`. */
const gilWait = 2;

/** What a thread waited for: 0 for a row in which it ran, or of which that is not known. */
export function waitOf(flags: number): number {
  return (flags & active) === 0 ? (flags >> 4) & 7 : 0;
}

export function waitsForGil(flags: number): boolean {
  return waitOf(flags) === gilWait;
}

export function isActive(flags: number): boolean {
  return (flags & active) !== 0;
}

export function hasGil(flags: number): boolean {
  return (flags & gil) !== 0;
}

const tests: Readonly<Record<Counts, (flags: number) => boolean>> = {
  ran: isActive,
  all: () => true,
  'gil-waits': waitsForGil,
  gil: (flags) => isActive(flags) && hasGil(flags),
  waits: (flags) => waitOf(flags) > 0,
};

/**
 * Rows of samples that are selected.
 *
 * @param ignoring what a view itself chooses from, and so has to show whole
 */
export function selectedRows(
  { samples }: Model,
  selection: Selection,
  ignoring: { readonly opcodes?: true } = {},
): Int32Array {
  const { thread, span } = selection;
  const opcodes = ignoring.opcodes === true ? undefined : selection.opcodes?.rows;
  const counts = tests[selection.counts];
  const rows = new Int32Array(samples.length);
  let length = 0;
  for (let row = 0; row < samples.length; row++) {
    if (thread >= 0 && at(samples.thread, row) !== thread) continue;
    if (!counts(at(samples.flags, row))) continue;
    if (span !== undefined && (at(samples.time, row) < span.from || at(samples.time, row) >= span.to))
      continue;
    if (opcodes !== undefined && !opcodes.has(at(samples.opcode, row))) continue;
    rows[length++] = row;
  }
  return rows.subarray(0, length);
}
