import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeavyopsError } from '../../src/errors.js';
import { debugOffsetsSize, decodeDebugOffsets } from '../../src/python/debug-offsets.js';
import { disassemble } from '../../src/python/disassemble.js';
import { layoutFor } from '../../src/python/layout.js';
import { lineRanges, positionRanges } from '../../src/python/linetable.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { samplerFor } from '../../src/session/sampler-for.js';
import type { ReadMemory } from '../../src/target/memory.js';
import { ObjectReader } from '../../src/target/objects/object-reader.js';
import { ReprWriter } from '../../src/target/objects/repr.js';
import { usualLimits } from '../../src/target/objects/repr-limits.js';
import { threadNames } from '../../src/target/objects/thread-names.js';
import { findGilHolder, judgeInterpreters, searchInterpreters } from '../../src/target/runtime.js';
import type { Target } from '../../src/target/target.js';
import { findVersionText, versionFromHex } from '../../src/target/version.js';
import { readerOf, vandalise } from '../helpers/memory-image.js';
import { randomFrom } from '../helpers/random.js';
import { recordedImages } from './images.js';

// Whatever a damaged input is, a decoder gives a value or a HeavyopsError, after a bounded number of reads.
// HEAVYOPS_SEED has other damage; a failure names the seed and the round.
const firstSeed = Number(process.env.HEAVYOPS_SEED ?? 20_261_121);
const images = recordedImages();
const mostReads = 400_000;

/** Counts, and passes on what lies in a damaged copy of an image. */
function damagedMemory(pages: Parameters<typeof vandalise>[0], seed: number) {
  const whole = readerOf(vandalise(pages, seed));
  let reads = 0;
  const read: ReadMemory = (address, length) => {
    reads += 1;
    assert.ok(reads <= mostReads, `seed ${seed}: more than ${mostReads} reads`);
    return whole(address, length);
  };
  return { read, reads: () => reads };
}

for (const { name, version, layout, interpretersHead, pages } of images) {
  const words = [...pages].flatMap(([start, page]) =>
    Array.from({ length: page.length / 8 }, (_, index) => start + BigInt(index * 8)).filter((address) =>
      page.subarray(Number(address - start), Number(address - start) + 8).some((byte) => byte !== 0),
    ),
  );

  test(`the interpreters of a damaged image of ${name} are judged, searched and named in bounded reads`, () => {
    const ranges = [...pages.keys()].map((start) => ({ start, end: start + 4096n }));
    assert.equal(judgeInterpreters(readerOf(pages), interpretersHead, layout), 'running');
    for (let seed = firstSeed; seed < firstSeed + 60; seed++) {
      const { read } = damagedMemory(pages, seed);
      assert.ok(['running', 'empty', 'wrong'].includes(judgeInterpreters(read, interpretersHead, layout)));
      searchInterpreters(read, ranges, ranges, layout);
      assert.equal(typeof findGilHolder(read, interpretersHead, layout), 'bigint');
      findVersionText(read, ranges);
      for (const text of threadNames({ read, layout, interpretersHead }).values())
        assert.ok(text.length <= 512);
    }
  });

  test(`any word of a damaged image of ${name} is written as an object within the limits`, () => {
    for (let seed = firstSeed; seed < firstSeed + 40; seed++) {
      const random = randomFrom(seed);
      const reader = new ObjectReader({ read: damagedMemory(pages, seed).read, layout });
      for (let round = 0; round < 40; round++) {
        const at = words[Math.floor(random() * words.length)] ?? 0n;
        for (const address of [at, reader.memory.pointer(at) ?? 0n]) {
          const text = new ReprWriter(reader).write(address);
          assert.ok(text.length <= usualLimits.total + 4096, `seed ${seed}, round ${round}`);
          let entries = 0;
          for (const _ of reader.entries(address)) entries += 1;
          assert.ok(entries <= 1 << 17, `seed ${seed}, round ${round}: ${entries} entries`);
        }
      }
    }
  });

  test(`bytes of a damaged image of ${name} that are taken for bytecode and line tables come to an end`, () => {
    const table = opcodeTable(version);
    for (let seed = firstSeed; seed < firstSeed + 20; seed++) {
      for (const page of vandalise(pages, seed).values()) {
        assert.ok(disassemble(table, page).length <= page.length / 2);
        const python = { major: 3, minor: version.minor };
        assert.ok(positionRanges(python, page, 1, page.length).length <= page.length + 1);
        assert.ok(lineRanges(python, page, -1, 1 << 20).length <= page.length + 1);
      }
    }
  });
}

test('debug offsets of any content are refused in words, or make a layout that is used or refused in words', () => {
  let refused = 0;
  let laidOut = 0;
  for (let seed = firstSeed; seed < firstSeed + 3000; seed++) {
    const random = randomFrom(seed);
    const bytes = Buffer.alloc(debugOffsetsSize);
    bytes.write('xdebugpy', 'latin1');
    bytes.writeUInt32LE(0x03000000 | ((13 + Math.floor(random() * 3.1)) << 16) | 0xf0, 8);
    const most = [1024, 4096, 1 << 24][Math.floor(random() * 3)] ?? 0;
    for (let at = 24; at < bytes.length; at += 8)
      bytes.writeUInt32LE(Math.floor(random() * (random() < 0.01 ? 2 ** 32 : most)), at);
    try {
      const offsets = decodeDebugOffsets(bytes);
      const version = versionFromHex(offsets.hex, offsets.freeThreaded);
      assert.ok(version !== undefined);
      const layout = layoutFor(version, offsets);
      laidOut += 1;
      const target = {
        pid: process.pid,
        version,
        layout,
        interpretersHead: 4096n,
        gilHolder: 0n,
        gil: { struct: 0n, locks: { start: 0n, end: 0n } },
      };
      samplerFor(target as Target, { rate: 1000 }).sampleOnce();
    } catch (error) {
      assert.ok(error instanceof HeavyopsError, `seed ${seed}: ${error}`);
      assert.equal(error.code, 'TARGET_UNREADABLE');
      refused += 1;
    }
  }
  assert.ok(refused > 100 && laidOut > 100, `${refused} refused, ${laidOut} laid out`);
});
