import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Elf, type ReadAt, readElf, readSections, readSymbols } from '../../src/target/elf.js';
import { exportedSymbols } from '../../src/target/elf-dynamic.js';
import type { ReadMemory } from '../../src/target/memory.js';

const names = ['malloc', 'environ', '_PyRuntime', 'node_module_register', 'napi_create_object'];

function readerOf(bytes: Buffer): ReadAt {
  return (offset, length) =>
    offset >= 0 && length >= 0 && offset + length <= bytes.length
      ? bytes.subarray(offset, offset + length)
      : undefined;
}

/** A small dynamic executable of this machine. */
const small = readFileSync(
  ['/bin/true', '/usr/bin/true'].find((path) => existsSync(path)) ?? process.execPath,
);

function parsed(bytes: Buffer): Elf {
  const elf = readElf(readerOf(bytes));
  assert.ok(typeof elf === 'object');
  return elf;
}

test('segments and sections of an executable are read', () => {
  const elf = parsed(small);
  assert.ok(elf.segments.some(({ type, writable }) => type === 1 && writable));
  const sections = readSections(readerOf(small), elf);
  assert.ok(sections.some(({ name, size }) => name === '.text' && size > 0));
  assert.ok(sections.some(({ name }) => name === '.bss'));
});

test('files of another kind are told from damaged ones', () => {
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(small);
    copy[at] = value;
    return readElf(readerOf(copy));
  };
  assert.equal(changed(4, 1), '32-bit');
  assert.equal(changed(18, 183), 'other-machine');
  assert.equal(changed(5, 2), 'other-machine');
  assert.equal(changed(0, 0), 'not-elf');
  assert.equal(readElf(readerOf(Buffer.from('#!/bin/sh\n'))), 'not-elf');
  assert.equal(readElf(readerOf(Buffer.alloc(0))), 'not-elf');
});

test('symbols that share the end of a longer name, local ones and those of other files are told apart', () => {
  const { readAt, sections } = symbolTable([
    { name: 'an_interp_head', value: 0x10, binding: 0 },
    { name: 'interp_head', value: 0x20, binding: 0 },
    { name: '_PyRuntime', value: 0x30, binding: 0 },
    { name: '_PyRuntime', value: 0x40, binding: 1 },
    { name: 'Py_Version', value: 0x50, binding: 1, undefined: true },
  ]);
  const found = readSymbols(readAt, sections, ['interp_head', '_PyRuntime', 'Py_Version', 'absent']);
  assert.deepEqual([...found].sort(), [
    ['_PyRuntime', 0x40],
    ['interp_head', 0x20],
  ]);
});

test('tables larger than one read are searched whole', () => {
  const filler = Array.from({ length: 60_000 }, (_, index) => ({
    name: `filler_${index}_of_a_long_name`,
    value: 1,
    binding: 1,
  }));
  const { readAt, sections } = symbolTable([...filler, { name: 'interp_head', value: 0x77, binding: 0 }]);
  assert.deepEqual([...readSymbols(readAt, sections, ['interp_head'])], [['interp_head', 0x77]]);
});

test('a section table that claims more than there is gives nothing', () => {
  const elf = { ...parsed(small), sectionTable: { offset: 2 ** 40, count: 65_535, names: 1 } };
  assert.deepEqual(readSections(readerOf(small), elf), []);
  const section = { name: '', type: 2, address: 0, offset: 0, size: 2 ** 50, link: 0 };
  assert.equal(readSymbols(readerOf(small), [section], names).size, 0);
});

test('exports are found in memory through the hash table', () => {
  const image = loadedImage(small);
  const found = exportedSymbols(image.read, parsed(small), image.bias, names);
  assert.equal(found.has('_PyRuntime'), false);
  const own = readFileSync(process.execPath);
  const loaded = loadedImage(own);
  const fromMemory = exportedSymbols(loaded.read, parsed(own), loaded.bias, names).get('napi_create_object');
  const fromFile = readSymbols(readerOf(own), readSections(readerOf(own), parsed(own)), [
    'napi_create_object',
  ]);
  assert.equal(fromMemory, BigInt(fromFile.get('napi_create_object') ?? 0) + loaded.bias);
});

test('10,000 damaged files are read to an end, without an error and without a large allocation', () => {
  const random = generator(20_261);
  for (let round = 0; round < 10_000; round++) {
    const copy = damaged(small, random);
    let asked = 0;
    const limited: ReadAt = (offset, length) => {
      asked += length;
      return readerOf(copy)(offset, length);
    };
    const elf = readElf(limited);
    if (typeof elf === 'object') {
      readSymbols(limited, readSections(limited, elf), names);
      const image = loadedImage(copy);
      exportedSymbols(image.read, elf, image.bias, names);
      assert.ok(image.reads() < 100_000, `round ${round}: ${image.reads()} reads`);
    }
    assert.ok(asked < 1 << 30, `round ${round}: ${asked} bytes asked for`);
  }
});

/** What the loader would make of a file, without relocations. */
function loadedImage(bytes: Buffer) {
  const elf = readElf(readerOf(bytes));
  const segments = typeof elf === 'object' ? elf.segments.filter(({ type }) => type === 1) : [];
  const bias = typeof elf === 'object' && elf.fixed ? 0n : 0x7000_0000_0000n;
  let count = 0;
  const read: ReadMemory = (address, length) => {
    count++;
    const at = Number(address - bias);
    const segment = segments.find((one) => at >= one.address && at + length <= one.address + one.fileSize);
    return segment && readerOf(bytes)(segment.offset + at - segment.address, length);
  };
  return { read, bias, reads: () => count };
}

interface MadeSymbol {
  readonly name: string;
  readonly value: number;
  readonly binding: number;
  readonly undefined?: boolean;
}

/** A symbol table and its strings, without a file around them. */
function symbolTable(symbols: readonly MadeSymbol[]) {
  const strings = Buffer.from(`\0${symbols.map(({ name }) => `${name}\0`).join('')}`);
  const table = Buffer.alloc(24 * symbols.length);
  let nameAt = 1;
  for (const [index, symbol] of symbols.entries()) {
    table.writeUInt32LE(nameAt, 24 * index);
    table.writeUInt8((symbol.binding << 4) | 1, 24 * index + 4);
    table.writeUInt16LE(symbol.undefined === true ? 0 : 5, 24 * index + 6);
    table.writeBigUInt64LE(BigInt(symbol.value), 24 * index + 8);
    nameAt += symbol.name.length + 1;
  }
  const section = { name: '', address: 0 };
  const sections = [
    { ...section, type: 2, offset: 0, size: table.length, link: 1 },
    { ...section, type: 3, offset: table.length, size: strings.length, link: 0 },
  ];
  return { readAt: readerOf(Buffer.concat([table, strings])), sections };
}

/** Mostly changes what is read: headers, tables at the end; sometimes cuts the file. */
function damaged(bytes: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length));
  const regions = [64, 1024, 4096, copy.length];
  for (let changes = 1 + random(12); changes > 0 && copy.length > 0; changes--) {
    const region = Math.min(regions[random(regions.length)] ?? copy.length, copy.length);
    const at = random(2) === 0 ? random(region) : copy.length - 1 - random(Math.min(region, copy.length));
    copy[at] = [0, 1, 0x7f, 0xff, random(256)][random(5)] ?? 0;
  }
  return copy;
}

/** The same numbers each time: mulberry32. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
