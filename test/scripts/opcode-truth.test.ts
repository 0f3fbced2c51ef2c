import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../helpers/random.js';

/** The modules are plain JavaScript: what a test uses of them is typed here. */
async function module<T>(path: string): Promise<T> {
  return (await import(new URL(`../../../scripts/opcode-truth/${path}`, import.meta.url).href)) as T;
}

type Counts = ReadonlyMap<number, number>;
type View = 'handler' | 'visible' | 'before';

interface Stop {
  readonly pc: number;
  readonly sp: number;
  readonly burst: number;
  readonly frame: number;
  readonly found: readonly number[];
}

interface Learned {
  readonly opcodesAt: Readonly<Record<View, ReadonlyMap<number, Counts>>>;
  readonly returns: ReadonlySet<number>;
  readonly dispatches: number;
}

interface Difference {
  readonly opcode: number;
  readonly truth: number;
  readonly seen: number;
  readonly difference: number;
  readonly error: number;
}

const { learn } = await module<{
  learn: (trace: readonly Stop[], code: object, options: { publishes: boolean }) => Learned;
}>('learn.mjs');
const { attribute, misattributed } = await module<{
  attribute: (
    stops: readonly Stop[],
    code: object,
    learned: Learned,
  ) => { counts: Record<View, Counts>; inside: number; unattributed: number; shared: number };
  misattributed: (code: object, learned: Learned) => number;
}>('attribute.mjs');
const { differences, variation, worst } = await module<{
  differences: (rounds: readonly { truth: Counts; seen: Counts }[]) => readonly Difference[];
  variation: (rows: readonly Difference[]) => { distance: number; noise: number };
  worst: (rows: readonly Difference[]) => Difference;
}>('differences.mjs');

/**
 * An interpreter of three instructions: the handlers of 1 and 2 begin at 100 and 200 and store their instruction with
 * their second machine instruction; 1 calls out of the interpreter at 103 and comes back to 104. Both end in the
 * dispatch at 300.
 */
const code = {
  handlers: new Map([
    [100, [1]],
    [200, [2]],
  ]),
  has: (pc: number) => pc >= 100 && pc < 400,
  isEntry: () => false,
  jumpsIndirectly: (pc: number) => pc === 300,
  storesAt: (pc: number) => (pc === 101 || pc === 201 ? 56 : undefined),
};
const at = (pc: number, sp = 1000, found: readonly number[] = []): Stop => ({
  pc,
  sp,
  burst: 0,
  frame: 0,
  found,
});
const one = [at(100), at(101), at(102), at(103), at(9000, 992, [104]), at(104), at(300)];
const two = [at(200), at(201), at(202), at(300)];
const trace = [at(300), ...one, ...two, ...one, ...two, ...two];

/** The opcode that an address is for, when it is for one alone. */
const only = (counts: Counts | undefined) => (counts?.size === 1 ? [...counts.keys()][0] : undefined);

test('a machine instruction belongs to the opcode that the last jump through the dispatch table chose', () => {
  const { opcodesAt, dispatches, returns } = learn(trace, code, { publishes: true });
  assert.equal(dispatches, 5);
  assert.deepEqual(
    [100, 101, 102, 103, 104].map((pc) => only(opcodesAt.handler.get(pc))),
    [1, 1, 1, 1, 1],
  );
  assert.deepEqual(
    [200, 201, 202].map((pc) => only(opcodesAt.handler.get(pc))),
    [2, 2, 2],
  );
  assert.deepEqual(
    opcodesAt.handler.get(300),
    new Map([
      [1, 2],
      [2, 3],
    ]),
  );
  assert.deepEqual(returns, new Set([104]));
});

test('until a handler has stored its instruction the one before is visible', () => {
  const { opcodesAt } = learn(trace, code, { publishes: true });
  assert.deepEqual(
    [102, 104].map((pc) => only(opcodesAt.visible.get(pc))),
    [1, 1],
  );
  assert.equal(only(opcodesAt.visible.get(100)), 2, 'a 2 ran before each 1 that has a known predecessor');
  assert.deepEqual(
    opcodesAt.visible.get(201),
    new Map([
      [1, 2],
      [2, 1],
    ]),
  );
  assert.deepEqual(
    opcodesAt.before.get(202),
    new Map([
      [1, 2],
      [2, 1],
    ]),
  );
});

