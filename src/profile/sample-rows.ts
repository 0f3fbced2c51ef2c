import { hashPair } from '../lib/pair-table.js';
import type { SampleTable } from './profile.js';

/** Width of the first time buckets that rows are folded in, nanoseconds. */
const FIRST_BUCKET = 1e6;
const MAX_COUNT = 0xffff_ffff;
/** How much room there is at least for rows that cannot be folded: then folding again is a small share of the work. */
const ROOM = 1.25;

/**
 * Sample rows in growable columns, at most about `maxRows` of them however long a recording runs.
 *
 * A row that repeats its thread's previous one is added to it. When the rows still become too many, those with
 * the same thread, stack, opcode and flags within one time bucket are folded into the first of them; the
 * buckets double until the rows fill at most half the bound, so that folding stays a small share of the work.
 * Counts and weights add up exactly; what gets coarser is when things happened. When there are more distinct
 * rows than the bound leaves room for even without time, it grows with their number.
 */
export class SampleRows {
  #columns: Columns;
  #length = 0;
  #limit: number;
  /** Nanoseconds; Infinity once time does not part rows any more. */
  #bucket = FIRST_BUCKET;
  #latest = 0;
  /**
   * For folding: row + 1 of what hashes here, 0 where free. Kept, since V8 seldom collects what was thrown away outside
   * of its heap: 28 MiB were seen.
   */
  #slots = new Int32Array(0);
  /** Last row of each thread, -1 before it has one. */
  readonly #last: number[] = [];

  constructor(maxRows: number) {
    this.#limit = Math.max(2, maxRows);
    // All at once: columns that are copied into longer ones stay until garbage is collected, which is seldom, while
    // what nothing has been written to takes no memory.
    this.#columns = allocate(this.#limit);
  }

  get length(): number {
    return this.#length;
  }

  /** See `SampleTable` for the units. A negative weight counts as none. */
  add(
    thread: number,
    stack: number,
    opcode: number,
    flags: number,
    time: number,
    weight: number,
    count: number,
  ): void {
    const columns = this.#columns;
    const spent = Number.isNaN(weight) ? 0 : Math.max(weight, 0);
    const last = this.#last[thread] ?? -1;
    if (
      last >= 0 &&
      columns.stack[last] === stack &&
      columns.opcode[last] === opcode &&
      columns.flags[last] === flags &&
      (columns.count[last] as number) + count <= MAX_COUNT
    ) {
      columns.weight[last] = (columns.weight[last] as number) + spent;
      columns.count[last] = (columns.count[last] as number) + count;
      return;
    }
    this.#append(thread, stack, opcode, flags, time, spent, count);
  }

  /** Copies of the columns as they are now. */
  table(): SampleTable {
    return { length: this.#length, ...resize(this.#columns, this.#length) };
  }

  #append(
    thread: number,
    stack: number,
    opcode: number,
    flags: number,
    time: number,
    weight: number,
    count: number,
  ): void {
    if (this.#length >= this.#limit) {
      this.#fold();
    }
    if (this.#length === this.#columns.thread.length) {
      this.#columns = resize(this.#columns, Math.max(this.#limit, Math.ceil(this.#length * 1.5)));
    }
    const columns = this.#columns;
    const row = this.#length++;
    columns.thread[row] = thread;
    columns.stack[row] = stack;
    columns.opcode[row] = opcode;
    columns.flags[row] = flags;
    columns.time[row] = time;
    columns.weight[row] = weight;
    columns.count[row] = count;
    this.#latest = Math.max(this.#latest, time);
    while (this.#last.length <= thread) {
      this.#last.push(-1);
    }
    this.#last[thread] = row;
  }

