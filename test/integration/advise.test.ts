import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../src/advice/finding.js';
import { json } from '../../src/export/json.js';
import { defaultView } from '../../src/profile/view.js';
import { heavyops } from '../helpers/heavyops.js';
import { smallProfile } from '../helpers/profiles.js';
import { reportProfile } from '../helpers/report-profile.js';
import { scratch } from '../target/processes.js';

test('heavyops advise prints findings as text and as JSON', async (t) => {
  const file = join(scratch(t), 'saved.json');
  await writeFile(file, [...json.write(reportProfile(), defaultView)].join(''));
  const text = await heavyops(t, ['advise', file]);
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(
    text.stdout,
    /^10\.0 %, at most 90\.0 % {2}"value" lives in a cell[\s\S]*Shown by: MAKE_CELL makes/,
  );
  const list = JSON.parse((await heavyops(t, ['advise', file, '--json'])).stdout) as readonly Finding[];
  assert.deepEqual(
    list.map(({ kind, line, offset }) => [kind, line, offset]),
    [['cell', 0, 0]],
  );
});

test('heavyops advise says where a profile has too little in it', async (t) => {
  const file = join(scratch(t), 'saved.json');
  await writeFile(file, [...json.write(smallProfile(), defaultView)].join(''));
  const { code, stdout, stderr } = await heavyops(t, ['advise', file]);
  assert.equal(code, 0);
  assert.match(
    stderr,
    /has no names of variables, so little can be found: record it again with -o FILE\.json/,
  );
  assert.match(stdout, /^Nothing was found/);
});
