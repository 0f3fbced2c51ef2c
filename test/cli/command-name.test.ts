import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandNames, withWholeName } from '../../src/cli/command-name.js';
import { HeavyopsError } from '../../src/errors.js';

const commands: readonly CommandNames[] = [['attach', 'record'], ['run'], ['report'], ['convert'], ['count']];

const whole = (...args: string[]) => withWholeName(args, commands);

function refusal(...args: string[]): HeavyopsError {
  try {
    whole(...args);
  } catch (error) {
    if (error instanceof HeavyopsError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

test('a command may be cut short where nothing else begins like that', () => {
  assert.deepEqual(whole('att', '-p', '1'), ['attach', '-p', '1']);
  assert.deepEqual(whole('rec', '1'), ['attach', '1']);
  assert.deepEqual(whole('rep', 'x.json'), ['report', 'x.json']);
  assert.deepEqual(whole('conv'), ['convert']);
  assert.deepEqual(whole('cou', 'app.py'), ['count', 'app.py']);
});

test('an alias stands for its command', () => {
  assert.deepEqual(whole('record', '1'), ['attach', '1']);
});

test('help takes the beginning of a command, too', () => {
  assert.deepEqual(whole('help', 'conv'), ['help', 'convert']);
  assert.deepEqual(whole('help'), ['help']);
});

test('what belongs to a command is left as it is', () => {
  assert.deepEqual(whole('run', 'att', 'rep'), ['run', 'att', 'rep']);
  assert.deepEqual(whole('--version'), ['--version']);
  assert.deepEqual(whole(), []);
});

test('a beginning that several commands share is refused with their names', () => {
  const { code, hint } = refusal('re', '1');
  assert.equal(code, 'USAGE');
  assert.match(hint, /record, report/);
});

test('a misspelt command is refused with the one that was meant', () => {
  assert.match(refusal('atach').hint, /Did you mean attach\?/);
  assert.match(refusal('help', 'reprot').hint, /Did you mean report\?/);
});

test('a number or a program in place of a command gets the command that takes it', () => {
  assert.match(refusal('1234').hint, /heavyops attach 1234/);
  assert.match(refusal('python3.14').hint, /heavyops run python3\.14/);
  assert.match(refusal('./serve').hint, /heavyops run \.\/serve/);
});

test('a script in place of a command is to be counted, with or without options before it', () => {
  assert.deepEqual(whole('app.py', 'x'), ['count', 'app.py', 'x']);
  assert.deepEqual(whole('-i', 'CALL', 'app.py'), ['count', '-i', 'CALL', 'app.py']);
  assert.deepEqual(whole('-m', 'module'), ['count', '-m', 'module']);
  assert.deepEqual(whole('--help'), ['--help']);
  assert.deepEqual(whole('-V'), ['-V']);
});

test('an empty word is no command', () => {
  assert.equal(refusal('').code, 'USAGE');
});
