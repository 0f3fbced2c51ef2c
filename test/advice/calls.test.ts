import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tinyCalls } from '../../src/advice/calls.js';
import type { CalleeTimes } from '../../src/profile/callee-times.js';
import { hot, type Row } from '../helpers/hot-code.js';

const loads: readonly Row[] = [
  ['LOAD_GLOBAL_MODULE', 'LOAD_GLOBAL', 'half + NULL'],
  ['LOAD_FAST', '', 'i'],
];
const call: Row = ['CALL_PY_EXACT_ARGS', 'CALL', ''];
const back: Row = ['JUMP_BACKWARD', '', 'to 0', 0];
const expression: readonly Row[] = [
  ['RESUME', '', ''],
  ['LOAD_FAST', '', 'x'],
  ['LOAD_CONST', '', '0.5'],
  ['BINARY_OP', '', '*'],
  ['RETURN_VALUE', '', ''],
];

const times = (callee: number): CalleeTimes => ({
  caller: 0,
  offset: 4,
  callee,
  instructions: new Map([0, 2, 4, 6, 8].map((offset) => [offset, { weight: 20, count: 20 }])),
});

function found(caller: readonly Row[], callee: readonly Row[], callees: readonly number[] = [1]) {
  const codes = [hot(caller), hot(callee)];
  return tinyCalls(
    callees.map(times),
    new Set([1]),
    (code) => codes[code] ?? hot([]),
    () => 'half',
  );
}

test('a call of a short expression costs at most what the call and it take, and says how much of it is calling', () => {
  const [finding] = found([...loads, call, back], expression);
  // LOAD_GLOBAL and CALL have 100 each; of what was called from here RESUME and RETURN_VALUE have 20 each, all of it 100.
  assert.equal(finding?.share, 0.3);
  // The loop has 100 for each of its instructions, and all of what is called is gone with the call.
  assert.equal(finding?.most, 0.5);
  assert.equal(finding?.samples, 300);
  assert.equal(finding?.offset, 4);
  assert.match(
    finding?.evidence ?? '',
    /\(LOAD_GLOBAL, CALL, RESUME, RETURN_VALUE\) takes 80\.0 % of the time that the call and it take together/,
  );
});

test('it is none outside of a loop, of several functions, in its general form, or where the function does more', () => {
  assert.deepEqual(found([...loads, call], expression), []);
  assert.deepEqual(found([...loads, call, back], expression, [1, 2]), [], 'another was called there, too');
  assert.deepEqual(found([...loads, ['CALL', '', ''], back], expression), []);
  assert.deepEqual(found([...loads, ['CALL_LEN', 'CALL', ''], back], expression), []);
  const more: readonly Row[] = [
    ['STORE_FAST', '', 'y'],
    ['STORE_ATTR', '', 'y'],
    ['POP_JUMP_IF_FALSE', '', 'to 8', 8],
    ['CALL', '', ''],
    ['LOAD_DEREF', '', 'outer'],
    ['RETURN_GENERATOR', '', ''],
  ];
  for (const one of more) {
    assert.deepEqual(found([...loads, call, back], [...expression, one]), [], one[0]);
  }
  const long = Array.from({ length: 11 }, (): Row => ['LOAD_FAST', '', 'x']);
  assert.deepEqual(found([...loads, call, back], [...expression, ...long]), []);
});
