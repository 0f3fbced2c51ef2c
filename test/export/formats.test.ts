import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeavyopsError } from '../../src/errors.js';
import { chunks } from '../../src/export/chunks.js';
import { chooseFormat, formats } from '../../src/export/formats.js';

test('a format is chosen by name, by alias, or by the longest extension that fits', () => {
  const cases: [string, string | undefined, string][] = [
    ['out', 'speedscope', 'speedscope'],
    ['out.svg', 'RAW', 'collapsed'],
    ['a.svg', undefined, 'flamegraph'],
    ['a.json', undefined, 'json'],
    ['a.speedscope.json', undefined, 'speedscope'],
    ['A.SVG', undefined, 'flamegraph'],
    ['dir.svg/a.folded', undefined, 'collapsed'],
  ];
  for (const [path, name, expected] of cases) {
    assert.equal(chooseFormat(path, name).name, expected, `${path} ${name}`);
  }
});

test('every name, alias and extension stands for one format only', () => {
  const names = formats.flatMap(({ name, aliases }) => [name, ...aliases]);
  const extensions = formats.flatMap((format) => format.extensions);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(extensions).size, extensions.length);
});

test('a misspelt format is refused with the nearest name and the list of all', () => {
  assert.throws(
    () => chooseFormat('out', 'speedscop'),
    (error) =>
      error instanceof HeavyopsError &&
      error.code === 'USAGE' &&
      error.hint.startsWith(
        'Did you mean "speedscope"? Formats: html (.html .htm), speedscope (.speedscope.json',
      ),
  );
});

test('a path that tells no format is refused with the list of all', () => {
  for (const path of ['profile', 'profile.pb', 'svg']) {
    assert.throws(
      () => chooseFormat(path),
      (error) =>
        error instanceof HeavyopsError && error.code === 'USAGE' && error.hint.includes('flamegraph (.svg)'),
    );
  }
});

test('chunks hold the whole text in pieces of about the size asked for', () => {
  const pieces = Array.from({ length: 1000 }, (_, index) => `${index},`);
  const joined = [...chunks(pieces, 100)];
  assert.equal(joined.join(''), pieces.join(''));
  assert.ok(joined.every((chunk) => chunk.length <= 104));
  assert.ok(joined.length > 30);
});
