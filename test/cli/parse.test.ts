import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseCount,
  parseDuration,
  parsePid,
  parseProcessor,
  parseRate,
  parseReader,
  parseThreshold,
} from '../../src/cli/parse.js';
import { HeavyopsError } from '../../src/errors.js';

const isUsage = (error: unknown) => error instanceof HeavyopsError && error.code === 'USAGE';

test('rates are ticks a second, with or without a unit in any case', () => {
  assert.equal(parseRate('100'), 100);
  assert.equal(parseRate('1khz'), 1000);
  assert.equal(parseRate('20kHz'), 20_000);
  assert.equal(parseRate('2.5 KHZ'), 2500);
  assert.equal(parseRate('0.5hz'), 0.5);
  assert.equal(parseRate('1MHz'), 1_000_000);
});

test('durations are seconds, or have a unit; they become milliseconds', () => {
  assert.equal(parseDuration('10'), 10_000);
  assert.equal(parseDuration('0.5'), 500);
  assert.equal(parseDuration('250ms'), 250);
  assert.equal(parseDuration('30s'), 30_000);
  assert.equal(parseDuration('5m'), 300_000);
  assert.equal(parseDuration('1h'), 3_600_000);
});

test('the shortest wait may be some microseconds, or nothing', () => {
  for (const [text, milliseconds] of [
    ['1ms', 1],
    ['100us', 0.1],
    ['250 µs', 0.25],
    ['250μs', 0.25],
    ['2US', 0.002],
    ['0.5', 500],
    ['0', 0],
  ] as const) {
    assert.equal(parseThreshold(text), milliseconds, text);
  }
  assert.equal(parseDuration('500us'), 0.5);
  for (const text of ['', 'short', '-1', '1ns', '8000h', '1 milli']) {
    assert.throws(() => parseThreshold(text), isUsage, text);
  }
  assert.throws(() => parseThreshold('short'), /"short" is not a length of a wait/);
});

test('values that make no sense are refused, and the message repeats them', () => {
  for (const text of ['', 'abc', '0', '-5', '1e3', '10 apples', '20mhz', 'NaN', 'Infinity', '0.001']) {
    assert.throws(() => parseRate(text), isUsage, `rate ${text}`);
  }
  for (const text of ['', 'soon', '0', '-1', '1d', '5min', '8000h', '1:30']) {
    assert.throws(() => parseDuration(text), isUsage, `duration ${text}`);
  }
  for (const text of ['', 'python', '0', '-1', '1.5', '0x10', '99999999', '1 2']) {
    assert.throws(() => parsePid(text), isUsage, `pid ${text}`);
  }
  for (const text of ['', 'all', '0', '-1', '1.5', '1e2']) {
    assert.throws(() => parseCount(text), isUsage, `count ${text}`);
  }
  assert.throws(() => parseRate('fast'), /"fast" is not a rate/);
});

test('readers and processors are told by name, in any case', () => {
  assert.equal(parseReader('Kernel'), 'kernel');
  assert.equal(parseProcessor(' other '), 'other');
  assert.throws(() => parseReader('disk'), isUsage);
  assert.throws(() => parseReader('disk'), /"disk" is not a reader/);
  assert.throws(() => parseProcessor('2'), isUsage);
});

test('process ids and counts are whole numbers', () => {
  assert.equal(parsePid('1234'), 1234);
  assert.equal(parseCount('20'), 20);
});
