import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lackOf } from '../helpers/machine.js';
import { contendedProfile, smallProfile } from '../helpers/profiles.js';
import { afterKeys, choose, detail, openReport, openTab, summary } from '../helpers/report-page.js';
import { reportProfile } from '../helpers/report-profile.js';
import { keepScreenshot } from '../helpers/screenshot.js';

const skip = lackOf('chromium');

test('a report opens from the disk, stands alone, and shows what the program says as text', {
  skip,
}, async (t) => {
  const { page, errors, foreign } = await openReport(t, reportProfile());
  assert.equal(await page.locator('h1').innerText(), 'python3 app.py </script><b>');
  assert.equal(await detail(page), 'all: 100.0 % (1.00 s, 1,000 samples)');
  assert.equal(await summary(page), '1.00 s of thread time, 1,000 samples');
  assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] });
});

test('the flame graph is gone through and zoomed with the keyboard, top down and inverted', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  assert.match(await afterKeys(page, 'ArrowDown'), /^<module> \(\/srv\/app\/app\.py:47\): 100\.0 %/);
  assert.match(
    await afterKeys(page, 'ArrowDown'),
    /^summed \(\/srv\/app\/app\.py:4\): 80\.0 %.*80\.0 % itself/,
  );
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('button', { name: 'Reset zoom' }).isEnabled(), true);
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('button', { name: 'Reset zoom' }).isEnabled(), false);
  await choose(page, 'Direction', 'Inverted');
  assert.match(await afterKeys(page, 'ArrowDown'), /^summed \(\/srv\/app\/app\.py:4\): 80\.0 %/);
  assert.match(await afterKeys(page, 'ArrowDown'), /^<module> \(\/srv\/app\/app\.py:47\): 80\.0 %/);
  await page.getByRole('checkbox', { name: 'Instructions' }).check();
  assert.match(await afterKeys(page, 'ArrowDown'), /^BINARY_OP: 40\.0 %/);
  assert.deepEqual(errors, []);
});

test('a click zooms to a frame, a search tells its share, and colours are of families and states', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  const pixel = (x: number, y: number) =>
    page.locator('.flame canvas').evaluate(
      (canvas, at) => {
        const data = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(at.x, at.y, 1, 1).data;
        return [...(data ?? [])].join(' ');
      },
      { x, y },
    );
  const left = async () => pixel(5, 58);
  const byFunction = await left();
  await choose(page, 'Colour by', 'Specialisation');
  const byState = await left();
  assert.notEqual(byState, byFunction);
  assert.match(
    await page.locator('.flame-view .legend').innerText(),
    /specialised\s+adaptive, not specialised\s+unspecialisable/,
  );
  await choose(page, 'Colour by', 'Opcode family');
  assert.notEqual(await left(), byState);
  assert.match(await page.locator('.flame-view .legend').innerText(), /arithmetic/);
  await page.getByLabel('Search frames').fill('hidden');
  assert.equal(await page.locator('.matched').innerText(), '10.0 % matched');
  await page.getByLabel('Search frames').fill('hidden(');
  assert.equal(await page.getByLabel('Search frames').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('Search frames').fill('');
  await page.locator('.flame').click({ position: { x: 1150, y: 50 } });
  assert.match(await detail(page), /^hidden \(\/srv\/lib\/gone\.py:8\): 10\.0 %/);
  assert.deepEqual(errors, []);
});

test('the histogram groups by family and tells what is specialised; a click filters all else', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await openTab(page, 'Instructions');
  await keepScreenshot(page, 'html-instructions');
  const states = await page.locator('.states button').allInnerTexts();
  assert.deepEqual(
    states.map((text) => text.replace(/\s+/g, ' ')),
    ['40.0 % specialised', '50.0 % adaptive, not specialised', '10.0 % unspecialisable'],
  );
  const families = await page.locator('.card h3').allInnerTexts();
  assert.deepEqual(
    families.map((text) => text.replace(/\s+/g, ' ')),
    ['arithmetic 60.0 %', 'call 20.0 %', 'closure 10.0 %', 'attribute 10.0 %'],
  );
  const chosen = page.locator('.card button.opcode', { hasText: /^BINARY_OP[^_]/ });
  await chosen.click();
  assert.equal(await summary(page), '400.0 ms of thread time (40.0 %), 400 samples');
  assert.equal(await page.locator('.card button.opcode').count(), 5, 'the others can be chosen instead');
  await openTab(page, 'Functions');
  assert.deepEqual(await page.locator('tbody tr td:first-child').allInnerTexts(), ['summed', '<module>']);
  await page.getByRole('button', { name: 'Remove filter: BINARY_OP' }).click();
  assert.deepEqual(await page.locator('tbody tr td:first-child').allInnerTexts(), [
    'summed',
    'hidden',
    '<module>',
  ]);
  await openTab(page, 'Instructions');
  await page.getByRole('button', { name: /closure/ }).click();
  assert.match(await summary(page), /^100\.0 ms/);
  assert.deepEqual(errors, []);
});

