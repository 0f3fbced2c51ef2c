import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedAttempts } from '../../src/python/backoff.js';

const failed = (minor: number, counter: number) => failedAttempts({ major: 3, minor }, counter);

test('the exponent in the counter of a cache tells how many attempts to specialise failed at least', () => {
  // 3.11 begins with (2**5 - 1, 5); 3.12 to 3.14 with (1, 1), each with 12 bits for the value and 4 for the exponent.
  assert.deepEqual([failed(11, (31 << 4) | 5), failed(11, (4095 << 4) | 12)], [0, 7]);
  for (const minor of [12, 13, 14]) {
    assert.deepEqual([failed(minor, (1 << 4) | 1), failed(minor, (7 << 4) | 3)], [0, 2]);
    assert.equal(failed(minor, (4095 << 4) | 12), 11);
  }
  // 3.15 has 13 bits and 3.
  assert.deepEqual(
    [failed(15, (1 << 3) | 1), failed(15, (30 << 3) | 3), failed(15, (8190 << 3) | 6)],
    [0, 2, 5],
  );
});

test('after a success it begins anew, and what is never counted says nothing', () => {
  for (const minor of [11, 12, 13, 14]) assert.equal(failed(minor, 52 << 4), 0);
  assert.equal(failed(15, 52 << 3), 0);
  assert.deepEqual([failed(14, 15), failed(15, 7), failed(13, 0xffff)], [0, 0, 0]);
});
