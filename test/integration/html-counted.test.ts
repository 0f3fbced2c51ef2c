import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesNamed, codeTimes } from '../../src/profile/code-times.js';
import { Listings } from '../../src/profile/listing.js';
import { defaultView } from '../../src/profile/view.js';
import { counted, groundFor } from '../helpers/counted.js';
import { countedProfile } from '../helpers/counted-profile.js';
import { interpreters } from '../helpers/interpreters.js';
import { lackOf } from '../helpers/machine.js';
import { afterKeys, choose, detail, openReport, openTab, summary } from '../helpers/report-page.js';
import { keepScreenshot } from '../helpers/screenshot.js';

const skip = lackOf('chromium');

test('of an exact count the page tells executions, of processes, and has no view of time', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, countedProfile());
  assert.equal(await summary(page), '12,000,003,001 executions');
  assert.equal(await detail(page), 'all: 100.0 % (12,000,003,001 executions)');
  assert.match(
    await afterKeys(page, 'ArrowDown'),
    /^outer\.<locals>\.add \(.*app\.py:4\): 100\.0 % \(12,000,003,000 executions\)/,
  );
  assert.deepEqual(await page.getByRole('tab').allInnerTexts(), [
    'Flame graph',
    'Instructions',
    'Source',
    'Functions',
  ]);
  assert.match(
    await page.locator('.facts').innerText(),
    /every instruction counted[\s\S]*12,000,003,001 executions in 2 processes/,
  );
  await choose(page, 'Process', 'process 4250');
  assert.equal(await summary(page), '3,000 executions (0.0 %)');
  await page.getByRole('checkbox', { name: 'Processes' }).check();
  assert.match(await afterKeys(page, 'ArrowDown'), /^process 4250: 100\.0 % \(3,000 executions\)/);
  await choose(page, 'Process', 'All processes');
  await keepScreenshot(page, 'html-counted-flame');
  assert.deepEqual(errors, []);
});

test('numbers of an exact count are executions in every view, and nothing there is of time or samples', {
  skip,
}, async (t) => {
  const { page, errors } = await openReport(t, countedProfile());
  const ofTime =
    /\b(times?|samples?|sampled|threads?|idle|waits?|hottest|hot|GIL|specialis\w+|adaptive|unspecialisable|[mµ]s)\b/i;
  for (const tab of ['Flame graph', 'Instructions', 'Source', 'Functions']) {
    await openTab(page, tab);
    const open = page.getByRole('button', { name: 'Line 4, instructions' });
    if (tab === 'Source') await open.click();
    const text = await page.locator('main, .filters').evaluateAll((found) =>
      found
        .flatMap((part) => [part, ...part.querySelectorAll('*')])
        .filter((part) => part instanceof HTMLElement && part.offsetParent !== null)
        .flatMap((part) => [
          (part as HTMLElement).innerText,
          part.getAttribute('title') ?? '',
          part.getAttribute('aria-label') ?? '',
        ])
        .join('\n'),
    );
    assert.ok(text.length > 100, tab);
    assert.doesNotMatch(text, ofTime, tab);
    await keepScreenshot(page, `html-counted-${tab.toLowerCase().replace(' ', '-')}`);
  }
  await openTab(page, 'Functions');
  assert.deepEqual(await page.locator('.functions-view th').allInnerTexts(), [
    'Function',
    'File',
    'Share ↓',
    'Executions',
    'Most frequent instruction',
  ]);
  assert.deepEqual(await page.locator('.functions-view tbody tr:first-child td').allInnerTexts(), [
    'outer.<locals>.add',
    '/srv/app/app.py:3',
    '100.0 %',
    '12,000,003,000',
    'LOAD_DEREF',
  ]);
  await openTab(page, 'Source');
  assert.match(
    await page.locator('tr[data-line="4"]').innerText(),
    /^4\s+100\.0 %\s+12,000,003,000\s+value$/,
  );
  const rows = await page
    .locator('.opened tbody tr')
    .evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent).join('|')));
  assert.match(rows.join('\n'), /LOAD_DEREF\|[^|]*\|50\.0 %\|6,000,003,000/);
  await openTab(page, 'Instructions');
  await page.locator('.card button.opcode', { hasText: 'RETURN_CONST' }).click();
  assert.equal(await summary(page), '1 execution (0.0 %)');
  assert.deepEqual(errors, []);
});

test('a count of some instructions says which they are', { skip }, async (t) => {
  const { page } = await openReport(t, countedProfile(), {
    ...defaultView,
    filter: { instructions: ['LOAD_DEREF'], file: ['app.py'] },
  });
  assert.match(
    await page.locator('.page-head').innerText(),
    /Only executions in files that match app\.py\. Only executions at LOAD_DEREF\./,
  );
  assert.equal(await summary(page), '6,000,003,000 executions');
});

test('a program that was counted is shown with its source, and with what its arguments stand for', {
  skip,
}, async (t) => {
  const interpreter = interpreters().findLast(({ root, freeThreaded }) => root === '/' && !freeThreaded);
  assert.ok(interpreter, 'an interpreter of this root');
  const { profile } = await counted(t, groundFor(t, interpreter), ['recursion.py']);
  const { page, errors } = await openReport(t, profile, {
    ...defaultView,
    filter: { file: ['recursion.py'] },
  });
  const [fib = -1] = codesNamed(profile, 'fib');
  const executed = codeTimes(profile, {}, fib).instructions;
  const executions = new Listings(profile)
    .of(fib)
    .filter(({ line }) => line === 6)
    .reduce((sum, { offset }) => sum + (executed.get(offset)?.count ?? 0), 0);
  assert.ok(executions > 10_000, `${executions} executions`);
  await openTab(page, 'Source');
  assert.match(
    await page.locator('tr[data-line="6"]').innerText(),
    new RegExp(
      `^6\\s+\\d+\\.\\d %\\s+${executions.toLocaleString('en')}\\s+return n if n < 2 else fib\\(n - 1\\) \\+ fib\\(n - 2\\)$`,
    ),
  );
  await page.getByRole('button', { name: 'Line 6, instructions' }).click();
  const rows = await page.locator('.opened tbody tr').allInnerTexts();
  assert.match(rows.join('\n'), /LOAD_GLOBAL\s+\d+ \(fib/);
  assert.deepEqual(errors, []);
});
