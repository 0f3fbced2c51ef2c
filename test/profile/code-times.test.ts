import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesNamed, codeTimes } from '../../src/profile/code-times.js';
import { MILLISECOND, smallProfile } from '../helpers/profiles.js';

test('functions are found by their qualified name, or the end of it', () => {
  const small = smallProfile();
  const strings = small.strings.map((text) => (text === 'work' ? 'Worker.run.<locals>.work' : text));
  const profile = { ...small, strings };
  assert.deepEqual(codesNamed(profile, 'Worker.run.<locals>.work'), [1]);
  assert.deepEqual(codesNamed(profile, 'work'), [1]);
  assert.deepEqual(codesNamed(profile, 'ork'), []);
});

test('the time of a function is its own and that of what it called, by instruction and form', () => {
  const { own, total, whole, instructions } = codeTimes(smallProfile(), {}, 1);
  assert.deepEqual(
    [own, total, whole],
    [18, 21, 21].map((time) => time * MILLISECOND),
  );
  assert.deepEqual([...instructions.keys()].sort(), [2, 4]);
  assert.equal(instructions.get(2)?.count, 13);
  assert.deepEqual([...(instructions.get(2)?.forms ?? [])], [['BINARY_ADD', 12 * MILLISECOND]]);
});

test('who slept counts where that is asked for', () => {
  const leaf = codesNamed(smallProfile(), 'tidy; 整理')[0] ?? -1;
  assert.equal(codeTimes(smallProfile(), {}, leaf).own, 3 * MILLISECOND);
  assert.equal(codeTimes(smallProfile(), { idle: true }, leaf).own, 7 * MILLISECOND);
});

test('the time of what was called from an instruction is told for each', () => {
  const { own, total, called } = codeTimes(smallProfile(), {}, 1);
  const below = [...called.values()].reduce((sum, { weight }) => sum + weight, 0);
  assert.equal(below, total - own);
  assert.deepEqual(
    [...called].map(([offset, { count }]) => [offset, count]),
    [[4, 3]],
  );
  const main = codeTimes(smallProfile(), {}, 0);
  assert.equal(
    [...main.called.values()].reduce((sum, { weight }) => sum + weight, 0),
    main.total - main.own,
  );
});
