import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { browserOpener } from '../../src/view/open-browser.js';
import { scratch } from '../target/processes.js';

test('a browser is opened where there is a display and a program for it, and never for root', (t) => {
  const folder = scratch(t);
  const opener = join(folder, 'xdg-open');
  writeFileSync(opener, '#!/bin/sh\n', { mode: 0o755 });
  const env = { PATH: `/none:${folder}`, DISPLAY: ':0' };
  assert.equal(browserOpener(env, 1000), opener);
  assert.equal(browserOpener({ PATH: folder, WAYLAND_DISPLAY: 'wayland-0' }, 1000), opener);
  assert.equal(browserOpener(env, 0), undefined);
  assert.equal(browserOpener({ ...env, DISPLAY: '' }, 1000), undefined);
  assert.equal(browserOpener({ ...env, PATH: '/none' }, 1000), undefined);
});
