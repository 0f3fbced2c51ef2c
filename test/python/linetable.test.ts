import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAt, lineRanges, positionAt, positionRanges } from '../../src/python/linetable.js';

// Of one generator function whose lines go back twice, as each version compiled it:
//
//   1 def f(a,
//   2       b=1):
//   3     x = g(a,
//   4           b)
//   5
//   6     if x:
//   7         for i in x: yield i
//   8     return (
//   9         a
//  10         + b)
const lnotab = bytes('0002040102ff0403040108000802020102ff02ff');
const linetable310 = bytes('02800402020104ff040310010202020102ff02ff');
const locations311 = bytes(
  'e800e8008000e508098821d80a0bf10301090df40001090d8041f006000809f00001051cd81112d0081bd0081b884198219047904790479047e00809d80a0bf10301090cf00302050d',
);

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

/** As [start, line] pairs, the way of dis.findlinestarts, and where the last ends. */
function starts(minor: number, table: Uint8Array, length: number): readonly (readonly [number, number])[] {
  return lineRanges({ major: 3, minor }, table, 1, length).map(({ start, line }) => [start, line] as const);
}

const fromFourthLine = [4, 3, 6, 7, 9, 10, 9, 8];

test('lnotab gives the lines that 3.8 gives, also where they go back', () => {
  const expected = [0, 4, 6, 10, 14, 30, 32, 34, 36].map((start, index) => [
    start,
    [3, ...fromFourthLine][index],
  ]);
  assert.deepEqual(starts(8, lnotab, 38), expected);
});

test('the line table of 3.10 gives its lines and knows code without one', () => {
  const expected = [0, 2, 6, 8, 12, 16, 32, 34, 36, 38].map((start, index) => [
    start,
    [0, 3, ...fromFourthLine][index],
  ]);
  assert.deepEqual(starts(10, linetable310, 40), expected);
});

test('the location table of 3.11 gives its lines', () => {
  const expected = [0, 6, 20, 22, 38, 42, 60, 62, 64, 68].map((start, index) => [
    start,
    [1, 3, ...fromFourthLine][index],
  ]);
  assert.deepEqual(starts(11, locations311, 70), expected);
});

test('the location table gives end lines and columns in each of its forms', () => {
  const at = (offset: number) => positionAt({ major: 3, minor: 11 }, locations311, 1, offset);
  assert.deepEqual(at(0), { line: 1, endLine: 1, column: -1, endColumn: -1 });
  assert.deepEqual(at(4), { line: 1, endLine: 1, column: 0, endColumn: 0 });
  assert.deepEqual(at(18), { line: 3, endLine: 3, column: 10, endColumn: 11 });
  assert.deepEqual(at(22), { line: 3, endLine: 4, column: 8, endColumn: 12 });
  assert.deepEqual(at(40), { line: 6, endLine: 7, column: 4, endColumn: 27 });
});

test('an inline cache has the place of its instruction', () => {
  const at = (offset: number) => positionAt({ major: 3, minor: 11 }, locations311, 1, offset);
  assert.deepEqual(at(16), at(6));
});

test('a module of 3.11 begins on line 0', () => {
  const table = bytes('f003010101');
  assert.deepEqual(positionAt({ major: 3, minor: 11 }, table, 1, 0).line, 0);
  assert.deepEqual(positionAt({ major: 3, minor: 11 }, table, 1, 0).endLine, 1);
});

test('code that is nowhere has line 0, and the next line counts from before it', () => {
  const version = { major: 3, minor: 12 };
  assert.equal(lineAt(version, bytes('f8e804'), 5, 0), 0);
  assert.equal(lineAt(version, bytes('f8e804'), 5, 2), 7);
});

test('before its first instruction a frame is on the first line of its code', () => {
  for (const [minor, table] of [
    [8, lnotab],
    [10, linetable310],
    [11, locations311],
  ] as const) {
    assert.equal(lineAt({ major: 3, minor }, table, 42, -1), 42);
  }
});

test('past the end of the table lnotab goes on, the others have nothing', () => {
  assert.equal(lineAt({ major: 3, minor: 8 }, lnotab, 1, 1000), 8);
  assert.equal(lineAt({ major: 3, minor: 10 }, linetable310, 1, 40), 0);
  assert.equal(lineAt({ major: 3, minor: 11 }, locations311, 1, 70), 0);
});

test('an empty lnotab is one line, an empty table of later versions none', () => {
  const empty = new Uint8Array();
  assert.deepEqual(lineRanges({ major: 3, minor: 9 }, empty, 3, 10), [{ start: 0, end: 10, line: 3 }]);
  assert.deepEqual(lineRanges({ major: 3, minor: 10 }, empty, 3, 10), []);
  assert.deepEqual(lineRanges({ major: 3, minor: 15 }, empty, 3, 10), []);
});

test('a table cut in the middle of an entry gives what came before', () => {
  const version = { major: 3, minor: 11 };
  const whole = positionRanges(version, locations311, 1, 70);
  for (let length = 0; length < locations311.length; length += 1) {
    const ranges = positionRanges(version, locations311.subarray(0, length), 1, 70);
    assert.deepEqual(ranges, whole.slice(0, ranges.length));
  }
});

test('random bytes end, in order, with lines that can be', () => {
  const random = generator(20261121);
  for (let round = 0; round < 3000; round += 1) {
    const table = Uint8Array.from({ length: random(64) }, () => random(256));
    for (const minor of [6, 9, 10, 11, 15]) {
      const firstLine = random(0x7fffffff);
      const ranges = positionRanges({ major: 3, minor }, table, firstLine, 65536);
      assert.ok(ranges.length <= table.length + 1);
      let at = 0;
      for (const { start, end, line, endLine, column, endColumn } of ranges) {
        assert.ok(
          start === at && end > start,
          `${start}–${end} after ${at} in ${Buffer.from(table).toString('hex')}`,
        );
        assert.ok([line, endLine].every((number) => number >= 0 && number <= 0x7fffffff));
        assert.ok([column, endColumn].every((number) => Number.isInteger(number) && number >= -1));
        at = end;
      }
      const offset = random(500);
      const here = ranges.find(({ start, end }) => offset >= start && offset < end);
      assert.equal(lineAt({ major: 3, minor }, table, firstLine, offset), here?.line ?? 0);
    }
  }
});

test('an endless number in a location table ends with the table', () => {
  const table = new Uint8Array(1_000_000).fill(0x7f);
  table[0] = 0xe8;
  assert.equal(lineAt({ major: 3, minor: 11 }, table, 1, 0), 0);
});

/** Numbers below a bound, the same ones in each run (a linear congruential generator). */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
