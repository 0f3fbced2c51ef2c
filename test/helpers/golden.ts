import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** test/golden in the sources, as seen from dist/test/helpers. */
const FOLDER = new URL('../../../test/golden/', import.meta.url);

/**
 * Compares with the file `name` in test/golden; `UPDATE_GOLDEN=1` writes it instead. Look at the difference
 * before committing one.
 */
export function assertGolden(name: string, actual: string): void {
  const path = fileURLToPath(new URL(name, FOLDER));
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  assert.equal(actual, readFileSync(path, 'utf8'), `${name} differs; UPDATE_GOLDEN=1 rewrites it`);
}
