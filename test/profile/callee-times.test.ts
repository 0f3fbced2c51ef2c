import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calleeTimes } from '../../src/profile/callee-times.js';
import type { SampleFilter } from '../../src/profile/filter.js';
import { MILLISECOND, smallProfile } from '../helpers/profiles.js';

test('time on top of the stack belongs to who called from where; who was seen there at all is told, too', () => {
  const profile = smallProfile();
  const { codes, strings } = profile;
  const name = (code: number) => strings[codes.name[code] as number];
  const told = (filter: SampleFilter) =>
    calleeTimes(profile, filter).map(({ caller, offset, callee, instructions }) => [
      `${name(caller)} ${offset} ${name(callee)}`,
      ...[...instructions].map(([at, { weight, count }]) => [at, weight / MILLISECOND, count]),
    ]);
  const [fromModule, fromWork] = ['<module> 0 work', 'work 4 tidy; 整理'];
  assert.deepEqual(told({}), [
    [fromModule, [2, 13, 13], [4, 5, 5]],
    [fromWork, [0, 3, 3]],
  ]);
  assert.deepEqual(told({ idle: true })[1], [fromWork, [0, 7, 7]]);
  assert.deepEqual(told({ gil: true })[0], [fromModule, [2, 12, 12], [4, 5, 5]]);
  assert.deepEqual(told({ waits: true }), [[fromModule], [fromWork]]);
});