test('a line of the source opens to its instructions, each with its place in the line', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await openTab(page, 'Source');
  const line = page.locator('tr[data-line="4"]');
  assert.match(await line.innerText(), /^4\s+80\.0 %\s+80\.0 %\s+total = len\('ü'\) \* total \+ value$/);
  assert.deepEqual(await line.locator('mark').allInnerTexts(), ["len('ü') * total + value"]);
  assert.equal(await page.locator('tr[data-line="20"]').count(), 0, 'what has no time is folded');
  await line.getByRole('button').click();
  assert.equal(await line.getByRole('button').getAttribute('aria-expanded'), 'true');
  const rows = await page
    .locator('.opened tbody tr')
    .evaluateAll((found) =>
      found.map((row) => [...row.children].map((cell) => cell.textContent?.trim()).join('|')),
    );
  assert.deepEqual(
    rows.map((text) => text.replace(', adaptive, not specialised', ' ?').replace(/, (un)?speciali\w+/, '')),
    [
      "18|LOAD_GLOBAL_BUILTIN|1 (len + NULL)|||total = len('ü') * total + value",
      "28|LOAD_CONST|2 ('ü')|||total = len('ü') * total + value",
      "30|CALL_LEN|1|20.0 %|200|total = len('ü') * total + value",
      "38|LOAD_FAST|1 (total)|||total = len('ü') * total + value",
      "40|BINARY_OP_MULTIPLY_INT|5 (*)|20.0 %|200|total = len('ü') * total + value",
      "44|LOAD_FAST|2 (value)|||total = len('ü') * total + value",
      "46|BINARY_OP ?|0 (+)|40.0 %|400|total = len('ü') * total + value",
      "50|STORE_FAST|1 (total)|||total = len('ü') * total + value",
      "52|JUMP_BACKWARD|22 (to 12)|||total = len('ü') * total + value",
    ],
  );
  assert.deepEqual(await page.locator('.opened u').allInnerTexts(), [
    'len',
    "'ü'",
    "len('ü')",
    'total',
    "len('ü') * total",
    'value',
    "len('ü') * total + value",
    'total',
    'total',
  ]);
  assert.equal(await page.locator('tr.on-adaptive.hottest').count(), 1);
  assert.match(
    await page.locator('.content section').innerText(),
    /belong to no line\s+summed[\s\S]*MAKE_CELL[\s\S]*10\.0 %/,
  );
  await keepScreenshot(page, 'html-source');
  await page
    .getByRole('button', { name: /lines without time/ })
    .first()
    .click();
  assert.equal(await page.locator('tr[data-line="20"]').count(), 1);
  assert.deepEqual(errors, []);
});

test('a file without its source is shown as instructions alone', { skip }, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await openTab(page, 'Source');
  await page.getByRole('button', { name: /gone\.py/ }).click();
  assert.match(await page.locator('.content header').innerText(), /source text is not in the profile/);
  assert.match(
    await page.locator('.disassembly').innerText(),
    /hidden, line 7[\s\S]*8\s+0\s+LOAD_ATTR[\s\S]*10\.0 %\s+100/,
  );
  assert.deepEqual(errors, []);
});

test('the table of functions sorts by each of its columns, and leads to the source', { skip }, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await openTab(page, 'Functions');
  await keepScreenshot(page, 'html-functions');
  const names = () => page.locator('tbody tr td:first-child').allInnerTexts();
  assert.deepEqual(await names(), ['summed', 'hidden', '<module>']);
  await page.getByRole('button', { name: 'Function' }).click();
  assert.deepEqual(await names(), ['<module>', 'hidden', 'summed']);
  assert.equal(await page.locator('th[aria-sort="ascending"]').innerText(), 'Function ↑');
  await page.getByRole('button', { name: 'Total' }).click();
  assert.deepEqual(await names(), ['<module>', 'summed', 'hidden']);
  await page.getByRole('button', { name: 'hidden' }).click();
  assert.equal(await page.locator('.content h2').innerText(), '/srv/lib/gone.py');
  assert.deepEqual(errors, []);
});

