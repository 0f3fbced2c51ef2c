import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { programToRun } from '../../src/cli/program-to-run.js';

function pythonFile(t: { after(work: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'heavyops-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'app.py');
  writeFileSync(file, '');
  return file;
}

test('a Python file is run by python3, with its arguments', (t) => {
  const file = pythonFile(t);
  assert.deepEqual(programToRun([file, '--port', '80']), ['python3', file, '--port', '80']);
});

test('a path to an executable file is run by what its first line says', (t) => {
  const file = pythonFile(t);
  chmodSync(file, 0o755);
  assert.deepEqual(programToRun([file, 'x']), [file, 'x']);
});

test('anything else is run as it is', () => {
  assert.deepEqual(programToRun(['python3.14', 'app.py']), ['python3.14', 'app.py']);
  assert.deepEqual(programToRun(['there-is-no-such.py']), ['there-is-no-such.py']);
});
