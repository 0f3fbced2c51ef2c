import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lackOf } from '../helpers/machine.js';
import { afterKeys, choose, detail, openReport, openTab, summary } from '../helpers/report-page.js';
import { manyStacks, reportProfile } from '../helpers/report-profile.js';
import { keepScreenshot } from '../helpers/screenshot.js';

const skip = lackOf('chromium');

test('text stands out from what is behind it as WCAG AA asks, in light and in dark', { skip }, async (t) => {
  const { page } = await openReport(t, reportProfile());
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const ratios = await page.evaluate(contrastRatios);
    assert.ok(Object.keys(ratios).length > 20);
    assert.deepEqual(
      Object.entries(ratios).filter(([, ratio]) => ratio < 4.5),
      [],
      colorScheme,
    );
    await keepScreenshot(page, `html-flame-${colorScheme}`);
  }
});

/** In the page: of text on the page, and of frames' text on each of their colours. */
function contrastRatios(): Record<string, number> {
  const probe = document.createElement('i');
  document.body.append(probe);
  const luminance = (name: string) => {
    probe.style.color = `var(--${name})`;
    const parts =
      getComputedStyle(probe)
        .color.match(/[\d.]+/g)
        ?.map(Number) ?? [];
    const [r = 0, g = 0, b = 0] = parts.map((part) => {
      const value = part / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a: string, b: string) => {
    const [one, other] = [luminance(a), luminance(b)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const found: Record<string, number> = {};
  for (const text of ['text', 'muted', 'accent']) {
    for (const back of ['page', 'raised', 'sunken']) found[`${text} on ${back}`] = ratio(text, back);
  }
  found['text on accent-soft'] = ratio('text', 'accent-soft');
  const families =
    'load-store attribute call arithmetic compare container iteration jump closure import exception async other';
  const frames = [
    ...families.split(' ').map((family) => `family-${family}`),
    ...['specialised', 'adaptive', 'plain'].map((state) => `state-${state}`),
    'neutral',
    'matched',
  ];
  for (const back of frames) found[`frame on ${back}`] = ratio('frame-text', back);
  probe.remove();
  return found;
}

test('50,000 distinct stacks open, zoom, search and turn over', { skip }, async (t) => {
  const profile = manyStacks(50_000);
  const began = performance.now();
  const { page, errors } = await openReport(t, profile);
  t.diagnostic(
    `written, opened and shown in ${Math.round(performance.now() - began)} ms, browser start included`,
  );
  const { opening, script } = await page.evaluate(() => ({
    opening: performance.now(),
    script: document.documentElement.dataset.ready,
  }));
  t.diagnostic(
    `the page itself: shown ${Math.round(opening)} ms after it began to load, ${script} ms of it its script`,
  );
  assert.equal(await summary(page), '50.00 s of thread time, 50,000 samples');
  const timed = async (what: string, step: () => Promise<unknown>) => {
    const from = performance.now();
    await step();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    t.diagnostic(`${what}: ${Math.round(performance.now() - from)} ms`);
  };
  await timed('zoom', () => page.locator('.flame').click({ position: { x: 40, y: 30 } }));
  assert.match(await detail(page), /^function_\d+ /);
  const longest = await page.evaluate(slowestFrameOfZoom);
  t.diagnostic(`slowest of the pictures of a zoom: ${Math.round(longest)} ms`);
  await timed('inverted', () => choose(page, 'Direction', 'Inverted'));
  assert.match(await afterKeys(page, 'ArrowDown'), /^function_\d+ /);
  assert.match(await afterKeys(page, 'Escape', 'ArrowDown'), /^function_\d+ /);
  await page.locator('.flame').click({ position: { x: 900, y: 30 } });
  assert.match(await detail(page), /^function_\d+ .*: 0\.\d % /, 'one of those in the grey strip');
  assert.equal(await page.getByRole('button', { name: 'Reset zoom' }).isEnabled(), true);
  await timed('search', () => page.getByLabel('Search frames').fill('function_1'));
  assert.match(await page.locator('.matched').innerText(), /^\d+\.\d % matched$/);
  for (const tab of ['Instructions', 'Source', 'Functions', 'Timeline']) {
    await timed(tab, () => openTab(page, tab));
    assert.equal(await page.locator('[role="tabpanel"]:visible .empty').count(), 0);
  }
  assert.deepEqual(errors, []);
});

/** In the page: zooms out again, and measures the time from picture to picture. */
function slowestFrameOfZoom(): Promise<number> {
  return new Promise((resolve) => {
    const flame = document.querySelector<HTMLElement>('.flame');
    flame?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    let [last, slowest, pictures] = [performance.now(), 0, 0];
    const next = () => {
      const now = performance.now();
      slowest = Math.max(slowest, now - last);
      last = now;
      if (++pictures < 15) requestAnimationFrame(next);
      else resolve(slowest);
    };
    requestAnimationFrame(next);
  });
}
