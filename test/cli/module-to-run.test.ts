import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withProgramApart } from '../../src/cli/module-to-run.js';

const apart = (...args: string[]) => withProgramApart(args);

test('what follows the module of count is put behind "--", however it looks', () => {
  assert.deepEqual(apart('count', '-m', 'http.server', '--bind', 'x'), [
    'count',
    '-m',
    'http.server',
    '--',
    '--bind',
    'x',
  ]);
  assert.deepEqual(apart('count', '-i', 'all', '--module=unittest', '-v'), [
    'count',
    '-i',
    'all',
    '--module=unittest',
    '--',
    '-v',
  ]);
  assert.deepEqual(apart('count', '-q', '-munittest', '-v'), ['count', '-q', '-munittest', '--', '-v']);
  assert.deepEqual(apart('count', '-m', 'module'), ['count', '-m', 'module']);
});

test('the value of an option is no program, and a script keeps what follows it', () => {
  assert.deepEqual(apart('count', '-o', '-m', '-m', 'x', '-n'), ['count', '-o', '-m', '-m', 'x', '--', '-n']);
  assert.deepEqual(apart('count', 'app.py', '-m', 'x', 'y'), ['count', 'app.py', '-m', 'x', 'y']);
  assert.deepEqual(apart('run', '-m', 'x', 'y'), ['run', '-m', 'x', 'y']);
});