test('the timeline tells what threads did, and a span of it filters all else', { skip }, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await openTab(page, 'Timeline');
  await keepScreenshot(page, 'html-timeline');
  const lanes = await page.locator('.lane-name').allInnerTexts();
  assert.match(lanes[0] ?? '', /MainThread\s*running, with the GIL 100\.0 %/);
  assert.match(
    lanes[1] ?? '',
    /worker.*with the GIL 15\.4 %.*without the GIL 7\.7 %.*waiting for the GIL 23\.1 %.*sleeping 38\.5 %/,
  );
  const track = page.locator('.track').first();
  const { x, y, width } = (await track.boundingBox()) ?? { x: 0, y: 0, width: 0 };
  await page.mouse.move(x + width * 0.25, y + 10);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.44, y + 10, { steps: 4 });
  await page.mouse.up();
  // From 0.5 to 0.88 s: what began before is not in it.
  assert.match(await summary(page), /^300\.0 ms of thread time \(30\.0 %\)/);
  await page.getByLabel('From (seconds)').fill('0');
  await page.getByLabel('From (seconds)').press('Enter');
  assert.match(await summary(page), /^900\.0 ms/);
  await page.getByRole('button', { name: 'Whole time' }).click();
  assert.match(await summary(page), /^1\.00 s of thread time, /);
  assert.deepEqual(errors, []);
});

test('without waits the timeline tells waiting for the GIL from being idle, and what waits for it can be shown', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, contendedProfile());
  await openTab(page, 'Timeline');
  await keepScreenshot(page, 'html-timeline-memory');
  const lanes = await page.locator('.lane-name').allInnerTexts();
  assert.match(lanes[0] ?? '', /MainThread\s*running, with the GIL 75\.0 %, waiting for the GIL 25\.0 %$/);
  assert.match(lanes[1] ?? '', /pool <1>\s*waiting for the GIL 62\.5 %, idle 37\.5 %$/);
  assert.deepEqual(await page.locator('.legend .key').allInnerTexts(), [
    'running, with the GIL',
    'waiting for the GIL',
    'idle',
  ]);
  assert.match(await page.locator('.legend .hint').innerText(), /wait for \(a lock, I\/O\) is recorded/);
  assert.match(await summary(page), /^6\.0 ms of thread time/);
  await choose(page, 'Show', 'Waiting for the GIL');
  assert.match(await summary(page), /^7\.0 ms of thread time, 7 samples/);
  assert.equal(await page.getByRole('option', { name: 'Waits' }).count(), 0);
  assert.deepEqual(errors, []);
});

test('of a recording that does not tell waiting for the GIL the page says so', { skip }, async (t) => {
  const { page, errors } = await openReport(t, smallProfile());
  await openTab(page, 'Timeline');
  assert.match(await page.locator('.legend .hint').innerText(), /wait for \(the GIL, a lock, I\/O\)/);
  assert.equal(await page.getByRole('option', { name: 'Waiting for the GIL' }).count(), 0);
  assert.deepEqual(errors, []);
});

test('advice stands with what shows it, and leads to the source', { skip }, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await openTab(page, 'Advice');
  await keepScreenshot(page, 'html-advice');
  assert.deepEqual(await page.locator('.finding h3').allInnerTexts(), [
    '10.0 %\n"value" lives in a cell, since a function inside summed uses it',
  ]);
  await page.getByRole('button', { name: '/srv/app/app.py summed' }).click();
  assert.equal(await page.locator('.content h2').innerText(), '/srv/app/app.py');
  assert.deepEqual(errors, []);
});

test('threads and what counts are chosen for all views', { skip }, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await choose(page, 'Thread', 'thread (4243): worker');
  assert.match(await summary(page), /^300\.0 ms of thread time \(30\.0 %\)/);
  await choose(page, 'Show', 'What ran with the GIL');
  assert.match(await summary(page), /^200\.0 ms/);
  await choose(page, 'Show', 'Waiting for the GIL');
  assert.match(await summary(page), /^300\.0 ms of thread time, 300 samples/);
  await choose(page, 'Show', 'Waits');
  assert.match(await summary(page), /^800\.0 ms of thread time, 800 samples/);
  await choose(page, 'Show', 'Running and idle');
  assert.match(await summary(page), /^1\.30 s/);
  assert.deepEqual(errors, []);
});

test('the tabs are gone through with the arrow keys, and everything has a name', { skip }, async (t) => {
  const { page, errors } = await openReport(t, reportProfile());
  await page.getByRole('tab', { name: 'Flame graph' }).focus();
  for (const name of ['Instructions', 'Source', 'Functions', 'Timeline', 'Advice', 'Flame graph']) {
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.locator('[role="tab"]:focus').innerText(), name);
    assert.equal(await page.locator('[role="tabpanel"]:visible').count(), 1);
    const nameless = await page
      .locator('button:visible, input:visible, select:visible, [role="application"]:visible')
      .evaluateAll((found) =>
        found
          .filter((one) => {
            const label = one.closest('label')?.textContent ?? '';
            return ((one.getAttribute('aria-label') ?? '') + one.textContent + label).trim() === '';
          })
          .map((one) => one.outerHTML),
      );
    assert.deepEqual(nameless, []);
  }
  assert.deepEqual(errors, []);
});
