import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Ending } from './target.js';

/** Nothing of its own may reach for the network, or wait for a display. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--enable-unsafe-swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenPage {
  readonly page: Page;
  /** Uncaught errors and console errors of the page so far. */
  readonly errors: readonly string[];
  /** Addresses asked for so far that are neither on this machine nor made by the page. */
  readonly foreign: readonly string[];
}

/** Opens an empty page in a Chromium with a fresh profile; both are gone when the test ends. */
export async function openPage(test: Ending): Promise<OpenPage> {
  const profile = await mkdtemp(join(tmpdir(), 'heavyops-chromium-'));
  let browser: BrowserContext | undefined;
  test.after(async () => {
    await browser?.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumOnPath(),
    headless: true,
    args: flags,
    viewport: { width: 1200, height: 700 },
  });
  const [page = await browser.newPage()] = browser.pages();
  const errors: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(file:|data:|blob:|http:\/\/127\.0\.0\.1:)/.test(request.url())) foreign.push(request.url());
  });
  return { page, errors, foreign };
}

function chromiumOnPath(): string {
  const directories = (process.env.PATH ?? '').split(delimiter);
  const path = directories.map((directory) => join(directory, 'chromium')).find((file) => existsSync(file));
  if (path === undefined) throw new Error('there is no chromium on PATH');
  return path;
}
