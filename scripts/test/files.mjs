import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../steps.mjs';

/** The compiled test files, those that need no target first: what is broken there shows at once. */
export function testFiles() {
  return readdirSync(join(root, 'dist/test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.js'))
    .sort((a, b) => Number(needsTarget(a)) - Number(needsTarget(b)) || a.localeCompare(b))
    .map((path) => join('dist/test', path));
}

/** @param {string} path */
function needsTarget(path) {
  return path.startsWith('integration/');
}