test('a call is visible until the callee is current, and again as soon as it is not any more', () => {
  // 1 calls at 102, which makes the frame 16 current; 2 is the callee's only instruction, and leaves it at 202.
  const caller = (pc: number) => ({ ...at(pc), frame: 8 });
  const callee = (pc: number) => ({ ...at(pc), frame: 16 });
  const turn = [
    ...[caller(100), caller(101), caller(102), callee(103), callee(300)],
    ...[callee(200), callee(201), callee(202), caller(203), caller(300)],
  ];
  const { opcodesAt } = learn([caller(300), ...turn, ...turn], code, { publishes: true });
  assert.deepEqual(
    [102, 203].map((pc) => only(opcodesAt.visible.get(pc))),
    [1, 1],
  );
  assert.deepEqual(
    [103, 200, 201, 202].map((pc) => only(opcodesAt.visible.get(pc))),
    [2, 2, 2, 2],
    'a frame that has not begun is at its first instruction',
  );
  assert.equal(only(opcodesAt.handler.get(203)), 2);
});

test('a caller whose call the trace has not seen is at no known instruction', () => {
  const trace = [300, 200, 201, 202].map((pc) => ({ ...at(pc), frame: 16 }));
  const { opcodesAt } = learn([...trace, { ...at(203), frame: 8 }, ...trace], code, { publishes: true });
  assert.equal(opcodesAt.visible.get(203), undefined);
  assert.equal(only(opcodesAt.handler.get(203)), 2);
});

test('up to 3.10 an instruction is visible as soon as its handler runs', () => {
  const { opcodesAt } = learn(trace, code, { publishes: false });
  assert.deepEqual(opcodesAt.visible, opcodesAt.handler);
});

test('handlers that do not store their instruction in one place are refused', () => {
  assert.throws(
    () => learn(trace, { ...code, storesAt: () => undefined }, { publishes: true }),
    /one offset/,
  );
});

test('a stop in a function that a handler called counts for that handler', () => {
  const learned = learn(trace, code, { publishes: true });
  const stops = [at(9004, 900, [350, 104, 202]), at(202), at(9004, 900, []), at(399), at(300)];
  const { counts, inside, unattributed, shared } = attribute(stops, code, learned);
  assert.deepEqual({ inside, unattributed, shared }, { inside: 3, unattributed: 2, shared: 1 });
  // The last one stands where both end: two runs of five are those of 1.
  assert.deepEqual(
    counts.handler,
    new Map([
      [1, 1.4],
      [2, 1.6],
    ]),
  );
  assert.equal(misattributed(code, learned), 0);
});

test('a word on the stack that leads to another opcode shows as wrongly attributed', () => {
  // 1 calls from 103; what was left on its stack points behind a call of 2, which came first.
  const calling = [at(200), at(201), at(203), at(9000, 992, [204]), at(204), at(300)];
  const misled = one.map((stop) => (stop.pc === 9000 ? at(9000, 992, [204, 104]) : stop));
  const learned = learn([at(300), ...calling, ...misled], code, { publishes: true });
  assert.equal(misattributed(code, learned), 0.5);
});

test('the error of a difference is what counting makes of it, or more where turns differ more', () => {
  const random = randomFrom(1);
  const taken = (share: number) => {
    const ones = Array.from({ length: 1000 }, random).filter((value) => value < share).length;
    return new Map([
      [1, ones],
      [2, 1000 - ones],
    ]);
  };
  const steady = differences(Array.from({ length: 16 }, () => ({ truth: taken(0.3), seen: taken(0.3) })));
  for (const { difference, error } of steady) {
    assert.ok(error > 0.005 && error < 0.01, `sqrt(2 × 0.3 × 0.7 / 16000) is 0.005: ${error}`);
    assert.ok(Math.abs(difference) < 4 * error, `${difference} ± ${error}`);
  }
  const drifting = differences(
    Array.from({ length: 16 }, (_, turn) => ({ truth: taken(0.3), seen: taken(turn % 2 === 0 ? 0.1 : 0.5) })),
  );
  assert.ok((drifting[0]?.error ?? 0) > 0.04, `turns are 0.2 off: ${drifting[0]?.error}`);
});

test('opcodes that only one histogram has count in full', () => {
  const rows = differences([
    {
      truth: new Map([
        [1, 90],
        [2, 10],
      ]),
      seen: new Map([
        [1, 70],
        [3, 30],
      ]),
    },
  ]);
  assert.deepEqual(
    rows.map(({ opcode, truth, seen }) => [opcode, truth, seen]),
    [
      [1, 0.9, 0.7],
      [2, 0.1, 0],
      [3, 0, 0.3],
    ],
  );
  assert.equal(worst(rows).opcode, 3);
  assert.ok(Math.abs(variation(rows).distance - 0.3) < 1e-12);
});
