import type { ListedInstruction } from '../profile/listing.js';

/** A loop: where it begins, and the offsets of what runs in its rounds. */
export interface LoopBody {
  readonly start: number;
  readonly offsets: ReadonlySet<number>;
}

/**
 * The loops of a code object: what lies on a way from where a jump back leads to up to that jump. Handlers of
 * exceptions jump back as well, to what follows their `try`; no way without an exception leads to them.
 */
export function loopBodies(instructions: readonly ListedInstruction[]): readonly LoopBody[] {
  const index = new Map(instructions.map(({ offset }, at) => [offset, at]));
  const next = instructions.map((one, at) =>
    followers(one, at, index).filter((to) => to < instructions.length),
  );
  const previous: number[][] = instructions.map(() => []);
  for (const [from, all] of next.entries()) for (const to of all) previous[to]?.push(from);
  const bodies = new Map<number, Set<number>>();
  for (const [from, one] of instructions.entries()) {
    const start = isJump(one) && one.target <= one.offset ? index.get(one.target) : undefined;
    if (start === undefined) continue;
    const ahead = reached(start, next, -1);
    if (!ahead.has(from)) continue;
    const body = bodies.get(start) ?? new Set<number>();
    bodies.set(start, body);
    for (const at of reached(from, previous, start)) if (ahead.has(at)) body.add(at);
  }
  return [...bodies].map(([start, body]) => ({
    start: instructions[start]?.offset ?? 0,
    offsets: new Set([...body].map((at) => instructions[at]?.offset ?? 0)),
  }));
}

function followers(one: ListedInstruction, at: number, index: ReadonlyMap<number, number>): number[] {
  const target = isJump(one) ? index.get(one.target) : undefined;
  const jumps = target === undefined ? [] : [target];
  return leaves.test(one.base) ? jumps : [...jumps, at + 1];
}

/** SETUP_* (to 3.10) name a handler, END_ASYNC_FOR (3.14+) where its loop began: neither goes there. */
function isJump({ base, target }: ListedInstruction): boolean {
  return target >= 0 && !/^(SETUP_|END_ASYNC_FOR|CALL_FINALLY)/.test(base);
}

/** What never goes on with the next instruction. */
const leaves =
  /^(RETURN_(VALUE|CONST)|RAISE_VARARGS|RERAISE|INTERPRETER_EXIT|BREAK_LOOP|CONTINUE_LOOP|JUMP_(FORWARD|ABSOLUTE|BACKWARD|BACKWARD_NO_INTERRUPT))$/;

/** What can be reached, going no further from `end`. */
function reached(start: number, edges: readonly (readonly number[])[], end: number): ReadonlySet<number> {
  const found = new Set([start]);
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === end) continue;
    for (const to of edges[at] ?? []) {
      if (found.has(to)) continue;
      found.add(to);
      open.push(to);
    }
  }
  return found;
}
