/** Of each unit of the bytecode the numbers of native/count/runs.h: its role, where it goes on, where it jumps to. */
export type Runs = Uint32Array;

/** Of each unit the counters of `RunCount` in native/count/shared.h. */
export type RunCounters = Float64Array;

export interface Executed {
  /** By unit of the bytecode. */
  readonly counts: Float64Array;
  /** As many runs ended as began. */
  readonly adds: boolean;
}

/**
 * How often each instruction was executed, where only the beginnings and ends of runs are known. What comes to an
 * instruction goes on from it or ends there; from this the unknown numbers, one for each way from one instruction to
 * another, follow one after the other, since they make no circle (native/count/runs.cc has seen to that).
 */
export function executions(runs: Runs, counters: RunCounters): Executed {
  const units = runs.length / numbersPerUnit;
  const flow = new Flow(2 * units);
  const counts = new Float64Array(units);
  let start = 0;
  for (let unit = 0; unit < units; unit++) {
    const of = (which: number) => counters[unit * countersPerUnit + which] ?? 0;
    const [role = 0, next = 0, jump = 0] = runs.subarray(unit * numbersPerUnit, (unit + 1) * numbersPerUnit);
    if ((role & isStart) !== 0) start = unit;
    counts[unit] = of(alone);
    // A frame that has called stands at the last inline cache of the call.
    flow.add(start, -of(until));
    flow.add(units + unit, -of(fromLine));
    if ((role & isRun) === 0) continue;
    flow.add(unit, of(fromHere) + of(fromLine));
    for (const way of [next, jump]) {
      if (way !== 0) flow.connect(unit, (way >>> 1) - 1 + ((way & 1) !== 0 ? units : 0));
    }
    if ((role & isUnfinished) !== 0) flow.connect(unit, nowhere);
  }
  const { arrived, adds } = flow.solve();
  for (let unit = 0; unit < units; unit++) {
    const role = runs[unit * numbersPerUnit] ?? 0;
    const of = (which: number) => counters[unit * countersPerUnit + which] ?? 0;
    if ((role & isRun) !== 0)
      counts[unit] = (counts[unit] ?? 0) + of(fromHere) + of(fromLine) + (arrived[unit] ?? 0);
    if ((role & isHidden) !== 0) counts[unit] = 0;
  }
  return { counts, adds };
}

const numbersPerUnit = 3;
export const countersPerUnit = 4;

/** `Role` in native/count/shared.h. */
const isRun = 1;
const isHidden = 2;
const isUnfinished = 4;
const isStart = 16;

/** `RunCount`. */
const alone = 0;
const fromHere = 1;
const fromLine = 2;
const until = 3;

const nowhere = -1;

interface Way {
  readonly from: number;
  /** Or `nowhere`. */
  readonly to: number;
}

/** Places with what begins in them, and ways between them, each with an unknown number. */
class Flow {
  readonly #begins: Float64Array;
  readonly #ways: Way[] = [];
  readonly #waysOf: number[][];

  constructor(places: number) {
    this.#begins = new Float64Array(places);
    this.#waysOf = Array.from({ length: places }, () => []);
  }

  /** What begins there; less than nothing for what ends. */
  add(place: number, count: number): void {
    this.#begins[place] = (this.#begins[place] ?? 0) + count;
  }

  connect(from: number, to: number): void {
    const way = this.#ways.push({ from, to }) - 1;
    this.#waysOf[from]?.push(way);
    this.#waysOf[to]?.push(way);
  }

  /** What arrives in each place by its ways, and whether it all adds up. */
  solve(): { readonly arrived: Float64Array; readonly adds: boolean } {
    const left = this.#begins.slice();
    const arrived = new Float64Array(left.length);
    const isKnown = new Uint8Array(this.#ways.length);
    const unknownOf = (place: number) => (this.#waysOf[place] ?? []).filter((way) => isKnown[way] === 0);
    const places = [...left.keys()];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const [way, second] = unknownOf(place);
      if (way === undefined || second !== undefined) continue;
      const { from, to } = this.#ways[way] as Way;
      const count = place === from ? (left[from] ?? 0) : -(left[to] ?? 0);
      isKnown[way] = 1;
      left[from] = (left[from] ?? 0) - count;
      if (to === nowhere) continue;
      left[to] = (left[to] ?? 0) + count;
      arrived[to] = (arrived[to] ?? 0) + count;
      places.push(place === from ? to : from);
    }
    return { arrived, adds: isKnown.every((known) => known === 1) && left.every((rest) => rest === 0) };
  }
}
