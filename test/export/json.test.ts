import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json } from '../../src/export/json.js';
import { defaultView } from '../../src/profile/view.js';
import { assertGolden } from '../helpers/golden.js';
import { smallProfile, waitingProfile, wideProfile } from '../helpers/profiles.js';

test('the json file is as it has always been', () => {
  assertGolden('small.json', [...json.write(smallProfile(), defaultView)].join(''));
});

test('the json file of a recording with waits is as it has always been', () => {
  assertGolden('waits.json', [...json.write(waitingProfile(), defaultView)].join(''));
});

test('a large profile is written in pieces', () => {
  const pieces = [...json.write(wideProfile(5000), defaultView)];
  assert.ok(pieces.length > 3);
  assert.ok(pieces.every((piece) => piece.length < 200_000));
});
