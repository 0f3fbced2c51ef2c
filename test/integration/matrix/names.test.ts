import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpreters, label } from '../../helpers/interpreters.js';
import { countOf, recordProcess, shown, tally } from '../../helpers/recorded.js';
import { startTarget } from '../../helpers/target.js';

const file = '/tmp/café/測試-🐍.py';
const calls = ['main', 'mäß', '𐐀deseret', '计算', 'été'];

for (const interpreter of interpreters()) {
  test(`on ${label(interpreter)} names that are not ASCII are as they were written`, async (t) => {
    const { pid } = await startTarget(t, interpreter, 'unicode_names.py');
    const { samples } = await recordProcess(pid, { rate: 5000, samples: 1500 });
    const stacks = tally(samples, ({ stack }) => stack);
    const deepest = ['<module>', ...calls].join('>');
    assert.ok((stacks.get(deepest) ?? 0) > countOf(samples) / 2, shown(stacks));

    const named = samples.flatMap(({ frames }) => frames.slice(1));
    assert.deepEqual([...new Set(named.map((frame) => frame.file))], [file]);
    assert.deepEqual([...new Set(named.map(({ name }) => name))].sort(), [...calls].sort());
    const method = named.find(({ name }) => name === 'mäß');
    assert.equal(method?.qualname, interpreter.minor >= 11 ? 'Größe.mäß' : 'mäß');
    assert.equal(method?.firstLine, 15);
  });
}
