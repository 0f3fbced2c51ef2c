import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../../src/lib/display-width.js';
import { waitTotals } from '../../src/profile/waits.js';
import { tablesJson } from '../../src/terminal/tables-json.js';
import { waitsTable } from '../../src/terminal/waits.js';
import { assertGolden } from '../helpers/golden.js';
import { smallProfile, waitingProfile } from '../helpers/profiles.js';

const plain = { columns: 80, colour: false, rows: 20 };
const table = (style = plain, profile = waitingProfile()) =>
  waitsTable(waitTotals(profile, {}), profile.meta, style);

test('the table of waits is as it has always been', () => {
  assertGolden('waits-table.txt', table());
});

test('no line is wider than the terminal, from 32 columns up; the longest are the first to go, then the counts, the shares', () => {
  for (const columns of [32, 40, 60, 80, 200]) {
    for (const line of table({ ...plain, columns }).split('\n')) {
      assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
    }
  }
  assert.doesNotMatch(table({ ...plain, columns: 40 }), /SHARE|%/);
  assert.match(table({ ...plain, columns: 40 }), /^ *25\.0 ms {2}lock {2}.*:5 work$/m);
});

test('waits are counted by place and kind, those with the GIL apart where only they are asked for', () => {
  const profile = waitingProfile();
  const counts = (gil: boolean) =>
    waitTotals(profile, { gil }).rows.map(({ kind, waits, longest }) => [kind, waits, longest]);
  assert.deepEqual(counts(false).slice(0, 4), [
    ['I/O', 1234, 99_000],
    ['lock', 2, 17e6],
    ['GIL', undefined, undefined],
    ['processor', 1, 2e6],
  ]);
  assert.deepEqual(counts(true), [['processor', 1, 2e6]]);
  const { waits, ...older } = profile;
  assert.ok(waits !== undefined);
  assert.doesNotMatch(table(plain, older), /WAITS|LONGEST/);
});

test('what the table leaves out is told, as a length of time', () => {
  assert.match(table({ ...plain, rows: 2 }), /^… and 4 more rows \(8\.3 ms\)$/m);
});

test('colour changes nothing but the colour', () => {
  const coloured = table({ ...plain, colour: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
  const stripped = coloured.replace(/\u001b\[\d+m/g, '');
  assert.notEqual(coloured, stripped);
  assert.equal(stripped, table());
});

test('where nothing waited for long enough, it is said', () => {
  assert.equal(
    table(plain, { ...smallProfile(), meta: waitingProfile().meta }),
    'No waits of 1.0 ms and more.\n',
  );
});

test('the waits are in the object of all tables where they are asked for', () => {
  const { waits, leftOut } = tablesJson(waitingProfile(), {}, 2, true);
  assert.equal(waits?.weight, 73.25e6);
  assert.deepEqual(
    waits?.rows.map(({ kind }) => kind),
    ['I/O', 'lock'],
  );
  assert.equal(leftOut.waits, 4);
  const without = tablesJson(waitingProfile(), {}, 2);
  assert.ok(!('waits' in without) && !('waits' in without.leftOut));
});
