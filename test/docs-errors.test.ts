import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exitCodes } from '../src/errors.js';

const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const codes = Object.entries(exitCodes);

test('the table of exit codes has every error with its code, and no other', () => {
  const rows = [...text.matchAll(/^\| (\d+) \| \[`([A-Z_]+)`\]\(#([a-z_]+)\) \| .+ \|$/gm)];
  const documented = rows.map(([, code, name]) => [name, Number(code)]);
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(codes));
  assert.equal(documented.length, codes.length);
  for (const [, , name = '', anchor] of rows) assert.equal(anchor, name.toLowerCase());
});

test('every error has a section that begins with its exit code', () => {
  const sections = [...text.matchAll(/^## ([A-Z_]+)\n\n\*Exit code (\d+)/gm)];
  const documented = sections.map(([, name, code]) => [name, Number(code)]);
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries(codes));
  assert.equal(documented.length, codes.length);
});

test('no two errors have the same exit code, and none is that of a signal', () => {
  const numbers = codes.map(([, code]) => code);
  assert.equal(new Set(numbers).size, numbers.length);
  for (const code of numbers) assert.ok(code > 0 && code < 128, String(code));
});
