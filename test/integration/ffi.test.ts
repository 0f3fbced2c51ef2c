import assert from 'node:assert/strict';
import { test } from 'node:test';
import { native } from '../../src/native.js';
import { secondReader } from '../helpers/ffi.js';
import { interpreters, label } from '../helpers/interpreters.js';
import { lackOf } from '../helpers/machine.js';
import { startTarget } from '../helpers/target.js';

const page = 4096n;
const size = 65536n;
/** No process can have anything mapped at the first page (vm.mmap_min_addr), nor in the kernel's half. */
const neverMapped = [0n, 16n, 0xffff_8000_0000_0000n];

const usable = interpreters().filter(({ minor }) => minor >= 6);
const [oldest, newest] = [usable[0], usable[usable.length - 1]];
const skip = lackOf('a second reader of memory, through FFI');

for (const interpreter of new Set([oldest, newest].filter((found) => found !== undefined))) {
  test(`memory of Python ${label(interpreter)}, read by the addon and by libc through FFI`, {
    skip,
  }, async (t) => {
    const reader = secondReader();
    const target = await startTarget(t, interpreter, 'memory.py', { args: ['20261121'] });
    const [buffer = 0n, unreadable = 0n] = target.announced.map((address) => BigInt(`0x${address}`));

    /** Reads both ways and checks that they agree. */
    function readBoth(address: bigint, length: number) {
      const [ours, theirs] = [Buffer.alloc(length, 0xaa), Buffer.alloc(length, 0xaa)];
      const read = native().readMemory(target.pid, address, ours);
      const at = `${length} bytes at ${address.toString(16)}`;
      assert.equal(read, reader.readMemory(target.pid, address, theirs), at);
      assert.ok(ours.equals(theirs), at);
      return { read, bytes: ours };
    }

    await t.test('the bytes are the same at every offset and length, across pages too', () => {
      const firstPage = page - (buffer % page);
      const crossings = [1n, 2n, 3n, 14n].map((pages) => firstPage + (pages - 1n) * page);
      const offsets = [0n, 1n, 7n, 8n, ...crossings.flatMap((edge) => [edge - 9n, edge - 1n, edge])];
      const whole = readBoth(buffer, Number(size));
      assert.equal(whole.read, Number(size));
      for (const offset of offsets) {
        for (const length of [1, 2, 3, 8, 63, 512, 4095, 4096, 4097]) {
          const { read, bytes } = readBoth(buffer + offset, length);
          assert.equal(read, length);
          const from = Number(offset);
          assert.ok(
            bytes.equals(whole.bytes.subarray(from, from + length)),
            `${length} bytes at offset ${from}`,
          );
        }
      }
    });

    await t.test('they are the bytes which the target put there', () => {
      const { bytes } = readBoth(unreadable - page, Number(page));
      assert.ok(bytes.equals(readBoth(buffer, Number(page)).bytes));
      assert.ok(new Set(bytes).size > 200, 'random bytes take nearly all values');
    });

    await t.test('a range that runs into an unreadable page is read up to there', () => {
      for (const before of [1n, 100n, page])
        assert.equal(readBoth(unreadable - before, 8192).read, Number(before));
    });

    await t.test('an address without memory fails with the same error', () => {
      for (const address of [unreadable, ...neverMapped]) assert.ok(readBoth(address, 64).read < 0);
    });

    await t.test('a process that is gone fails with the same error', async () => {
      await target.stop();
      assert.ok(readBoth(buffer, 64).read < 0);
    });
  });
}
