import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Listings } from '../../src/profile/listing.js';
import { smallProfile } from '../helpers/profiles.js';
import { reportProfile } from '../helpers/report-profile.js';

test('instructions are listed with their arguments, what became of them, and their place in the source', () => {
  const listed = new Listings(reportProfile()).of(0);
  assert.deepEqual(
    listed.slice(8, 11).map(({ offset, name, base, specialisation, text, line, column, endColumn }) => [
      [offset, name, base, specialisation, text],
      [line, column, endColumn],
    ]),
    [
      [
        [18, 'LOAD_GLOBAL_BUILTIN', 'LOAD_GLOBAL', 'specialised', 'len + NULL'],
        [4, 16, 19],
      ],
      [
        [28, 'LOAD_CONST', 'LOAD_CONST', 'plain', "'ü'"],
        [4, 20, 24],
      ],
      [
        [30, 'CALL_LEN', 'CALL', 'specialised', ''],
        [4, 16, 25],
      ],
    ],
  );
  const adaptive = listed.filter(({ specialisation }) => specialisation === 'adaptive');
  assert.deepEqual(
    adaptive.map(({ name }) => name),
    ['BINARY_OP'],
  );
  assert.deepEqual(
    listed.flatMap(({ name, failedAttempts }) =>
      failedAttempts === undefined ? [] : [[name, failedAttempts]],
    ),
    [['BINARY_OP', 0]],
    'the counter of its cache is 0 here',
  );
  assert.equal(listed[0]?.line, 0, 'MAKE_CELL belongs to no line');
});

test('before 3.11 nothing is specialised, and there are no columns', () => {
  const listed = new Listings(smallProfile()).of(0);
  assert.equal(listed.length, 10);
  assert.ok(listed.every(({ specialisation, column }) => specialisation === 'plain' && column === -1));
});
