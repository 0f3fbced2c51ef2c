import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GilLayout, placeOfGil } from '../../src/target/gil-place.js';
import { FakeMemory } from './fake-memory.js';

const runtimeAt = 0x10_0000n;
const head = runtimeAt + 32n;
const gilAt = runtimeAt + 352n;
const statics = { start: 0x0f_0000n, end: 0x20_0000n };
const elsewhere = { struct: 0n, locks: statics };
const fields: Readonly<Record<string, number>> = {
  'ceval.gil.last_holder': 360,
  last_holder: 8,
  sizeof: 208,
};

function layoutOf(minor: number): GilLayout {
  return {
    minor,
    runtime: { interpretersHead: 32, tstateCurrent: 568, size: 656 },
    field: (_, name) => (minor === 6 ? -1 : (fields[name] ?? -1)),
  };
}

/** Memory in which a GIL may lie. */
function memoryWith(interval: bigint, holder: bigint, locked: number) {
  const bytes = Buffer.alloc(4096);
  const at = Number(gilAt - runtimeAt);
  bytes.writeBigUInt64LE(interval, at);
  bytes.writeBigUInt64LE(holder, at + 8);
  bytes.writeInt32LE(locked, at + 16);
  return new FakeMemory([[runtimeAt, bytes]]).read;
}

test('to 3.11 the locks of the GIL are where the table says, if there is a GIL', () => {
  const gil = { struct: gilAt, locks: { start: gilAt, end: gilAt + 208n } };
  for (const [interval, holder, locked] of [
    [5000n, 0x7f00_0000_1000n, 1],
    [5000n, 0n, -1],
    [1n, 0x55_0000n, 0],
  ] as const) {
    assert.deepEqual(placeOfGil(memoryWith(interval, holder, locked), head, layoutOf(10), statics), gil);
  }
});

test('where it is not, and on 3.6, they are among the static data of the interpreter', () => {
  for (const [interval, holder, locked] of [
    [0n, 0x7f00_0000_1000n, 1],
    [0x7f00_0000_1000n, 0x7f00_0000_1000n, 1],
    [5000n, 0x7f00_0000_1001n, 1],
    [5000n, 1n << 60n, 1],
    [5000n, 0x7f00_0000_1000n, 2],
  ] as const) {
    assert.deepEqual(
      placeOfGil(memoryWith(interval, holder, locked), head, layoutOf(10), statics),
      elsewhere,
    );
  }
  assert.deepEqual(placeOfGil(memoryWith(5000n, 0n, 0), head, layoutOf(6), statics), elsewhere);
  assert.deepEqual(placeOfGil(new FakeMemory([]).read, head, layoutOf(10), statics), elsewhere);
});

test('from 3.12 on each interpreter tells', () => {
  const nowhere = { struct: 0n, locks: { start: 0n, end: 0n } };
  assert.deepEqual(placeOfGil(memoryWith(5000n, 0n, 0), head, layoutOf(12), statics), nowhere);
});
