import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  complexText,
  floatText,
  quoteBytes,
  quoteText,
} from '../../../src/target/objects/python-literals.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

test('text is quoted as Python quotes it', () => {
  assert.equal(quoteText(''), "''");
  assert.equal(quoteText("it's"), '"it\'s"');
  assert.equal(quoteText('it\'s "both"'), "'it\\'s \"both\"'");
  assert.equal(quoteText('"x"'), '\'"x"\'');
});

test('what Python takes for unprintable is escaped in text, the rest is not', () => {
  assert.equal(quoteText('a\\b\n\r\t\0\x7f'), "'a\\\\b\\n\\r\\t\\x00\\x7f'");
  assert.equal(quoteText('é 中 🐍'), "'é 中 🐍'");
  assert.equal(quoteText('\u00a0\u200b\u2028\udc80\u{e0001}'), "'\\xa0\\u200b\\u2028\\udc80\\U000e0001'");
});

test('bytes are quoted as Python quotes them', () => {
  assert.equal(quoteBytes(bytes('')), "b''");
  assert.equal(quoteBytes(bytes("it's")), 'b"it\'s"');
  assert.equal(quoteBytes(bytes('it\'s "both"')), "b'it\\'s \"both\"'");
  assert.equal(quoteBytes(bytes('a\\\n\xe9~\x7f')), "b'a\\\\\\n\\xe9~\\x7f'");
});

test('floats are written with the shortest digits, in the notation that Python would choose', () => {
  const texts = [0.5, -0, 1, 1e15, 1e16, 123456789012345680, 0.0001, 0.00001, 5e-324, 1.7976931348623157e308];
  assert.deepEqual(texts.map(floatText), [
    '0.5',
    '-0.0',
    '1.0',
    '1000000000000000.0',
    '1e+16',
    '1.2345678901234568e+17',
    '0.0001',
    '1e-05',
    '5e-324',
    '1.7976931348623157e+308',
  ]);
  assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(floatText), [
    'nan',
    'inf',
    '-inf',
  ]);
});

test('complex numbers lose their real part only when it is a positive zero', () => {
  assert.equal(complexText(0, 3), '3j');
  assert.equal(complexText(1, -2.5), '(1-2.5j)');
  assert.equal(complexText(-0, Number.NaN), '(-0+nanj)');
  assert.equal(complexText(1e16, -0), '(1e+16-0j)');
});
