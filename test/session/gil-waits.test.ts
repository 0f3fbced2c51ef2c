import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gilWaitsOf } from '../../src/session/gil-waits.js';

test('whether waiting for the GIL is told is what the sampler says, unless the C library hides it', () => {
  const said = [0, 1, 2].map((gilWaits) => gilWaitsOf({ musl: false }, { gilWaits }));
  assert.deepEqual(said, ['told', 'unreadable', 'old-kernel']);
  assert.equal(gilWaitsOf({ musl: true }, { gilWaits: 0 }), 'musl');
});
