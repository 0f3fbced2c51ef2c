import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseModules, parseWritable } from '../../src/target/maps.js';

const library = `7f00-7f10 r--p 00000000 fe:01 77                 /usr/lib/libpython3.9.so.1.0
7f10-7f20 r-xp 00010000 fe:01 77                 /usr/lib/libpython3.9.so.1.0
7f20-7f30 rw-p 00020000 fe:01 77                 /usr/lib/libpython3.9.so.1.0
7f30-7f40 rw-p 00000000 00:00 0
`;

function pathsIn(text: string): readonly string[] {
  return parseModules(text).map(({ path }) => path);
}

test('the mappings of a library become one module', () => {
  const [module, ...rest] = parseModules(library);
  assert.deepEqual(rest, []);
  assert.equal(module?.path, '/usr/lib/libpython3.9.so.1.0');
  assert.equal(module?.device, 'fe:01');
  assert.equal(module?.inode, 77n);
  assert.deepEqual(
    module?.mappings.map(({ start, end, offset }) => [start, end, offset]),
    [
      [0x7f00n, 0x7f10n, 0],
      [0x7f10n, 0x7f20n, 0x10000],
      [0x7f20n, 0x7f30n, 0x20000],
    ],
  );
  assert.deepEqual(
    module?.mappings.map(({ readable, writable, executable }) => [readable, writable, executable]),
    [
      [true, false, false],
      [true, false, true],
      [true, true, false],
    ],
  );
});

test('a file that was loaded twice is two modules', () => {
  const again = library.replaceAll('7f', '8f');
  assert.deepEqual(
    parseModules(library + again).map(({ mappings }) => mappings[0]?.start),
    [0x7f00n, 0x8f00n],
  );
});

test('files that are only mapped, not loaded, are left out', () => {
  const text = `10-20 r--p 00000000 fe:01 5 /usr/lib/locale/locale-archive
20-30 r-xp 00000000 fe:01 6 /usr/bin/looked-at
30-40 rw-s 00000000 00:01 7 /dev/shm/ring
`;
  assert.deepEqual(pathsIn(text), []);
});

test('names keep their spaces, newlines and characters beyond ASCII', () => {
  const name = Buffer.from('/opt/my app/é\\012x/python3', 'utf8').toString('latin1');
  const text = `10-20 r-xp 00000000 fe:01 5 ${name}\n20-30 rw-p 00001000 fe:01 5 ${name}\n`;
  assert.deepEqual(pathsIn(text), ['/opt/my app/é\nx/python3']);
});

test('a deleted file is known by its name without the mark', () => {
  const [module] = parseModules(library.replaceAll('.so.1.0', '.so.1.0 (deleted)'));
  assert.equal(module?.path, '/usr/lib/libpython3.9.so.1.0');
  assert.equal(module?.deleted, true);
});

test('an executable whose code was copied into huge pages is still a module by its name', () => {
  const text = `10-20 r--p 00000000 fe:01 5 /usr/bin/python3.9
20-30 r-xp 00000000 00:00 0
30-40 rw-p 00002000 fe:01 5 /usr/bin/python3.9
`;
  assert.deepEqual(pathsIn(text), ['/usr/bin/python3.9']);
});

test('memory with an invented name and lines of nonsense are no modules', () => {
  const text = `10-20 rw-p 00000000 00:00 0 [anon:a/libpython3.9.so]
zz /x
10-20 r-xp
/
7f00-7f10 r-xp 00000000 fe:01 77777777777777777777777777 /x
`;
  assert.deepEqual(pathsIn(text), []);
  assert.deepEqual(pathsIn(''), []);
});

test('a text that is cut off anywhere is read as far as it goes', () => {
  for (let length = 0; length < library.length; length++) {
    assert.ok(parseModules(library.slice(0, length)).length <= 1);
  }
});

test('writable ranges that touch become one', () => {
  assert.deepEqual(parseWritable(library), [{ start: 0x7f20n, end: 0x7f40n }]);
});

test('this process has an executable and a C library', () => {
  const paths = pathsIn(readFileSync('/proc/self/maps', 'latin1'));
  assert.ok(paths.includes(process.execPath));
  assert.ok(paths.some((path) => /\/libc[.-]/.test(path)));
});
