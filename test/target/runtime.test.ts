import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findGilHolder,
  judgeInterpreters,
  type RuntimeLayout,
  searchInterpreters,
} from '../../src/target/runtime.js';
import { FakeMemory } from './fake-memory.js';

const layout: RuntimeLayout = {
  runtime: { interpretersHead: 32, tstateCurrent: 568, size: 656 },
  interpreter: { next: 0, threadsHead: 8, id: 24 },
  thread: { prev: 0, next: 8, interp: 16, threadId: 176, nativeThreadId: -1 },
};

const runtimeAt = 0x10_0000n;
const heapAt = 0x50_0000n;
const [mainInterpreter, subInterpreter] = [heapAt + 0x100n, heapAt + 0x200n];
const [mainThread, otherThread, subThread] = [heapAt + 0x300n, heapAt + 0x400n, heapAt + 0x500n];
const headAt = runtimeAt + 32n;

/** A runtime with two interpreters, the first of which has two threads. Words can be changed through `poke`. */
function world(gilOffset = 568, getframe?: bigint) {
  const [runtime, heap] = [Buffer.alloc(4096), Buffer.alloc(4096)];
  const poke = (address: bigint, value: bigint) => {
    const [bytes, start] = address >= heapAt ? [heap, heapAt] : [runtime, runtimeAt];
    bytes.writeBigUInt64LE(value, Number(address - start));
  };
  poke(headAt, subInterpreter);
  poke(headAt + 8n, mainInterpreter);
  poke(subInterpreter, mainInterpreter);
  poke(subInterpreter + 8n, subThread);
  poke(mainInterpreter + 8n, mainThread);
  poke(mainThread + 8n, otherThread);
  poke(otherThread, mainThread);
  poke(mainThread + 16n, mainInterpreter);
  poke(otherThread + 16n, mainInterpreter);
  poke(subThread + 16n, subInterpreter);
  poke(runtimeAt + BigInt(gilOffset) - 8n, 1n);
  poke(runtimeAt + BigInt(gilOffset), otherThread);
  // Up to 3.8 the function `getframe` lies between.
  poke(runtimeAt + BigInt(gilOffset) + 8n, getframe === undefined ? mainInterpreter : getframe);
  poke(runtimeAt + BigInt(gilOffset) + 16n, getframe === undefined ? 0n : mainInterpreter);
  const memory = new FakeMemory([
    [runtimeAt, runtime],
    [heapAt, heap],
  ]);
  return { memory, read: memory.read, poke };
}

const runtimeRange = [{ start: runtimeAt, end: runtimeAt + 4096n }];
const heapRange = [{ start: heapAt, end: heapAt + 4096n }];

test('a list of interpreters whose threads point back is running', () => {
  assert.equal(judgeInterpreters(world().read, headAt, layout), 'running');
});

test('no interpreter, or none with a thread, is not running yet', () => {
  const none = world();
  none.poke(headAt, 0n);
  assert.equal(judgeInterpreters(none.read, headAt, layout), 'empty');
  const idle = world();
  idle.poke(subInterpreter + 8n, 0n);
  idle.poke(mainInterpreter + 8n, 0n);
  assert.equal(judgeInterpreters(idle.read, headAt, layout), 'empty');
});

test('an interpreter without a thread does not hide another that has one', () => {
  const { read, poke } = world();
  poke(subInterpreter + 8n, 0n);
  assert.equal(judgeInterpreters(read, headAt, layout), 'running');
});

test('pointers that lead elsewhere, into nothing or in a circle are wrong', () => {
  for (const [address, value] of [
    [subThread + 16n, mainInterpreter],
    [subInterpreter + 8n, 8n],
    [subInterpreter + 8n, subThread + 1n],
    [subThread, otherThread],
    [headAt, 0x7fff_ffff_ffffn],
    [headAt, 0xffff_ffff_ffff_fff8n],
  ] as const) {
    const { read, poke } = world();
    poke(address, value);
    assert.equal(judgeInterpreters(read, headAt, layout), 'wrong');
  }
  const circle = world();
  circle.poke(subInterpreter, subInterpreter);
  circle.poke(subInterpreter + 8n, 0n);
  assert.equal(judgeInterpreters(circle.read, headAt, layout), 'wrong');
  assert.ok(circle.memory.reads < 50_000);
});

test('the list is found by search where the table does not say it is', () => {
  const { read, poke } = world();
  poke(runtimeAt + 16n, mainInterpreter);
  assert.equal(searchInterpreters(read, runtimeRange, heapRange, layout), headAt);
});

test('without interpreters.main behind it, the first word that leads to an interpreter is taken', () => {
  const { read, poke } = world();
  poke(headAt + 8n, 0n);
  poke(runtimeAt + 576n, 0n);
  poke(runtimeAt + 16n, mainInterpreter);
  assert.equal(searchInterpreters(read, runtimeRange, heapRange, layout), runtimeAt + 16n);
});

test('a search in memory without any interpreter finds nothing', () => {
  const { read } = world();
  assert.equal(searchInterpreters(read, heapRange, runtimeRange, layout), undefined);
});

test('the holder of the GIL is where the table says', () => {
  assert.equal(findGilHolder(world().read, headAt, layout), runtimeAt + 568n);
});

test('the holder of the GIL is recognised where another patch release has it', () => {
  assert.equal(findGilHolder(world(1392).read, headAt, layout), runtimeAt + 1392n);
  assert.equal(findGilHolder(world(1392, 0x40_0000n).read, headAt, layout), runtimeAt + 1392n);
});

test('the flag before the holder is not taken for it while nobody holds the GIL', () => {
  const { read, poke } = world(1392);
  poke(runtimeAt + 1384n, 0n);
  poke(runtimeAt + 1392n, 0n);
  assert.equal(findGilHolder(read, headAt, layout), runtimeAt + 1392n);
});

test('the holder may be nobody, but not something that is no thread', () => {
  const nobody = world();
  nobody.poke(runtimeAt + 568n, 0n);
  assert.equal(findGilHolder(nobody.read, headAt, layout), runtimeAt + 568n);
  const wrong = world();
  wrong.poke(runtimeAt + 568n, heapAt + 0x700n);
  assert.equal(findGilHolder(wrong.read, headAt, layout), 0n);
});

test('a version without that field has no holder', () => {
  const later = { ...layout, runtime: { ...layout.runtime, tstateCurrent: -1 } };
  assert.equal(findGilHolder(world().read, headAt, later), 0n);
});
