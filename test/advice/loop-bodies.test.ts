import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loopBodies } from '../../src/advice/loop-bodies.js';
import { hot, type Row } from '../helpers/hot-code.js';

const bodies = (...rows: readonly Row[]) =>
  loopBodies(hot(rows).instructions).map(({ start, offsets }) => [start, [...offsets].sort((a, b) => a - b)]);

const nop: Row = ['NOP', '', ''];

test('a loop is what lies between a jump back and where it leads to, and on the way to it', () => {
  assert.deepEqual(
    bodies(
      nop,
      ['FOR_ITER', '', 'to 14', 14],
      ['POP_JUMP_IF_FALSE', '', 'to 8', 8],
      ['RETURN_VALUE', '', ''],
      nop,
      ['JUMP_BACKWARD', '', 'to 2', 2],
      nop,
      ['RETURN_VALUE', '', ''],
    ),
    [[2, [2, 4, 8, 10]]],
    'what returns is in no round but the last',
  );
});

test('a handler of exceptions that jumps back makes no loop', () => {
  assert.deepEqual(
    bodies(
      nop,
      nop,
      ['RETURN_VALUE', '', ''],
      ['PUSH_EXC_INFO', '', ''],
      ['POP_EXCEPT', '', ''],
      ['JUMP_BACKWARD_NO_INTERRUPT', '', 'to 2', 2],
    ),
    [],
  );
  assert.deepEqual(
    bodies(['SETUP_FINALLY', '', 'to 4', 4], ['RETURN_VALUE', '', ''], nop, ['JUMP_ABSOLUTE', '', 'to 2', 2]),
    [],
  );
});
