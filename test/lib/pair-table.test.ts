import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Int32Column } from '../../src/lib/int32-column.js';
import { PairTable } from '../../src/lib/pair-table.js';

/** More than fit in two pieces of a column. */
const many = 10_000;

test('a column has each number where it was put, whatever it is, and nothing beyond', () => {
  const column = new Int32Column();
  assert.deepEqual([column.length, column.at(0), column.copy()], [0, undefined, new Int32Array()]);
  const numbers = Int32Array.from({ length: many }, (_, row) => (row % 2 === 0 ? -row : 2 ** 31 - row));
  for (const [row, number] of numbers.entries()) {
    assert.equal(column.length, row);
    column.push(number);
    assert.equal(column.at(row), number);
    assert.equal(column.at(row + 1), undefined);
  }
  assert.deepEqual(column.copy(), numbers);
  assert.equal(column.at(-1), undefined);
});

test('a copy of a column that ends with a piece is whole, and stays as it is', () => {
  const column = new Int32Column();
  for (let row = 0; row < 4096; row++) column.push(row);
  const copy = column.copy();
  column.push(1);
  assert.deepEqual([copy.length, copy[4095], column.copy().length], [4096, 4095, 4097]);
});

test('each pair has one row, in the order in which they came', () => {
  const table = new PairTable();
  const pairs = Array.from({ length: many }, (_, row) => [row % 97, Math.trunc(row / 97) - 50] as const);
  for (const [row, [first, second]] of pairs.entries()) {
    assert.equal(table.find(first, second), -1);
    assert.equal(table.add(first, second), row);
  }
  for (const [row, [first, second]] of pairs.entries()) {
    assert.equal(table.add(first, second), row);
    assert.equal(table.find(first, second), row);
    assert.deepEqual([table.first(row), table.second(row)], [first, second]);
  }
  assert.equal(table.length, many);
  assert.deepEqual(
    table.columns().first,
    Int32Array.from(pairs, ([first]) => first),
  );
  assert.deepEqual(
    table.columns().second,
    Int32Array.from(pairs, ([, second]) => second),
  );
  assert.deepEqual([table.first(many), table.second(-1)], [-1, -1]);
});