  #fold(): void {
    if (this.#slots.length < this.#length * 1.5) {
      this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(this.#length * 1.5)));
    }
    this.#foldWithin();
    while (this.#length * 2 > this.#limit && this.#bucket !== Number.POSITIVE_INFINITY) {
      this.#bucket = this.#bucket > this.#latest ? Number.POSITIVE_INFINITY : this.#bucket * 2;
      this.#foldWithin();
    }
    this.#limit = Math.max(this.#limit, Math.ceil(this.#length * ROOM));
    this.#last.fill(-1);
    for (let row = 0; row < this.#length; row++) {
      this.#last[this.#columns.thread[row] as number] = row;
    }
  }

  /** One pass: each row joins the first one of its key and bucket, or moves down to the end of those kept. */
  #foldWithin(): void {
    const columns = this.#columns;
    const slots = this.#slots.fill(0);
    let kept = 0;
    for (let row = 0; row < this.#length; row++) {
      const slot = slotOf(slots, columns, row, this.#bucket);
      const first = (slots[slot] as number) - 1;
      if (first >= 0) {
        columns.weight[first] = (columns.weight[first] as number) + (columns.weight[row] as number);
        columns.count[first] = (columns.count[first] as number) + (columns.count[row] as number);
      } else {
        move(columns, row, kept++);
        slots[slot] = kept;
      }
    }
    this.#length = kept;
  }
}

interface Columns {
  readonly thread: Uint32Array<ArrayBuffer>;
  readonly stack: Int32Array<ArrayBuffer>;
  readonly opcode: Int32Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
  readonly time: Float64Array<ArrayBuffer>;
  readonly weight: Float64Array<ArrayBuffer>;
  readonly count: Uint32Array<ArrayBuffer>;
}

function allocate(length: number): Columns {
  return {
    thread: new Uint32Array(length),
    stack: new Int32Array(length),
    opcode: new Int32Array(length),
    flags: new Uint8Array(length),
    time: new Float64Array(length),
    weight: new Float64Array(length),
    count: new Uint32Array(length),
  };
}

function resize(from: Columns, length: number): Columns {
  const to = allocate(length);
  const shared = Math.min(length, from.thread.length);
  to.thread.set(from.thread.subarray(0, shared));
  to.stack.set(from.stack.subarray(0, shared));
  to.opcode.set(from.opcode.subarray(0, shared));
  to.flags.set(from.flags.subarray(0, shared));
  to.time.set(from.time.subarray(0, shared));
  to.weight.set(from.weight.subarray(0, shared));
  to.count.set(from.count.subarray(0, shared));
  return to;
}

/** Slot of the first kept row that `row` may join, else the free one where `row` belongs. */
function slotOf(slots: Int32Array, columns: Columns, row: number, bucket: number): number {
  const { thread, stack, opcode, flags, time, count } = columns;
  const index = Math.floor((time[row] as number) / bucket);
  const mask = slots.length - 1;
  const who = hashPair(thread[row] as number, stack[row] as number);
  const what = hashPair(opcode[row] as number, flags[row] as number);
  let slot = hashPair(hashPair(who, what), index | 0) & mask;
  for (;;) {
    const kept = (slots[slot] as number) - 1;
    if (
      kept < 0 ||
      (stack[kept] === stack[row] &&
        thread[kept] === thread[row] &&
        opcode[kept] === opcode[row] &&
        flags[kept] === flags[row] &&
        Math.floor((time[kept] as number) / bucket) === index &&
        (count[kept] as number) + (count[row] as number) <= MAX_COUNT)
    ) {
      return slot;
    }
    slot = (slot + 1) & mask;
  }
}

/** Column by column, as a loop over them would make every access a slow one. */
function move(columns: Columns, from: number, to: number): void {
  columns.thread[to] = columns.thread[from] as number;
  columns.stack[to] = columns.stack[from] as number;
  columns.opcode[to] = columns.opcode[from] as number;
  columns.flags[to] = columns.flags[from] as number;
  columns.time[to] = columns.time[from] as number;
  columns.weight[to] = columns.weight[from] as number;
  columns.count[to] = columns.count[from] as number;
}
