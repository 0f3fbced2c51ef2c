import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeavyopsError } from '../../src/errors.js';
import { checkReader, unsuitable } from '../../src/session/reader-choice.js';

const isUsage = (error: unknown) => error instanceof HeavyopsError && error.code === 'USAGE';
const usual = { reader: 'kernel', processor: 'auto', rate: 1000 } as const;

test('the kernel reader is refused what it cannot do', () => {
  assert.throws(() => checkReader({ ...usual, processor: 'target' }), isUsage);
  assert.throws(() => checkReader({ ...usual, processor: 'other' }), isUsage);
  assert.throws(() => checkReader({ ...usual, rate: 100_001 }), isUsage);
  assert.doesNotThrow(() => checkReader(usual));
  assert.doesNotThrow(() => checkReader({ ...usual, rate: 100_000 }));
});

test('others may have any rate and processor', () => {
  for (const reader of ['auto', 'memory', 'stopped'] as const) {
    assert.doesNotThrow(() => checkReader({ reader, processor: 'other', rate: 10_000_000 }));
  }
});

test('auto does not try the kernel reader where it is of no use, and says why', () => {
  assert.equal(unsuitable(usual), undefined);
  assert.equal(unsuitable({ ...usual, rate: 10_000 }), undefined);
  assert.match(unsuitable({ ...usual, rate: 10_001 })?.reason ?? '', /above 10 khz/);
  assert.match(unsuitable({ ...usual, processor: 'other' })?.reason ?? '', /--processor other/);
});
