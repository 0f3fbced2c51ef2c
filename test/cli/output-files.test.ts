import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type OutputFile, openOutputs } from '../../src/cli/output-files.js';
import { type ErrorCode, HeavyopsError } from '../../src/errors.js';
import type { View } from '../../src/profile/view.js';
import { smallProfile, waitingProfile } from '../helpers/profiles.js';

const view: View = { filter: {}, granularity: 'line', lineNumbers: true, opcodes: false, threads: false };
const is = (code: ErrorCode) => (error: unknown) => error instanceof HeavyopsError && error.code === code;

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'heavyops-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('a file has its name only when it is whole', async (t) => {
  const there = directory(t);
  const path = join(there, 'a.collapsed');
  const [output] = openOutputs([path], undefined);
  assert.ok(!existsSync(path));
  await output?.write(smallProfile(), view);
  assert.match(readFileSync(path, 'utf8'), /\n$/);
  assert.deepEqual(readdirSync(there), ['a.collapsed']);
});

test('a file that is discarded leaves what was there before', (t) => {
  const there = directory(t);
  const path = join(there, 'a.svg');
  writeFileSync(path, 'before');
  const [output] = openOutputs([path], undefined);
  output?.discard();
  output?.discard();
  assert.equal(readFileSync(path, 'utf8'), 'before');
  assert.deepEqual(readdirSync(there), ['a.svg']);
});

test('discarding does not take back what was written', async (t) => {
  const path = join(directory(t), 'a.svg');
  const [output] = openOutputs([path], undefined);
  await output?.write(smallProfile(), view);
  output?.discard();
  assert.match(readFileSync(path, 'utf8'), /<\/svg>/);
});

test('a file that replaces another keeps its permissions, and a link stays a link', async (t) => {
  const there = directory(t);
  const file = join(there, 'real.svg');
  const link = join(there, 'link.svg');
  writeFileSync(file, 'before', { mode: 0o600 });
  symlinkSync(file, link);
  const [output] = openOutputs([link], undefined);
  await output?.write(smallProfile(), view);
  assert.equal(readlinkSync(link), file);
  assert.match(readFileSync(file, 'utf8'), /<\/svg>/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('when one file cannot be opened nothing is left of the others', (t) => {
  const there = directory(t);
  const paths = [join(there, 'a.svg'), join(there, 'missing/b.svg')];
  assert.throws(() => openOutputs(paths, undefined), is('OUTPUT_UNWRITABLE'));
  assert.deepEqual(readdirSync(there), []);
});

test('paths that cannot be written say why', (t) => {
  const there = directory(t);
  mkdirSync(join(there, 'folder.svg'));
  writeFileSync(join(there, 'file'), '');
  const refused: readonly (readonly [string, RegExp])[] = [
    ['missing/a.svg', /its directory does not exist/],
    ['folder.svg', /is a directory/],
    ['file/a.svg', /not a directory/],
    [`${'long'.repeat(100)}.svg`, /its name is too long/],
  ];
  for (const [path, why] of refused) {
    assert.throws(() => openOutputs([join(there, path)], undefined), why);
  }
});

test('a path that is given twice is refused, by whatever names', (t) => {
  const there = directory(t);
  symlinkSync(there, join(there, 'again'));
  const paths = [join(there, 'a.svg'), join(there, 'again', '.', 'a.svg')];
  assert.throws(() => openOutputs(paths, undefined), is('USAGE'));
  assert.throws(() => openOutputs(['-', '-'], 'json'), is('USAGE'));
  assert.deepEqual(readdirSync(there), ['again']);
});

test('a format needs a file, and a file a format', () => {
  assert.throws(() => openOutputs([], 'json'), is('USAGE'));
  assert.throws(() => openOutputs([], 'jason'), /there is no format called "jason"/);
  assert.throws(() => openOutputs(['-'], undefined), is('USAGE'));
  assert.throws(() => openOutputs(['profile'], undefined), is('USAGE'));
});

test('a full disk is told, and other files are written all the same', async (t) => {
  const path = join(directory(t), 'a.svg');
  const [full, other] = openOutputs(['/dev/full', path], 'flamegraph') as [OutputFile, OutputFile];
  await assert.rejects(full.write(smallProfile(), view), /the disk is full/);
  await other.write(smallProfile(), view);
  assert.match(readFileSync(path, 'utf8'), /<\/svg>/);
  assert.ok(statSync('/dev/full').isCharacterDevice());
});

test('with waits there is a second file beside each that cannot hold both', async (t) => {
  const there = directory(t);
  const names = ['a.speedscope.json', 'b.SVG', 'c.json', '.collapsed'];
  const outputs = openOutputs(
    names.map((name) => join(there, name)),
    undefined,
    'both',
  );
  for (const output of outputs) await output.write(waitingProfile(), view);
  assert.deepEqual(readdirSync(there).sort(), [
    '.collapsed',
    '.off-cpu.collapsed',
    'a.off-cpu.speedscope.json',
    'a.speedscope.json',
    'b.SVG',
    'b.off-cpu.SVG',
    'c.json',
  ]);
  assert.doesNotMatch(readFileSync(join(there, '.collapsed'), 'utf8'), /\[lock\]/);
  assert.match(readFileSync(join(there, '.off-cpu.collapsed'), 'utf8'), /\[lock\] 25000\n/);
});

test('a file of any name has the waits beside it, and one file alone may be all waits', async (t) => {
  const there = directory(t);
  for (const output of openOutputs([join(there, 'app.1'), join(there, 'app')], 'raw', 'both'))
    output.discard();
  const [beside] = openOutputs([join(there, 'app.1')], 'raw', 'both').filter(({ waits }) => waits);
  assert.equal(beside?.path, join(there, 'app.off-cpu.1'));
  const [only, ...others] = openOutputs([join(there, 'a.svg')], undefined, 'waits');
  await only?.write(waitingProfile(), view);
  assert.deepEqual(others, []);
  assert.match(readFileSync(join(there, 'a.svg'), 'utf8'), /where it waits/);
  beside?.discard();
});

test('what has no place beside it takes no second file, and names of both kinds may not meet', (t) => {
  const there = directory(t);
  assert.throws(() => openOutputs(['-'], 'raw', 'both'), is('USAGE'));
  assert.throws(() => openOutputs(['/dev/null'], 'raw', 'both'), is('USAGE'));
  assert.equal(openOutputs(['-'], 'json', 'both').length, 1);
  const paths = [join(there, 'a.svg'), join(there, 'a.off-cpu.svg')];
  assert.throws(() => openOutputs(paths, undefined, 'both'), is('USAGE'));
  assert.deepEqual(readdirSync(there), []);
});
