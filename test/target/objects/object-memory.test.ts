import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largestRead, ObjectMemory } from '../../../src/target/objects/object-memory.js';

const pageSize = 4096;

/** Memory with mapped pages at the given numbers, each byte the low byte of its address divided by 16. */
function memoryOf(pages: readonly number[], mostCalls?: number) {
  const calls: number[] = [];
  const memory = new ObjectMemory((address, length) => {
    const page = Number(address) / pageSize;
    calls.push(page);
    return pages.includes(page)
      ? Uint8Array.from({ length }, (_, index) => byteAt(Number(address) + index))
      : undefined;
  }, mostCalls);
  return { memory, calls };
}

const byteAt = (address: number) => (address >> 4) & 0xff;

test('a read across pages is put together from them, and each page is fetched once', () => {
  const { memory, calls } = memoryOf([16, 17]);
  const bytes = memory.bytes(BigInt(17 * pageSize - 40), 80);
  assert.deepEqual(
    [...(bytes ?? [])],
    Array.from({ length: 80 }, (_, index) => byteAt(17 * pageSize - 40 + index)),
  );
  memory.pointer(BigInt(17 * pageSize + 8));
  memory.bytes(BigInt(18 * pageSize), 8);
  memory.bytes(BigInt(18 * pageSize), 8);
  assert.deepEqual(calls, [16, 17, 18]);
});

test('nothing comes of a range that is not mapped as a whole, is too large or makes no sense', () => {
  const { memory } = memoryOf([16, 17]);
  assert.equal(memory.bytes(BigInt(18 * pageSize - 8), 16), undefined);
  assert.equal(memory.bytes(BigInt(16 * pageSize), largestRead + 1), undefined);
  assert.equal(memory.bytes(BigInt(16 * pageSize), -1), undefined);
  assert.equal(memory.bytes(BigInt(16 * pageSize), Number.NaN), undefined);
  for (const address of [0n, 8n, -8n, 1n << 56n, (1n << 64n) - 8n]) {
    assert.equal(memory.pointer(address), undefined);
  }
});

test('past the bound on calls everything new is unreadable', () => {
  const { memory, calls } = memoryOf([16, 17, 18], 2);
  const read = (page: number) => memory.bytes(BigInt(page * pageSize), 1) !== undefined;
  assert.deepEqual([read(16), read(17), read(18), read(16)], [true, true, false, true]);
  assert.deepEqual(calls, [16, 17]);
});

test('looking at the same page for ever comes to an end', () => {
  const { memory } = memoryOf([16], 2);
  let looks = 0;
  while (memory.pointer(BigInt(16 * pageSize)) !== undefined) looks++;
  assert.ok(looks > 0 && looks <= 1000, String(looks));
});

test('a C string ends at its zero byte, also just before memory that is not mapped', () => {
  const text = Buffer.from('module.né\0');
  const page = Buffer.alloc(pageSize, 1);
  text.copy(page, pageSize - text.length);
  const memory = new ObjectMemory((address) => (address === 0x10000n ? page : undefined));
  assert.equal(memory.cString(BigInt(0x11000 - text.length)), 'module.né');
  assert.equal(memory.cString(0x10000n), undefined);
});

test('what was read is kept until it is let go of, and a pointer can be read past it', () => {
  let now = 1n;
  const memory = new ObjectMemory((_address, length) => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setBigUint64(0, now, true);
    return bytes;
  });
  assert.equal(memory.pointer(0x10000n), 1n);
  now = 2n;
  assert.deepEqual([memory.pointer(0x10000n), memory.pointerNow(0x10000n)], [1n, 2n]);
  memory.forget();
  assert.equal(memory.pointer(0x10000n), 2n);
});
