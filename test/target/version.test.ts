import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findVersionText, versionFromHex, versionFromText } from '../../src/target/version.js';
import { FakeMemory } from './fake-memory.js';

test('a hexadecimal version gives number and release level', () => {
  const versions: readonly (readonly [number, string])[] = [
    [0x030e0af0, '3.14.10'],
    [0x030f00c1, '3.15.0rc1'],
    [0x030d00a6, '3.13.0a6'],
    [0x030c01b2, '3.12.1b2'],
  ];
  for (const [hex, text] of versions) {
    assert.equal(versionFromHex(hex, false)?.text, text);
  }
  assert.equal(versionFromHex(0x030e0af0, true)?.freeThreaded, true);
});

test('a number that is no version is nothing', () => {
  for (const hex of [0, 0xffffffff, 0x03070100, 0x790100f0]) {
    assert.equal(versionFromHex(hex, false), undefined);
  }
});

test('the text of Py_GetVersion is understood as distributors write it', () => {
  const texts: readonly (readonly [string, string])[] = [
    ['3.6.15 (default, May  9 2026, 10:00:00) \n[GCC 12.2.0]', '3.6.15'],
    ['3.11.2 (main, Nov 30 2024, 21:22:50) [GCC 12.2.0]', '3.11.2'],
    ['2.7.18 (default, May  9 2026, 10:00:00) \n[GCC 12.2.0]', '2.7.18'],
    ['3.9.7 | packaged by conda-forge | (default, Sep 29 2021, 19:20:46) \n[GCC 9.4.0]', '3.9.7'],
    ['3.6.5 |Anaconda, Inc.| (default, Apr 29 2018, 16:14:56) \n[GCC 7.2.0]', '3.6.5'],
    ['3.10.0rc2+ (heads/3.10:1234567, Sep  9 2021, 1:02:03) [Clang 14.0.6 ]', '3.10.0rc2'],
    ['3.13.0 experimental free-threading build (main, Oct  7 2024, 10:00:00) [GCC 13.2.0]', '3.13.0'],
  ];
  for (const [text, version] of texts) {
    assert.equal(versionFromText(text)?.text, version);
  }
  assert.equal(versionFromText(texts[6]?.[0] ?? '')?.freeThreaded, true);
  assert.equal(versionFromText(texts[1]?.[0] ?? '')?.freeThreaded, false);
});

test('PyPy and other texts are no version of CPython', () => {
  for (const text of [
    '3.9.18 (hash, Jan  1 2024, 00:00:00)\n[PyPy 7.3.15 with GCC 10.2.1]',
    'Python 3.9',
    '13.9.1 (x) [GCC]',
    '',
  ]) {
    assert.equal(versionFromText(text), undefined);
  }
});

test('the text is found in memory wherever it lies, also across the pieces in which memory is read', () => {
  const text = '3.9.18 (main, May  9 2026, 10:00:00) \n[GCC 12.2.0]\0';
  for (const at of [0, 1000, (256 << 10) - 20, (256 << 10) - 1, (512 << 10) + 3]) {
    const bytes = Buffer.alloc(1 << 20, 'x) [x\0\0');
    bytes.write(`\0${text}`, at);
    const memory = new FakeMemory([[0x1000n, bytes]]);
    assert.equal(
      findVersionText(memory.read, [{ start: 0x1000n, end: 0x1000n + (1n << 20n) }])?.text,
      '3.9.18',
    );
  }
});

test('a search through memory that cannot be read, or is endless, ends without a version', () => {
  const memory = new FakeMemory([]);
  assert.equal(findVersionText(memory.read, [{ start: 0n, end: 1n << 47n }]), undefined);
  assert.ok(memory.reads <= 256);
});
