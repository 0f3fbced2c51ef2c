import { at, type Model } from './model.js';

/** Time (nanoseconds) and samples of the rows that are selected. */
export interface Sums {
  readonly weight: number;
  readonly count: number;
  /** By row of `frames`: on top of the stack. */
  readonly frameWeight: Float64Array;
  readonly frameCount: Float64Array;
  /** By row of `frames`, then of `opcodes`: the form in which the instruction ran, and for how long. */
  readonly forms: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** By row of `stacks`: with all that was called from there. */
  readonly stackWeight: Float64Array;
}

export function sumsOf({ samples, stacks, frames }: Model, rows: Int32Array): Sums {
  const frameWeight = new Float64Array(frames.length);
  const frameCount = new Float64Array(frames.length);
  const stackWeight = new Float64Array(stacks.length);
  const forms = new Map<number, Map<number, number>>();
  let [weight, count] = [0, 0];
  for (const row of rows) {
    const stack = at(samples.stack, row);
    const frame = at(stacks.frame, stack);
    const [rowWeight, rowCount] = [at(samples.weight, row), at(samples.count, row)];
    weight += rowWeight;
    count += rowCount;
    frameWeight[frame] = at(frameWeight, frame) + rowWeight;
    frameCount[frame] = at(frameCount, frame) + rowCount;
    stackWeight[stack] = at(stackWeight, stack) + rowWeight;
    addForm(forms, frame, at(samples.opcode, row), rowWeight);
  }
  for (let stack = stacks.length - 1; stack >= 0; stack--) {
    const parent = at(stacks.parent, stack);
    if (parent >= 0) stackWeight[parent] = at(stackWeight, parent) + at(stackWeight, stack);
  }
  return { weight, count, frameWeight, frameCount, forms, stackWeight };
}

function addForm(
  forms: Map<number, Map<number, number>>,
  frame: number,
  opcode: number,
  weight: number,
): void {
  if (opcode < 0) return;
  const ofFrame = forms.get(frame) ?? new Map<number, number>();
  if (ofFrame.size === 0) forms.set(frame, ofFrame);
  ofFrame.set(opcode, (ofFrame.get(opcode) ?? 0) + weight);
}

/** Time by function or line: its own, and with all that was called from it. */
export interface OwnAndTotal {
  readonly own: Float64Array;
  readonly total: Float64Array;
  readonly count: Float64Array;
}

/**
 * @param ids of functions or lines, by row of `frames`
 * @param firsts by row of `stacks`: see the model
 */
export function ownAndTotal(
  { stacks, frames }: Model,
  sums: Sums,
  ids: Int32Array,
  firsts: Uint8Array,
  length: number,
): OwnAndTotal {
  const own = new Float64Array(length);
  const total = new Float64Array(length);
  const count = new Float64Array(length);
  for (let frame = 0; frame < frames.length; frame++) {
    const id = at(ids, frame);
    own[id] = at(own, id) + at(sums.frameWeight, frame);
    count[id] = at(count, id) + at(sums.frameCount, frame);
  }
  for (let stack = 0; stack < stacks.length; stack++) {
    if (firsts[stack] === 0) continue;
    const id = at(ids, at(stacks.frame, stack));
    total[id] = at(total, id) + at(sums.stackWeight, stack);
  }
  return { own, total, count };
}

/** The key with the most time. */
export function largest(amounts: ReadonlyMap<number, number>): number {
  let [best, most] = [-1, -1];
  for (const [key, amount] of amounts) if (amount > most) [best, most] = [key, amount];
  return best;
}
