import { Published, unknown } from './published.mjs';

/** @typedef {import('./stops.mjs').Stop} Stop */
/** @typedef {import('./interpreter-code.mjs').InterpreterCode} InterpreterCode */
/** @typedef {Map<number, number>} Counts by opcode */

/**
 * Whose a moment is:
 * - `handler`: the instruction whose machine code runs;
 * - `visible`: what can be known from outside. From 3.11 on that is the instruction whose address was last stored into the
 *   frame that the thread's pointer leads to: the one before until a handler has stored its own, the callee's first as
 *   soon as its frame is the current one, the caller's call as soon as it is current again;
 * - `before`: the one that ran before it, as a profiler would say which is late by one.
 *
 * @typedef {'handler' | 'visible' | 'before'} View
 */

/** @type {readonly View[]} */
export const views = ['handler', 'visible', 'before'];

/**
 * What a trace tells of the interpreter's code. Which bytecode instruction runs is what the processor's last jump
 * through the dispatch table says, so nobody has to know where a compiler has put the parts of a handler.
 *
 * @typedef {object} Learned
 * @property {Readonly<Record<View, ReadonlyMap<number, Counts>>>} opcodesAt by address: how often it ran for which opcode
 * @property {ReadonlySet<number>} returns addresses in the interpreter's code to which something else has returned
 * @property {number} dispatches
 * @property {readonly { stop: Stop, opcode: number }[]} outside stops elsewhere whose stacks were searched, and whose
 *   handler had called
 */

/**
 * @param {readonly Stop[]} trace
 * @param {InterpreterCode} code
 * @param {{ publishes: boolean }} options whether handlers begin by telling others of themselves: from 3.11 on. Up to
 *   3.10 the jump to a handler does it beforehand (`FAST_DISPATCH` and `DISPATCH` in Python/ceval.c).
 * @returns {Learned}
 */
export function learn(trace, code, { publishes }) {
  const follower = new Follower(code, publishes ? publishingOffset(trace, code) : undefined);
  const opcodesAt = { handler: new Map(), visible: new Map(), before: new Map() };
  /** @type {Set<number>} */
  const returns = new Set();
  /** @type {{ stop: Stop, opcode: number }[]} */
  const outside = [];
  /** @type {Stop | undefined} */
  let last;
  /** Addresses that ran while a frame was current that had not begun. @type {number[]} */
  let early = [];
  for (const stop of trace) {
    const { returned, begins, ...moment } = follower.follow(last, stop);
    last = stop;
    if (returned) returns.add(stop.pc);
    if (begins && code.has(stop.pc)) early.push(stop.pc);
    else if (!begins) {
      for (const pc of early) count(opcodesAt.visible, pc, moment.visible);
      early = [];
    }
    if (code.has(stop.pc)) {
      for (const view of views) count(opcodesAt[view], stop.pc, moment[view]);
    } else if (stop.found.length > 0 && moment.handler !== unknown) {
      outside.push({ stop, opcode: moment.handler });
    }
  }
  return { opcodesAt, returns, dispatches: follower.dispatches, outside };
}

/** @param {Map<number, Counts>} opcodesAt @param {number} pc @param {number} opcode */
function count(opcodesAt, pc, opcode) {
  if (opcode === unknown) return;
  const counts = opcodesAt.get(pc) ?? new Map();
  counts.set(opcode, (counts.get(opcode) ?? 0) + 1);
  opcodesAt.set(pc, counts);
}

/** Machine instructions from a handler's beginning within which it stores its instruction's address. */
const beginning = 12;
const mostHandlers = 0.8;

/**
 * From 3.11 on nearly every handler begins with `frame->prev_instr = next_instr++` or `frame->instr_ptr = next_instr`
 * (Python/ceval_macros.h, Python/generated_cases.c.h): the offset that most handlers soon store a pointer to.
 *
 * @param {readonly Stop[]} trace
 * @param {InterpreterCode} code
 */
