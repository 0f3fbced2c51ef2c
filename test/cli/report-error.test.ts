import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { reportError } from '../../src/cli/report-error.js';
import { HeavyopsError } from '../../src/errors.js';

function reported(error: unknown, command?: string): { code: number; text: string } {
  let text = '';
  const code = reportError(
    error,
    (piece) => {
      text += piece;
    },
    command,
  );
  return { code, text };
}

test('an error says what happened and what to do, and gives its own exit code', () => {
  assert.deepEqual(reported(new HeavyopsError('ZOMBIE', 'it has ended', 'Look elsewhere.\nOr wait.')), {
    code: 15,
    text: 'heavyops: it has ended\n  Look elsewhere.\n  Or wait.\n',
  });
});

test('names from a target cannot move the cursor', () => {
  const { text } = reported(new HeavyopsError('NOT_PYTHON', 'it runs \u001b[2Jevil', 'hint\u202e'));
  assert.ok(!text.includes('\u001b') && !text.includes('\u202e'), JSON.stringify(text));
});

test('wrong usage names the help of the command', () => {
  const error = new CommanderError(
    1,
    'commander.unknownOption',
    "error: unknown option '--rat'\n(Did you mean --rate?)",
  );
  const { code, text } = reported(error, 'attach');
  assert.equal(code, 2);
  assert.equal(
    text,
    "heavyops: unknown option '--rat' (Did you mean --rate?)\n  See: heavyops attach --help\n",
  );
});

test('help and version are no errors', () => {
  assert.deepEqual(reported(new CommanderError(0, 'commander.version', '0.1.0')), { code: 0, text: '' });
});

test('what nobody has foreseen comes with its stack', () => {
  const { code, text } = reported(new TypeError('oops'));
  assert.equal(code, 1);
  assert.match(text, /TypeError: oops\n.*report-error\.test/s);
});
