import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { json } from '../../src/export/json.js';
import { defaultView } from '../../src/profile/view.js';
import { openPage } from '../helpers/browser.js';
import { heavyops, startHeavyops, until } from '../helpers/heavyops.js';
import { lackOf } from '../helpers/machine.js';
import { smallProfile } from '../helpers/profiles.js';
import { reportProfile } from '../helpers/report-profile.js';
import { scratch } from '../target/processes.js';

const skip = lackOf('chromium');

async function saved(t: TestContext) {
  const directory = scratch(t);
  const [one, other] = [join(directory, 'one.json'), join(directory, 'the other.json')];
  await writeFile(one, [...json.write(reportProfile(), defaultView)].join(''));
  await writeFile(other, [...json.write(smallProfile(), defaultView)].join(''));
  return { one, other };
}

async function startView(t: TestContext, args: readonly string[]) {
  const running = startHeavyops(t, ['view', '--no-browser', ...args]);
  await until('the address', () => running.output.stdout.endsWith('\n') || running.child.exitCode !== null);
  return { ...running, address: running.output.stdout.trim() };
}

test('heavyops view shows the report of a profile until it is interrupted', { skip }, async (t) => {
  const { one } = await saved(t);
  const { address, child, finished } = await startView(t, [one]);
  const { page, errors, foreign } = await openPage(t);
  await page.goto(address);
  await page.waitForSelector('[data-ready]');
  assert.match(await page.locator('.summary').innerText(), /^1\.00 s of thread time/);
  assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] });
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /open this address in a browser on this machine; Ctrl-C ends it/);
});

test('heavyops view leads to each of several profiles', { skip }, async (t) => {
  const { one, other } = await saved(t);
  const { address } = await startView(t, [one, other]);
  const { page, errors } = await openPage(t);
  await page.goto(address);
  assert.deepEqual(await page.getByRole('link').allInnerTexts(), ['one.json', 'the other.json']);
  await page.getByRole('link', { name: 'the other.json' }).click();
  await page.waitForSelector('[data-ready]');
  assert.equal(await page.locator('h1').innerText(), 'python3 app.py --workers=2');
  assert.deepEqual(
    errors.filter((text) => !/favicon|404/.test(text)),
    [],
  );
});

test("heavyops view --speedscope shows a profile in speedscope's app, offline", { skip }, async (t) => {
  const { one, other } = await saved(t);
  const { page, foreign } = await openPage(t);
  await page.goto((await startView(t, [other, '--speedscope'])).address);
  await page.getByText('thread (4242): MainThread (1/2)').waitFor();
  await page.goto((await startView(t, [one, other, '--speedscope'])).address);
  await page.getByRole('link', { name: 'one.json' }).click();
  await page
    .getByText(/MainThread/)
    .first()
    .waitFor();
  assert.deepEqual(foreign, []);
});

test('the same filters as of files are for what is shown', { skip }, async (t) => {
  const { one } = await saved(t);
  const { page } = await openPage(t);
  await page.goto((await startView(t, [one, '--off-cpu'])).address);
  await page.waitForSelector('[data-ready]');
  assert.match(await page.locator('.summary').innerText(), /^800\.0 ms of thread time/);
});

test('heavyops view says what is wrong before it serves anything', async (t) => {
  const { one } = await saved(t);
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[join(one, '../none.json')], 20, /cannot be read/],
    [[one, '--port', '70000'], 2, /"70000" is not a port/],
    [[one, '--instructions', 'NONE_SUCH'], 2, /no instruction called "NONE_SUCH"/],
  ];
  for (const [args, code, message] of cases) {
    const finished = await heavyops(t, ['view', ...args]);
    assert.equal(finished.code, code, finished.stderr);
    assert.match(finished.stderr, message);
  }
});

test('a port that is taken is told as such', async (t) => {
  const { one } = await saved(t);
  const { address } = await startView(t, [one]);
  const { code, stderr } = await heavyops(t, ['view', one, '--port', new URL(address).port]);
  assert.equal(code, 2);
  assert.match(stderr, /another program listens on it/);
});
