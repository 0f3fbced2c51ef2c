import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { speedscope } from '../../src/export/speedscope.js';
import { defaultView } from '../../src/profile/view.js';
import { type OpenPage, openPage } from '../helpers/browser.js';
import { serve } from '../helpers/file-server.js';
import { lackOf } from '../helpers/machine.js';
import { smallProfile } from '../helpers/profiles.js';
import { keepScreenshot } from '../helpers/screenshot.js';

const skip = lackOf('chromium');
const app = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release');

/** Opens an exported profile in speedscope's own app. */
async function openInSpeedscope(t: TestContext, view = defaultView): Promise<OpenPage> {
  const profile = [...speedscope.write(smallProfile(), view)].join('');
  const address = await serve(t, app, { 'app.speedscope.json': profile });
  const opened = await openPage(t);
  await opened.page.goto(
    `${address}index.html#profileURL=${encodeURIComponent(`${address}app.speedscope.json`)}`,
  );
  return opened;
}

test('speedscope opens the file, at the busiest thread, and names every thread', { skip }, async (t) => {
  const { page, errors, foreign } = await openInSpeedscope(t);
  const title = page.getByText('thread (4242): MainThread (1/2)');
  await title.waitFor();
  await keepScreenshot(page, 'speedscope-time-order');
  await title.click();
  await page.getByText('thread (4243): pool <1>', { exact: true }).waitFor();
  await keepScreenshot(page, 'speedscope-threads');
  assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] });
});

test('speedscope shows each function with its own and its total time', { skip }, async (t) => {
  const { page, errors } = await openInSpeedscope(t);
  await page.getByText('thread (4242): MainThread (1/2)').waitFor();
  await page.keyboard.press('3');
  await page.locator('tr', { hasText: 'tidy' }).waitFor();
  await keepScreenshot(page, 'speedscope-sandwich');
  const cells = (await page.locator('table tr').allInnerTexts()).map((row) => row.split(/\s*[\t\n]\s*/));
  const functions = cells.slice(cells.findIndex(([first]) => first === 'Total') + 1);
  assert.deepEqual(functions, [
    ['12.00ms (60%)', '12.00ms (60%)', 'work'],
    ['8.00ms (40%)', '5.00ms (25%)', 'work'],
    ['3.00ms (15%)', '3.00ms (15%)', 'tidy; 整理'],
    ['20.00ms (100%)', '0.00ns (<0.01%)', '<module>'],
  ]);
  assert.deepEqual(errors, []);
});

test('speedscope shows instructions as frames when they are asked for', { skip }, async (t) => {
  const { page } = await openInSpeedscope(t, { ...defaultView, opcodes: true });
  await page.getByText('thread (4242): MainThread (1/2)').waitFor();
  await page.keyboard.press('3');
  const leaf = page.locator('tr', { hasText: 'LOAD_ATTR_SLOT' });
  await leaf.waitFor();
  assert.match(await leaf.innerText(), /5\.00ms \(25%\)/);
});
