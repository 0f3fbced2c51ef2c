import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayWidth } from '../../src/lib/display-width.js';
import type { GilWaits, Profile } from '../../src/profile/profile.js';
import { totals } from '../../src/profile/totals.js';
import { histogramText } from '../../src/terminal/histogram.js';
import { locationsText } from '../../src/terminal/locations.js';
import { wantsColour } from '../../src/terminal/style.js';
import { summaryText } from '../../src/terminal/summary.js';
import { tablesJson } from '../../src/terminal/tables-json.js';
import { assertGolden } from '../helpers/golden.js';
import { contendedProfile, smallProfile, waitingProfile } from '../helpers/profiles.js';

const plain = { columns: 80, colour: false, rows: 20 };
const all = (profile: Profile, style = plain) => {
  const sums = totals(profile, { idle: true });
  return [summaryText(profile, style), histogramText(sums, style), locationsText(sums, style)].join('\n');
};

test('summary and tables are as they have always been', () => {
  assertGolden('small-tables.txt', all(smallProfile()));
});

test('how much the threads waited for the GIL is told where they did', () => {
  assert.match(summaryText(contendedProfile(), plain), /^GIL +waited for 43\.8 % of thread time$/m);
  assert.match(summaryText(waitingProfile(), plain), /^GIL .* thread time, in waits of 1\.0 ms and more$/m);
  assert.doesNotMatch(summaryText(smallProfile(), plain), /^GIL/m);
});

test('where waiting for the GIL is not told, the summary says so, and why', () => {
  const { meta, ...rest } = contendedProfile();
  const said = (gilWaits: GilWaits) => summaryText({ ...rest, meta: { ...meta, gilWaits } }, plain);
  assert.doesNotMatch(said('told'), /count as idle/);
  for (const [gilWaits, why] of [
    ['unreadable', /\/proc\/PID\/task\/TID\/syscall/],
    ['old-kernel', /Linux 5\.15/],
    ['musl', /musl/],
  ] as const) {
    assert.match(said(gilWaits), /count as idle/);
    assert.match(said(gilWaits), why);
  }
});

