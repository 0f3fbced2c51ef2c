import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { json } from '../../src/export/json.js';
import { defaultView } from '../../src/profile/view.js';
import { heavyops } from '../helpers/heavyops.js';
import { interpreters, label } from '../helpers/interpreters.js';
import { reportProfile } from '../helpers/report-profile.js';
import { startTarget } from '../helpers/target.js';
import { scratch } from '../target/processes.js';

for (const interpreter of interpreters()) {
  test(`heavyops dis shows where a function of ${label(interpreter)} is hot`, async (t) => {
    const { pid, file } = await startTarget(t, interpreter, 'opcodes.py', { args: ['arithmetic'] });
    const { code, stdout, stderr } = await heavyops(t, [
      'dis',
      '--pid',
      String(pid),
      '-d',
      '1',
      'arithmetic',
    ]);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.startsWith(`${file}:16 arithmetic\n`), stdout);
    assert.match(stdout, /^20 {2} {8}b = \(b \* 3\) & 0xFFFF$/m);
    assert.match(stdout, /^ *\d+\.\d % +\d+ +(BINARY_OP_MULTIPLY_INT|BINARY_OP|BINARY_MULTIPLY)/m);
    assert.match(stdout, /^ *(\d+\.\d %)? +>> +\d+ {2}FOR_ITER/m);
    assert.match(stdout, /STORE_FAST +2 \(b\)/);
    const shares = [...stdout.matchAll(/^ *(\d+\.\d) % +(?:>>)? +\d+ /gm)].map(([, share]) => Number(share));
    const [, own = 0] = /^(\d+\.\d) % of the time in it/m.exec(stdout) ?? [];
    const sum = shares.reduce((whole, share) => whole + share, 0);
    assert.ok(Math.abs(sum - Number(own)) < 0.1 * shares.length + 0.1, `${sum} of ${own}`);
  });
}

test('heavyops dis shows functions of a saved profile', async (t) => {
  const file = join(scratch(t), 'saved.json');
  await writeFile(file, [...json.write(reportProfile(), defaultView)].join(''));
  const shown = await heavyops(t, ['dis', file, 'summed']);
  assert.deepEqual([shown.code, shown.stderr], [0, '']);
  assert.match(shown.stdout, /40\.0 % +46 {2}BINARY_OP +0 \(\+\) +not specialised/);
  const misspelt = await heavyops(t, ['dis', file, 'sumed']);
  assert.equal(misspelt.code, 2);
  assert.match(
    misspelt.stderr,
    /no function called "sumed" was seen[\s\S]*Did you mean "summed"\? The hottest are: summed, hidden\./,
  );
});

test('heavyops dis says what it needs', async (t) => {
  for (const args of [
    ['dis', 'saved.json'],
    ['dis', '--pid', '1'],
    ['dis', '--pid', '1', 'a', 'b'],
    ['dis', 'a', 'b', 'c'],
  ]) {
    const { code, stderr } = await heavyops(t, args);
    assert.equal(code, 2, args.join(' '));
    assert.match(
      stderr,
      /heavyops dis profile\.json checksum|missing required argument|needed/,
      args.join(' '),
    );
  }
});
