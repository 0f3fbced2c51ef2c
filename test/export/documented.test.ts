import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formats } from '../../src/export/formats.js';
import { json } from '../../src/export/json.js';
import { defaultView } from '../../src/profile/view.js';
import { reportProfile } from '../helpers/report-profile.js';

/** docs/formats.md in the sources, as seen from dist/test/export. */
const text = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8');

test('docs/formats.md has a row with the names and extensions of every format', () => {
  for (const { name, aliases, extensions } of formats) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    for (const word of [...aliases, ...extensions]) {
      assert.ok(row.includes(`\`${word}\``), `${name}: ${word}`);
    }
  }
});

test('docs/formats.md describes every field of the json file', () => {
  const small = reportProfile();
  const whyNotKernel = { reason: '', remedy: '' };
  const operandTypes = [{ code: 0, offset: 0, operands: ['x'], looks: 0, changes: 0, seen: [] }];
  const profile = {
    ...small,
    operandTypes,
    meta: { ...small.meta, whyNotKernel, leastWait: 0, gilWaits: 'told' as const },
  };
  const file = JSON.parse([...json.write(profile, defaultView)].join('')) as Record<string, unknown>;
  for (const [name, value] of Object.entries(file)) {
    assert.ok(text.includes(`| \`${name}\` |`), name);
    for (const field of fieldsOf(value)) {
      const section = text.split(/^### /m).find((part) => part.startsWith(`${name}\n`)) ?? '';
      assert.ok(field === 'length' || section.includes(`| \`${field}\` |`), `${name}: ${field}`);
    }
  }
});

/** Names of an object's fields, with those of objects in it as `outer.inner`; of a list, those of its items. */
function fieldsOf(value: unknown): string[] {
  const object = Array.isArray(value) ? value[0] : value;
  if (typeof object !== 'object' || object === null) {
    return [];
  }
  return Object.entries(object).flatMap(([name, field]) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? fieldsOf(field).map((inner) => `${name}.${inner}`)
      : [name],
  );
}
