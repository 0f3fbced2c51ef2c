import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { flamegraph } from '../../src/export/flamegraph.js';
import type { Profile } from '../../src/profile/profile.js';
import { defaultView } from '../../src/profile/view.js';
import { type OpenPage, openPage } from '../helpers/browser.js';
import { lackOf } from '../helpers/machine.js';
import { smallProfile, wideProfile } from '../helpers/profiles.js';
import { keepScreenshot } from '../helpers/screenshot.js';

const skip = lackOf('chromium');

/** Opens an exported flame graph as its user does: the file itself, from the disk. */
async function openFlameGraph(t: TestContext, profile: Profile): Promise<OpenPage> {
  const directory = await mkdtemp(join(tmpdir(), 'heavyops-flamegraph-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'profile.svg');
  await writeFile(file, [...flamegraph.write(profile, defaultView)].join(''));
  const opened = await openPage(t);
  await opened.page.goto(pathToFileURL(file).href);
  return opened;
}

/** The frames that are drawn, with their width as a share of the picture's. */
async function widths(page: Page): Promise<Readonly<Record<string, number>>> {
  const frames = await page.locator('#frames g').evaluateAll((groups) =>
    groups.map((group) => {
      const whole = group.ownerDocument.documentElement.getBoundingClientRect().width;
      const width = group.querySelector('rect')?.getBoundingClientRect().width ?? 0;
      return [group.getAttribute('data-t') ?? '', width / whole] as const;
    }),
  );
  return Object.fromEntries(
    frames.filter(([, width]) => width > 0).map(([text, width]) => [text, rounded(width)]),
  );
}

function matchedFrames(page: Page): Promise<readonly (string | null)[]> {
  const matched = page.locator('#frames g.matched');
  return matched.evaluateAll((groups) => groups.map((group) => group.getAttribute('data-t')));
}

function rounded(share: number): number {
  return Math.round(1000 * share) / 1000;
}

/** The frame whose text has this in it. */
function frame(page: Page, text: string) {
  return page.locator(`#frames g[data-t*="${text}"]`);
}

/** The leaf of `smallProfile`, its file's control character made harmless. */
const leaf = 'tidy; 整理 (/srv/lib/整理/tidy\\x1b[31m&.py:9)';

test('a flame graph opens from the disk, stands alone and draws each frame as wide as its time', {
  skip,
}, async (t) => {
  const { page, errors, foreign } = await openFlameGraph(t, smallProfile());
  await keepScreenshot(page, 'flamegraph');
  assert.deepEqual(await widths(page), {
    all: 1,
    '<module> (/srv/app/app.py:20)': 1,
    'work (/srv/app/app.py:4)': rounded(13 / 21),
    'work (/srv/app/app.py:5)': rounded(8 / 21),
    [leaf]: rounded(3 / 21),
  });
  assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] });
});

test('a click on a frame makes it as wide as the picture, and leaves out what is beside it', {
  skip,
}, async (t) => {
  const { page, errors } = await openFlameGraph(t, smallProfile());
  const whole = await widths(page);
  await frame(page, 'app.py:5').locator('rect').click();
  await keepScreenshot(page, 'flamegraph-zoomed');
  assert.deepEqual(await widths(page), {
    all: 1,
    '<module> (/srv/app/app.py:20)': 1,
    'work (/srv/app/app.py:5)': 1,
    [leaf]: rounded(3 / 8),
  });
  await page.locator('#reset').click();
  assert.deepEqual(await widths(page), whole);
  assert.deepEqual(errors, []);
});

test('a search marks the frames it matches and says their share; Escape ends it', { skip }, async (t) => {
  const { page, errors } = await openFlameGraph(t, smallProfile());
  const background = () =>
    frame(page, 'tidy')
      .locator('rect')
      .evaluate((rect) => rect.ownerDocument.defaultView?.getComputedStyle(rect).fill);
  const unmarked = await background();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('^tidy');
  await keepScreenshot(page, 'flamegraph-searched');
  assert.deepEqual(await matchedFrames(page), [leaf]);
  assert.notEqual(await background(), unmarked);
  assert.equal(await page.locator('#matched').innerText(), '14.3 % matched');
  await page.keyboard.press('Escape');
  assert.deepEqual(await matchedFrames(page), []);
  assert.equal(await background(), unmarked);
  assert.deepEqual(errors, []);
});

test('a search for what is no regular expression is marked as wrong and marks nothing', {
  skip,
}, async (t) => {
  const { page, errors } = await openFlameGraph(t, smallProfile());
  await page.locator('#search').fill('tidy(');
  assert.equal(await page.locator('#search.wrong').count(), 1);
  assert.deepEqual(await matchedFrames(page), []);
  assert.deepEqual(errors, []);
});

test('the keyboard alone reaches a frame and zooms to it', { skip }, async (t) => {
  const { page, errors } = await openFlameGraph(t, smallProfile());
  await page.locator('#frames g[tabindex="0"]').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  const name = await page.locator('#frames g:focus').getAttribute('data-t');
  await page.keyboard.press('Enter');
  assert.equal((await widths(page))[name ?? ''], 1);
  assert.deepEqual(errors, []);
});

test('a thousand frames beside each other are drawn and can be searched', { skip }, async (t) => {
  const { page, errors } = await openFlameGraph(t, wideProfile(1000));
  await keepScreenshot(page, 'flamegraph-wide');
  await page.locator('#search').fill('leaf7\\b');
  assert.deepEqual(await matchedFrames(page), ['leaf7 (/srv/wide.py:17)']);
  assert.deepEqual(errors, []);
});
