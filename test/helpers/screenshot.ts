import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Keeps a picture for people to look at, where HEAVYOPS_SCREENSHOTS names a directory for them. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const directory = process.env.HEAVYOPS_SCREENSHOTS;
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
