import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { html } from '../../src/export/html.js';
import type { Profile } from '../../src/profile/profile.js';
import { defaultView, type View } from '../../src/profile/view.js';
import { type OpenPage, openPage } from './browser.js';
import type { Ending } from './target.js';

/** Opens a report as its user does: the file itself, from the disk. */
export async function openReport(t: Ending, profile: Profile, view: View = defaultView): Promise<OpenPage> {
  const directory = await mkdtemp(join(tmpdir(), 'heavyops-html-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'report.html');
  await writeFile(file, [...html.write(profile, view)].join(''));
  const opened = await openPage(t);
  await opened.page.goto(pathToFileURL(file).href);
  await opened.page.waitForSelector('[data-ready]');
  return opened;
}

export function choose(page: Page, label: string, option: string) {
  return page.getByLabel(label, { exact: true }).selectOption({ label: option });
}

export function openTab(page: Page, name: string) {
  return page.getByRole('tab', { name }).click();
}

export const detail = (page: Page) => page.locator('.detail').innerText();
export const summary = (page: Page) => page.locator('.summary').innerText();

/** The frame that the keyboard is on after these keys. */
export async function afterKeys(page: Page, ...keys: readonly string[]): Promise<string> {
  await page.locator('.flame').focus();
  for (const key of keys) await page.keyboard.press(key);
  return detail(page);
}
