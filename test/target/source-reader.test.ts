import assert from 'node:assert/strict';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openInRoot } from '../../src/target/open-in-root.js';
import { Access, permits, type Rights } from '../../src/target/rights.js';
import { largestSource, SourceReader } from '../../src/target/source-reader.js';

const everything: Rights = { user: 0, groups: [] };
/** Somebody who owns nothing here. */
const nobody: Rights = { user: 65534, groups: [65534] };

/** A root directory with files in it, and a file outside it. */
function makeRoot(t: TestContext): {
  readonly path: string;
  read(file: string, rights?: Rights): string | undefined;
} {
  const outer = mkdtempSync(join(tmpdir(), 'heavyops-root-'));
  chmodSync(outer, 0o755);
  const path = join(outer, 'root');
  mkdirSync(join(path, 'app/inner'), { recursive: true });
  writeFileSync(join(outer, 'secret.py'), 'secret');
  writeFileSync(join(path, 'app/main.py'), 'main');
  writeFileSync(join(path, 'app/private.py'), 'private', { mode: 0o600 });
  mkdirSync(join(path, 'closed'), { mode: 0o700 });
  writeFileSync(join(path, 'closed/open.py'), 'open', { mode: 0o644 });
  symlinkSync('/app/main.py', join(path, 'absolute.py'));
  symlinkSync('../main.py', join(path, 'app/inner/relative.py'));
  symlinkSync('/app', join(path, 'directory'));
  symlinkSync(join(outer, 'secret.py'), join(path, 'escaping.py'));
  symlinkSync('../../../../../../../../secret.py', join(path, 'climbing.py'));
  symlinkSync('loop.py', join(path, 'loop.py'));
  const root = openSync(path, 'r');
  t.after(() => {
    closeSync(root);
    rmSync(outer, { recursive: true });
  });
  return {
    path,
    read: (file, rights = everything) => {
      const opened = openInRoot(root, file, rights);
      if (opened === undefined) return undefined;
      try {
        return readFileSync(opened, 'utf8');
      } finally {
        closeSync(opened);
      }
    },
  };
}

test('files are opened in a root, and links lead to where they do for those inside it', (t) => {
  const { read } = makeRoot(t);
  for (const file of [
    '/app/main.py',
    '/absolute.py',
    '/app/inner/relative.py',
    '/directory/main.py',
    '/app/../app/./main.py',
  ]) {
    assert.equal(read(file), 'main', file);
  }
});

test('nothing outside the root is opened, and nothing that is no file', (t) => {
  const { read } = makeRoot(t);
  for (const file of [
    '/escaping.py',
    '/climbing.py',
    '/../secret.py',
    '/loop.py',
    '/app',
    '/none.py',
    '/app/main.py/x',
    '',
  ]) {
    assert.equal(read(file), undefined, file);
  }
});

test('what the process itself may not read is not opened for it', (t) => {
  const { read } = makeRoot(t);
  assert.equal(read('/app/main.py', nobody), 'main');
  assert.equal(read('/app/private.py', nobody), undefined);
  assert.equal(read('/closed/open.py', nobody), undefined);
  assert.equal(read('/app/private.py'), 'private');
});

test('the mode of a file is read for its owner, its group and all others, the first that fits', () => {
  const file = { mode: 0o640, uid: 1, gid: 2 };
  assert.equal(permits({ user: 1, groups: [] }, file, Access.read), true);
  assert.equal(permits({ user: 3, groups: [5, 2] }, file, Access.read), true);
  assert.equal(permits({ user: 3, groups: [] }, file, Access.read), false);
  assert.equal(permits({ user: 1, groups: [2] }, { ...file, mode: 0o040 }, Access.read), false);
});

test('a source is decoded as it says itself, and too large a one is left alone', (t) => {
  const { path } = makeRoot(t);
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  const latin = write('latin.py', Buffer.from('# -*- coding: latin-1 -*-\nx = "é"\n', 'latin1'));
  const usual = write('usual.py', 'x = "é"\n');
  const large = write('large.py', '#'.repeat(largestSource + 1));
  const reader = new SourceReader(process.pid);
  t.after(() => reader.close());
  assert.match(reader.read(latin)?.text ?? '', /x = "é"/);
  assert.equal(reader.read(usual)?.text, 'x = "é"\n');
  assert.equal(reader.read(large), undefined);
  assert.equal(reader.read('<string>'), undefined);
  assert.equal(
    reader.read('package.json')?.text,
    readFileSync('package.json', 'utf8'),
    'from where the process is',
  );
});
