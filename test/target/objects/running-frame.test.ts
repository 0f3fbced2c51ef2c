import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layoutFor } from '../../../src/python/layout.js';
import { FrameReader, isSameFrame } from '../../../src/target/objects/running-frame.js';
import { FakeMemory } from '../fake-memory.js';

const thread = 0x10_0000n;
const cframe = 0x20_0000n;
const [first, second] = [0x30_0000n, 0x31_0000n];

interface Fake {
  readonly code: bigint;
  readonly instruction: bigint;
  readonly slots: readonly bigint[];
  readonly previous: bigint;
}

/** A thread with a frame on top of another one. */
function memoryOf(minor: number, top: Fake, below: Fake): FakeMemory {
  const { field } = layoutFor({ minor, micro: 0 });
  const frame = (name: string) => field('_PyInterpreterFrame', name);
  const behind = minor <= 12;
  const state = Buffer.alloc(512);
  state.writeBigUInt64LE(
    behind ? cframe : first,
    field('PyThreadState', behind ? 'cframe' : 'current_frame'),
  );
  const onStack = Buffer.alloc(64);
  if (behind) onStack.writeBigUInt64LE(first, field('_PyCFrame', 'current_frame'));
  const frameBytes = ({ code, instruction, slots, previous }: Fake) => {
    const bytes = Buffer.alloc(frame('localsplus') + 8 * 4);
    bytes.writeBigUInt64LE(code, Math.max(frame('f_code'), frame('f_executable')));
    bytes.writeBigUInt64LE(instruction, Math.max(frame('prev_instr'), frame('instr_ptr')));
    bytes.writeBigUInt64LE(previous, frame('previous'));
    for (const [index, slot] of slots.entries())
      bytes.writeBigUInt64LE(slot, frame('localsplus') + 8 * index);
    return bytes;
  };
  return new FakeMemory([
    [thread, state],
    [cframe, onStack],
    [first, frameBytes(top)],
    [second, frameBytes(below)],
  ]);
}

const below: Fake = { code: 0x5000n, instruction: 0x5010n, slots: [], previous: 0n };

for (const minor of [11, 12, 13, 14, 15]) {
  test(`frames of a thread of 3.${minor} are read from the top, with what stands in their slots`, () => {
    const tag = minor >= 14 ? 1n : 0n;
    const top: Fake = {
      code: 0x4000n | tag,
      instruction: 0x4008n,
      slots: [0x7000n | tag, 0n],
      previous: second,
    };
    const reader = new FrameReader(memoryOf(minor, top, below).read, layoutFor({ minor, micro: 0 }));
    const found = reader.frames(thread, 4, 6);
    assert.deepEqual(
      found.map(({ address, code, instruction }) => [address, code, instruction]),
      [
        [first, 0x4000n, 0x4008n],
        [second, 0x5000n, 0x5010n],
      ],
    );
    assert.deepEqual(
      [0, 1, 9].map((slot) => found[0]?.held(slot)),
      [0x7000n | tag, 0n, 0n],
    );
    assert.equal(reader.object(0x7000n | tag), 0x7000n);
    // Py_INT_TAG: a number, and no object.
    if (minor >= 14) assert.equal(reader.object(0x7003n), 0n);
    assert.equal(reader.frames(thread, 4, 1).length, 1);
    assert.deepEqual(reader.frames(0x99_0000n, 4, 6), []);
  });
}

test('a frame is the same if its code, its instruction and the slots that matter are', () => {
  const top: Fake = { code: 0x4000n, instruction: 0x4008n, slots: [0x7000n, 0x8000n], previous: second };
  const read = (change: Partial<Fake>) => {
    const layout = layoutFor({ minor: 13, micro: 0 });
    return new FrameReader(memoryOf(13, { ...top, ...change }, below).read, layout).frames(thread, 4, 1)[0];
  };
  const then = read({});
  assert.equal(isSameFrame(then, read({}), [0, 1]), true);
  assert.equal(isSameFrame(then, read({ slots: [0x7000n, 0x9000n] }), [0]), true);
  assert.equal(isSameFrame(then, read({ slots: [0x7000n, 0x9000n] }), [0, 1]), false);
  assert.equal(isSameFrame(then, read({ instruction: 0x400an }), [0]), false);
  assert.equal(isSameFrame(then, read({ code: 0x6000n }), [0]), false);
  assert.equal(isSameFrame(then, undefined, []), false);
});
