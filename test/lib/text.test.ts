import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth, keepEnd, keepStart, pad } from '../../src/lib/display-width.js';
import { globMatcher } from '../../src/lib/glob.js';
import { nearest } from '../../src/lib/nearest.js';
import { printable } from '../../src/lib/printable.js';
import { counted, duration, grouped, percent, rateText } from '../../src/lib/quantities.js';
import { wrapped } from '../../src/lib/wrapped.js';

test('no control character, direction override or lone surrogate is left in printable text', () => {
  const hostile = '\u001b[2Ja\nb\u007f\u0085\u202e\u2028\ud800x\udc00\ufeff\u{e0041}\u0000\ufffe';
  const shown = printable(hostile);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(shown, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028\ufeff\ufffe\u{e0041}\p{Cs}]/u);
  assert.ok(shown.startsWith('\\x1b[2Ja\\x0ab\\x7f\\x85\\u202e\\u2028'));
});

test('ordinary text of any script stays as it is', () => {
  for (const text of ['hot_func', 'größe', '整理', '😀', 'a b', 'e\u0301']) {
    assert.equal(printable(text), text);
  }
});

test('wide characters take two columns, combining marks none', () => {
  assert.deepEqual(
    ['abc', '整理', 'e\u0301', '한글', 'ｆ', '😀', 'é', ''].map(displayWidth),
    [3, 4, 1, 4, 2, 2, 1, 0],
  );
});

test('padding and cutting go by columns', () => {
  assert.equal(pad('整', 4), '整  ');
  assert.equal(pad('7', 3, 'right'), '  7');
  assert.equal(keepEnd('/usr/lib/python3/a.py', 8), '…n3/a.py');
  assert.equal(keepEnd('整理整理', 6), '…整理');
  assert.equal(keepStart('BINARY_OP_ADD_INT', 8), 'BINARY_…');
  assert.equal(keepStart('abc', 3), 'abc');
});

test('text is wrapped at blanks, and a word that is too wide has its own line', () => {
  assert.deepEqual(wrapped('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapped('整理 整理 ab', 7), ['整理', '整理 ab']);
  assert.deepEqual(wrapped('a incomprehensible b', 5), ['a', 'incomprehensible', 'b']);
  assert.deepEqual(wrapped('', 5), ['']);
});

test('globs match a whole path or its last component', () => {
  const cases: [string, string, boolean][] = [
    ['*.py', '/srv/app/a.py', true],
    ['*.py', '/srv/app/a.pyc', false],
    ['/srv/*.py', '/srv/app/a.py', false],
    ['/srv/**/*.py', '/srv/app/x/a.py', true],
    ['/srv/**/*.py', '/srv/a.py', true],
    ['**/app/*', '/srv/app/a.py', true],
    ['a?.py', '/a1.py', true],
    ['a?.py', '/a/.py', false],
    ['[ab].py', 'b.py', true],
    ['[!ab].py', 'b.py', false],
    ['[!ab].py', 'c.py', true],
    ['[a-c].py', 'b.py', true],
    ['{app,web}.py', '/x/web.py', true],
    ['{app,web}.py', '/x/wsgi.py', false],
    ['a.py', 'axpy', false],
    ['a+(b).py', 'a+(b).py', true],
    ['[z-a].py', '[z-a].py', true],
    ['[', '[', true],
    ['<frozen *>', '<frozen importlib>', true],
    ['整*', '/x/整理.py', true],
    ['', 'a.py', false],
  ];
  for (const [glob, path, expected] of cases) {
    assert.equal(globMatcher(glob)(path), expected, `${glob} on ${path}`);
  }
});

test('a misspelt word finds its nearest, a strange one nothing', () => {
  assert.equal(nearest('spedscope', ['json', 'speedscope']), 'speedscope');
  assert.equal(nearest('jsno', ['json', 'svg']), 'json');
  assert.equal(nearest('pickle', ['json', 'svg']), undefined);
});

test('quantities read the same in every locale', () => {
  assert.equal(grouped(1234567), '1,234,567');
  assert.equal(percent(0.1234), '12.3 %');
  assert.equal(counted(1, 'sample'), '1 sample');
  assert.equal(counted(2000, 'sample'), '2,000 samples');
  assert.deepEqual([1500, 2.5e6, 2.534e9, 125e9, 11_220e9].map(duration), [
    '1.5 µs',
    '2.5 ms',
    '2.53 s',
    '2 min 05 s',
    '3 h 07 min',
  ]);
});

test('rates are whole numbers, but for slow ones', () => {
  assert.deepEqual([20_000, 999.6, 10, 9.97, 0.5, 0.01, 0].map(rateText), [
    '20,000',
    '1,000',
    '10',
    '10',
    '0.5',
    '0.01',
    '0',
  ]);
});
