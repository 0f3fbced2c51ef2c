import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machine } from './helpers/machine.js';

// Elsewhere what is missing leaves out the tests that need it, and is named here; in CI nothing may be left out.
const everything = process.env.CI === 'true';

for (const { what, leftOut, required } of machine().parts) {
  const skip = leftOut !== undefined && !(everything && required) ? leftOut : false;
  test(`${what} is there to test with`, { skip }, () => {
    assert.equal(leftOut, undefined);
  });
}
