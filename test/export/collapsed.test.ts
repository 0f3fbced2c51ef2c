import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collapsed } from '../../src/export/collapsed.js';
import { defaultView, viewOfWaits } from '../../src/profile/view.js';
import { assertGolden } from '../helpers/golden.js';
import { deepProfile, smallProfile, waitingProfile } from '../helpers/profiles.js';

test('folded stacks are as they have always been', () => {
  assertGolden('small.collapsed', [...collapsed.write(smallProfile(), defaultView)].join(''));
});

test('folded stacks with threads, opcodes and idle samples', () => {
  const view = { ...defaultView, filter: { idle: true }, threads: true, opcodes: true };
  assertGolden('small-threads.collapsed', [...collapsed.write(smallProfile(), view)].join(''));
});

test('folded stacks of waits have whole microseconds', () => {
  const text = [...collapsed.write(waitingProfile(), viewOfWaits(defaultView))].join('');
  assertGolden('waits.collapsed', text);
  const sum = text
    .trimEnd()
    .split('\n')
    .reduce((whole, line) => whole + Number(line.split(' ').at(-1)), 0);
  assert.equal(sum, 73_250);
});

test('a stack that was seen at no tick, and waited for less than half a microsecond, has no line', () => {
  const { samples, ...rest } = waitingProfile();
  const weight = samples.weight.map(() => 400);
  const profile = { ...rest, samples: { ...samples, weight, count: new Uint32Array(samples.length) } };
  assert.equal([...collapsed.write(profile, viewOfWaits(defaultView))].join(''), '');
  assert.equal([...collapsed.write(profile, { ...defaultView, filter: { idle: true } })].join(''), '');
});

test('every line is frames between semicolons and a whole number, whatever the names hold', () => {
  const lines = [...collapsed.write(smallProfile(), defaultView)].join('').trimEnd().split('\n');
  assert.equal(lines.length, 3);
  const depths = lines.map((line) => {
    assert.match(line, /^[^;]+(;[^;]+)* \d+$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(line, /[\u0000-\u001f]/);
    return line.split(';').length;
  });
  assert.deepEqual(depths, [2, 2, 3]);
});

test('a stack 5,000 deep is one line', () => {
  const text = [...collapsed.write(deepProfile(5000), defaultView)].join('');
  assert.equal(text.split(';').length, 5000);
});
