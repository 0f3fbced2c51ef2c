import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SampleTable } from '../../src/profile/profile.js';
import { SampleRows } from '../../src/profile/sample-rows.js';

const sum = (column: ArrayLike<number>) => Array.from(column).reduce((total, value) => total + value, 0);

function keysOf(table: SampleTable): Map<string, number> {
  const keys = new Map<string, number>();
  for (let row = 0; row < table.length; row++) {
    const key = [table.thread[row], table.stack[row], table.opcode[row], table.flags[row]].join();
    keys.set(key, (keys.get(key) ?? 0) + (table.count[row] ?? 0));
  }
  return keys;
}

test('a row that repeats its thread’s previous row is added to it, whatever other threads do between', () => {
  const rows = new SampleRows(100);
  rows.add(0, 5, 1, 3, 0, 10, 1);
  rows.add(1, 6, 1, 3, 0, 10, 1);
  rows.add(0, 5, 1, 3, 10, 12, 2);
  const { length, time, weight, count } = rows.table();
  assert.equal(length, 2);
  assert.deepEqual([time[0], weight[0], count[0]], [0, 22, 3]);
});

test('a row that differs in stack, opcode or flags begins anew', () => {
  const rows = new SampleRows(100);
  rows.add(0, 5, 1, 3, 0, 1, 1);
  rows.add(0, 6, 1, 3, 1, 1, 1);
  rows.add(0, 6, 2, 3, 2, 1, 1);
  rows.add(0, 6, 2, 1, 3, 1, 1);
  assert.equal(rows.length, 4);
});

test('a weight below nothing counts as nothing', () => {
  const rows = new SampleRows(100);
  rows.add(0, 1, 1, 1, 0, -5, 1);
  rows.add(0, 1, 1, 1, 1, Number.NaN, 1);
  assert.equal(rows.table().weight[0], 0);
});

test('rows stay within their bound for ever while counts and weights per key add up exactly', () => {
  const rows = new SampleRows(1000);
  const expected = new Map<string, number>();
  for (let tick = 0; tick < 200_000; tick++) {
    const [thread, stack, opcode, flags] = [tick % 3, (tick * 7) % 20, tick % 2, 1 + 2 * (tick % 2)];
    rows.add(thread, stack, opcode, flags, tick * 1e5, 2, 1);
    const key = [thread, stack, opcode, flags].join();
    expected.set(key, (expected.get(key) ?? 0) + 1);
    assert.ok(rows.length <= 1000);
  }
  const table = rows.table();
  assert.deepEqual(new Map([...keysOf(table)].sort()), new Map([...expected].sort()));
  assert.equal(sum(table.weight), 400_000);
});

test('folding keeps rows of a thread in time order and leaves the time of the first', () => {
  const rows = new SampleRows(64);
  for (let tick = 0; tick < 1000; tick++) {
    rows.add(tick % 2, tick % 5, 0, 1, tick * 1e6, 1e6, 1);
  }
  const { length, thread, time } = rows.table();
  for (const wanted of [0, 1]) {
    const times = Array.from(time.slice(0, length)).filter((_, row) => thread[row] === wanted);
    assert.ok(times.length > 1);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.equal(times[0], wanted * 1e6);
  }
});

test('after folding a phase of the run can still be told from a later one', () => {
  const rows = new SampleRows(64);
  for (let tick = 0; tick < 2000; tick++) {
    rows.add(0, (tick < 1000 ? 0 : 2) + (tick % 2), 0, 1, tick * 1e6, 1e6, 1);
  }
  const { length, stack, time } = rows.table();
  for (let row = 0; row < length; row++) {
    assert.equal((time[row] ?? 0) < 1000e6, (stack[row] ?? 9) < 2);
  }
});

test('the bound grows only with distinct rows', () => {
  const rows = new SampleRows(16);
  for (let round = 0; round < 50; round++) {
    for (let stack = 0; stack < 100; stack++) {
      rows.add(0, stack, 0, 1, round * 1e9 + stack, 1, 1);
    }
  }
  assert.equal(keysOf(rows.table()).size, 100);
  assert.ok(rows.length <= 125, `${rows.length} rows`);
  assert.equal(sum(rows.table().count), 5000);
});

test('a count that would not fit 32 bits goes on in a row of its own, when merging and when folding', () => {
  const rows = new SampleRows(4);
  const most = 0xffff_ffff;
  rows.add(0, 1, 0, 1, 0, 1, most);
  rows.add(0, 1, 0, 1, 1, 1, 5);
  rows.add(0, 2, 0, 1, 2, 1, 1);
  rows.add(0, 1, 0, 1, 3, 1, 5);
  rows.add(0, 2, 0, 1, 4, 1, 1);
  assert.equal(sum(rows.table().count), most + 12);
});
