import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SampleFilter } from '../../src/profile/filter.js';
import { totals } from '../../src/profile/totals.js';
import { MILLISECOND, smallProfile } from '../helpers/profiles.js';

const opcodes = (filter: SampleFilter) =>
  totals(smallProfile(), filter).opcodes.map(({ name, count }) => `${name} ${count}`);

test('the histogram counts the leaves of threads that are awake, heaviest first', () => {
  const { all, unknown, opcodes: rows } = totals(smallProfile(), {});
  assert.deepEqual(all, { count: 21, weight: 21 * MILLISECOND, near: 3 });
  assert.deepEqual(unknown, { count: 1, weight: MILLISECOND, near: 0 });
  assert.deepEqual(rows, [
    { name: 'BINARY_ADD', base: 'BINARY_ADD', share: 12 / 21, count: 12, weight: 12 * MILLISECOND, near: 0 },
    { name: 'LOAD_ATTR_SLOT', base: 'LOAD_ATTR', share: 5 / 21, count: 5, weight: 5 * MILLISECOND, near: 0 },
    {
      name: 'CALL_FUNCTION',
      base: 'CALL_FUNCTION',
      share: 3 / 21,
      count: 3,
      weight: 3 * MILLISECOND,
      near: 3,
    },
  ]);
});

test('idle threads are in when asked for, and unreadable samples never are', () => {
  assert.deepEqual(opcodes({ idle: true }), ['BINARY_ADD 12', 'CALL_FUNCTION 7', 'LOAD_ATTR_SLOT 5']);
  assert.equal(totals(smallProfile(), { idle: true }).all.count, 25);
});

test('holders of the GIL alone', () => {
  assert.equal(totals(smallProfile(), { gil: true }).all.count, 20);
});

test('instructions are asked for by specialised or base name, in any case, and shares stay shares of all', () => {
  assert.deepEqual(opcodes({ instructions: ['load_attr'] }), ['LOAD_ATTR_SLOT 5']);
  assert.deepEqual(opcodes({ instructions: ['LOAD_ATTR_SLOT', 'CALL_FUNCTION'] }).length, 2);
  assert.deepEqual(opcodes({ instructions: ['NOP'] }), []);
  assert.equal(totals(smallProfile(), { instructions: ['LOAD_ATTR'] }).opcodes[0]?.share, 5 / 21);
});

test('a file glob keeps the leaves in the files that it matches', () => {
  assert.deepEqual(opcodes({ file: 'app.*' }), ['BINARY_ADD 12', 'LOAD_ATTR_SLOT 5']);
  assert.deepEqual(opcodes({ file: '/srv/lib/**' }), ['CALL_FUNCTION 3']);
});

test('locations are one row per instruction, with file, line, function and opcode', () => {
  const rows = totals(smallProfile(), {}).locations;
  assert.deepEqual(
    rows.map(({ count, file, line, function: name, name: opcode, offset }) => [
      count,
      file,
      line,
      name,
      opcode,
      offset,
    ]),
    [
      [12, '/srv/app/app.py', 4, 'work', 'BINARY_ADD', 2],
      [5, '/srv/app/app.py', 5, 'work', 'LOAD_ATTR_SLOT', 4],
      [3, '/srv/lib/整理/tidy\u001b[31m&.py', 9, 'tidy; 整理', 'CALL_FUNCTION', 0],
    ],
  );
});