function publishingOffset(trace, code) {
  /** @type {Map<number, Set<number>>} */
  const handlersOf = new Map();
  /** @type {Set<number>} */
  const all = new Set();
  let handler = 0;
  let since = beginning;
  for (const { pc } of trace) {
    if (code.handlers.has(pc)) [handler, since] = [pc, 0];
    if (since++ >= beginning) continue;
    all.add(handler);
    const offset = code.storesAt(pc);
    if (offset !== undefined) handlersOf.set(offset, (handlersOf.get(offset) ?? new Set()).add(handler));
  }
  const [first] = [...handlersOf].sort(([, a], [, b]) => b.size - a.size);
  if (first === undefined || first[1].size < mostHandlers * all.size) {
    throw new Error('the handlers do not store their instruction at one offset');
  }
  return first[0];
}

/**
 * @typedef {object} Call of the interpreter's function
 * @property {number} entry where its return address lies
 * @property {number} sp at its last dispatch
 * @property {number} frame the current one at its last dispatch
 * @property {Record<View, number>} at opcodes
 */

/** Keeps for each running call of the interpreter, up to 3.10 one for each Python frame, what instruction it is at. */
class Follower {
  dispatches = 0;
  #code;
  #offset;
  /** The innermost last. @type {Call[]} */
  #calls = [];
  #published = new Published(0);

  /** @param {InterpreterCode} code @param {number | undefined} offset at which a handler publishes itself */
  constructor(code, offset) {
    this.#code = code;
    this.#offset = offset;
  }

  /** @param {Stop | undefined} last @param {Stop} now */
  follow(last, { pc, sp, burst, frame }) {
    if (last === undefined || last.burst !== burst) {
      const far = Number.POSITIVE_INFINITY;
      this.#calls = [{ entry: far, sp: far, frame, at: nowhere() }];
      this.#published = new Published(frame);
      return { ...nowhere(), returned: false, begins: false };
    }
    const code = this.#code;
    const inside = code.has(pc);
    const { at, frame: its } = this.#innermost;
    this.#published.move(frame);
    // Once a return has made its caller current, what it stores is not its own instruction any more.
    if (its === frame && (this.#offset === undefined || code.storesAt(last.pc) === this.#offset)) {
      at.visible = at.handler;
      this.#published.store(at.handler);
    }
    const returned = inside && !code.has(last.pc) && sp - last.sp === 8;
    while (sp > this.#innermost.entry) this.#calls.pop();
    if (inside) this.#arrive(last, { pc, sp, frame }, returned);
    const moment = { ...this.#innermost.at, returned, begins: false };
    if (frame === 0 || this.#offset === undefined) return moment;
    const visible = this.#published.current;
    return { ...moment, visible: visible ?? unknown, begins: visible === undefined };
  }

  /** @param {Stop} last @param {Pick<Stop, 'pc' | 'sp' | 'frame'>} now @param {boolean} returned */
  #arrive(last, { pc, sp, frame }, returned) {
    const innermost = this.#innermost;
    const opcodes = this.#code.handlers.get(pc);
    if (opcodes !== undefined && this.#code.jumpsIndirectly(last.pc)) {
      this.dispatches++;
      const { handler: before, visible } = innermost.at;
      const handler = opcodes.length === 1 ? (opcodes[0] ?? unknown) : unknown;
      innermost.at = { handler, visible: this.#offset === undefined ? handler : visible, before };
      Object.assign(innermost, { sp, frame });
    } else if (this.#code.isEntry(pc) && !returned) {
      this.#calls.push({ entry: sp, sp, frame, at: { ...innermost.at } });
    } else if (returned && sp > innermost.sp) {
      // A call that began before the trace did.
      Object.assign(innermost, { sp, frame, at: nowhere() });
    }
  }

  get #innermost() {
    return /** @type {Call} */ (this.#calls.at(-1));
  }
}

/** @returns {Record<View, number>} */
function nowhere() {
  return { handler: unknown, visible: unknown, before: unknown };
}