test('no line is wider than the terminal, from 32 columns up', () => {
  for (const columns of [32, 40, 60, 80, 200]) {
    for (const line of all(longNamed(), { ...plain, columns }).split('\n')) {
      assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`);
    }
  }
});

test('a long path loses its front, and keeps its file name and line', () => {
  const text = locationsText(totals(longNamed(), {}), { ...plain, columns: 60 });
  assert.match(text, /\| ….*\/app\.py:4 work BINARY_ADD\n/);
});

test('what a table leaves out is told in its last line', () => {
  const sums = totals(smallProfile(), {});
  const style = { ...plain, rows: 1 };
  assert.match(histogramText(sums, style), /… and 2 more rows \(8 samples\)\n/);
  assert.match(locationsText(sums, style), /… and 2 more rows \(8 samples\)\n$/);
});

test('instructions that are only near are marked, and the mark is explained', () => {
  const text = histogramText(totals(smallProfile(), {}), plain);
  assert.match(text, /CALL_FUNCTION~ .*\n~ in code that the JIT compiled/s);
  assert.doesNotMatch(histogramText(totals(smallProfile(), { file: 'app.py' }), plain), /~/);
});

test('samples whose instruction is not known are told', () => {
  assert.match(
    histogramText(totals(smallProfile(), {}), plain),
    /1 sample whose instruction is not known\.\n$/,
  );
});

test('a filter that keeps nothing says so', () => {
  const sums = totals(smallProfile(), { instructions: ['NOP'] });
  assert.equal(histogramText(sums, plain), 'No samples of instructions.\n');
  assert.equal(locationsText(sums, plain), '');
});

test('no control character of the target reaches the terminal, in names or command line', () => {
  const small = smallProfile();
  const target = { ...small.meta.target, command: ['a\u001b]0;x\u0007', '\u202eb'], executable: '/x\r\ny' };
  const text = all({ ...small, meta: { ...small.meta, target } });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
});

test('colour changes nothing but the colour', () => {
  const coloured = all(smallProfile(), { ...plain, colour: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
  const stripped = coloured.replace(/\u001b\[\d+m/g, '');
  assert.notEqual(coloured, stripped);
  assert.equal(stripped, all(smallProfile()));
});

test('colour is for terminals whose user did not ask for none', () => {
  assert.equal(wantsColour({ isTTY: true }, {}), true);
  assert.equal(wantsColour({}, {}), false);
  assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: '' }), true);
});

const byKernel = () => {
  const small = smallProfile();
  return { ...small, meta: { ...small.meta, reader: 'kernel' as const } };
};

test('the kernel reader’s summary has its own rate, and no rows of a clock that it has not', () => {
  const text = summaryText(byKernel(), plain);
  assert.match(text, /^Reader +kernel, from inside it$/m);
  assert.match(text, /^Samples +26 from 2 threads, 21 in 21\.0 ms on processors$/m);
  assert.match(text, /^Rate +1,000 a second on processors, of 1,000 asked for$/m);
  assert.doesNotMatch(text, /late|missed|repaired/i);
  assert.doesNotMatch(text, /not taken/);
  const idle = { ...byKernel(), samples: { ...smallProfile().samples, flags: new Uint8Array(7) } };
  assert.match(summaryText(idle, plain), /^Rate +no thread came to a tick of its clock$/m);
});

test('why the kernel reader was not taken, and what helps, is told whole on a narrow terminal, too', () => {
  const small = smallProfile();
  const whyNotKernel = { reason: 'heavyops lacks CAP_BPF', remedy: 'run it as root: `sudo heavyops …`' };
  const profile = { ...small, meta: { ...small.meta, whyNotKernel } };
  const whole =
    'The kernel reader was not taken, as heavyops lacks CAP_BPF: run it as root: `sudo heavyops …`.';
  assert.ok(summaryText(profile, { ...plain, columns: 120 }).endsWith(`\n${whole}\n`));
  const narrow = summaryText(profile, { ...plain, columns: 32 });
  assert.ok(narrow.replaceAll('\n', ' ').endsWith(`${whole} `));
  for (const line of narrow.split('\n')) assert.ok(displayWidth(line) <= 32, line);
});

test('a rate is told of ticks enough to tell one', () => {
  const { samples, ...small } = byKernel();
  const count = Uint32Array.from(samples.count, (_, row) => (row === 0 ? 1 : 0));
  const text = summaryText({ ...small, samples: { ...samples, count } }, plain);
  assert.match(text, /^Rate +too few ticks to tell: the threads hardly ran$/m);
});

test('child processes that were not sampled are named, as many as one can read', () => {
  const small = smallProfile();
  const noted = (children: readonly number[]) =>
    summaryText({ ...small, meta: { ...small.meta, children } }, { ...plain, columns: 200 })
      .split('\n')
      .at(-2);
  assert.equal(
    noted([7]),
    'A child process with the same interpreter (pid 7) was not sampled: add --subprocesses, or attach to one.',
  );
  assert.equal(
    noted([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    '10 child processes with the same interpreter (pid 1, 2, 3, 4, 5, 6, 7, 8 and 2 more) were not sampled: add --subprocesses, or attach to one.',
  );
});

test('the tables as one object', () => {
  const { summary, opcodes, locations, leftOut } = tablesJson(smallProfile(), {}, 2);
  assert.equal(summary.achievedRate, 995);
  assert.equal(tablesJson(byKernel(), {}, 2).summary.achievedRate, 1000);
  assert.equal(summary.target.pid, 4242);
  assert.deepEqual(
    opcodes.map(({ name, count }) => [name, count]),
    [
      ['BINARY_ADD', 12],
      ['LOAD_ATTR_SLOT', 5],
    ],
  );
  assert.equal(locations[0]?.line, 4);
  assert.deepEqual(leftOut, { opcodes: 1, locations: 1 });
});

function longNamed(): Profile {
  const small = smallProfile();
  const strings = small.strings.map((text) =>
    text.startsWith('/srv/app') ? `/srv/${'very-long/整理/'.repeat(12)}app.py` : text,
  );
  return { ...small, strings };
}
