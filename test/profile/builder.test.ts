import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CodeObject, ProfileBuilder } from '../../src/profile/builder.js';
import { sampleMeta } from '../helpers/profiles.js';

const V310 = { version: { major: 3, minor: 10 } };
const V312 = { version: { major: 3, minor: 12 } };

const f: CodeObject = {
  name: 'f',
  qualname: 'C.f',
  filename: '/a.py',
  firstLine: 7,
  bytecode: Uint8Array.of(1, 2, 3, 4, 5, 6),
  lineTable: Uint8Array.of(2, 0, 2, 0x80, 2, 3),
};

test('equal opcodes, codes, frames and stacks get the same id, different ones do not', () => {
  const builder = new ProfileBuilder(V310);
  assert.equal(builder.addOpcode('A', 'A'), builder.addOpcode('A', 'A'));
  assert.notEqual(builder.addOpcode('A', 'A'), builder.addOpcode('A_INT', 'A'));
  const code = builder.addCode(f);
  assert.equal(builder.addCode({ ...f, bytecode: f.bytecode.slice() }), code);
  assert.notEqual(builder.addCode({ ...f, firstLine: 8 }), code);
  assert.equal(builder.addFrame(code, 2), builder.addFrame(code, 2));
  assert.notEqual(builder.addFrame(code, 2), builder.addFrame(code, 4));
  assert.equal(builder.addStack(-1, 0), builder.addStack(-1, 0));
  assert.notEqual(builder.addStack(-1, 0), builder.addStack(0, 0));
});

test('a code object that has specialised since is the same one, with its newest bytecode', () => {
  const builder = new ProfileBuilder(V312);
  const code = builder.addCode(f);
  const bytecode = Uint8Array.of(9, 2, 3, 4, 5, 6);
  assert.equal(builder.addCode({ ...f, bytecode }), code);
  assert.deepEqual(builder.build(sampleMeta).codes.bytecode[code], bytecode);
});

test('before 3.11 code objects whose bytecode differs are different', () => {
  const builder = new ProfileBuilder(V310);
  assert.notEqual(builder.addCode(f), builder.addCode({ ...f, bytecode: Uint8Array.of(9, 2, 3, 4, 5, 6) }));
});

test('frames have the line of their instruction, 0 for none, the first line before the first instruction', () => {
  const builder = new ProfileBuilder(V310);
  const code = builder.addCode(f);
  const frames = [0, 2, 4, -1, 400].map((offset) => builder.addFrame(code, offset));
  const { line, offset } = builder.build(sampleMeta).frames;
  assert.deepEqual(
    frames.map((frame) => line[frame]),
    [7, 0, 10, 7, 0],
  );
  assert.equal(offset[3], -1);
});

test('a build is not touched by what is added after it', () => {
  const builder = new ProfileBuilder(V310);
  builder.addThread({ tid: 1, ident: '1', name: '', interpreter: 0 });
  builder.addSample(0, -1, -1, 1, 0, 5, 1);
  const before = builder.build(sampleMeta);
  builder.addSample(0, -1, -1, 1, 1, 5, 1);
  builder.updateThread(0, { name: 'late' });
  builder.addCode(f);
  const after = builder.build(sampleMeta);
  assert.deepEqual([before.samples.count[0], before.threads[0]?.name, before.codes.length], [1, '', 0]);
  assert.deepEqual([after.samples.count[0], after.threads[0]?.name, after.codes.length], [2, 'late', 1]);
  assert.ok(Object.isFrozen(before) && Object.isFrozen(before.threads) && Object.isFrozen(before.samples));
});

test('names are stored once, as indexes into the strings', () => {
  const builder = new ProfileBuilder(V310);
  builder.addCode(f);
  builder.addCode({ ...f, firstLine: 9 });
  const { strings, codes } = builder.build(sampleMeta);
  assert.deepEqual([...strings].sort(), ['/a.py', 'C.f', 'f']);
  assert.deepEqual([strings[codes.name[1] ?? -1], strings[codes.qualname[1] ?? -1]], ['f', 'C.f']);
});

test('a hundred thousand stacks keep their parents and frames', () => {
  const builder = new ProfileBuilder(V310);
  for (let row = 0; row < 100_000; row++) {
    assert.equal(builder.addStack((row >> 1) - 1, row), row);
  }
  assert.equal(builder.addStack((5000 >> 1) - 1, 5000), 5000);
  const { stacks } = builder.build(sampleMeta);
  assert.ok(stacks.parent.every((parent, row) => parent === (row >> 1) - 1 && stacks.frame[row] === row));
});
