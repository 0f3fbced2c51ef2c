import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containersInLoops } from '../../src/advice/containers.js';
import { hot, type Row } from '../helpers/hot-code.js';

const list: readonly Row[] = [
  ['BUILD_LIST', '', '', -1, 1, 0],
  ['LOAD_CONST', '', '(1, 2, 3)'],
  ['LIST_EXTEND', '', '', -1, 1, 1],
];
const store: Row = ['STORE_FAST', '', 'w'];
const read: readonly Row[] = [
  ['LOAD_FAST', '', 'w'],
  ['LOAD_CONST', '', '0'],
  ['BINARY_SUBSCR', '', ''],
];
const back: Row = ['JUMP_BACKWARD', '', 'to 0', 0];

const found = (...rows: readonly Row[]) =>
  containersInLoops(hot(rows)).map(({ what, change }) => `${what}: ${change}`);

const listRead = [
  'a list is built anew in each round of a loop, and only read: Build it once, before the loop.',
];

test('a list of constants that a loop only reads is found, with all that goes with it', () => {
  assert.deepEqual(found(...list, store, ...read, back), listRead);
  const [finding] = containersInLoops(hot([...list, store, ...read, back]));
  assert.equal(finding?.share, 0.4);
  assert.equal(finding?.instruction, 'BUILD_LIST 0');
  assert.match(finding?.evidence ?? '', /every use of "w" is a subscript, a search or a loop over it/);
});

test('it may be looked into by a key that is worked out, searched, or gone through', () => {
  const key: readonly Row[] = [
    ['LOAD_FAST_BORROW_LOAD_FAST_BORROW', '', 'w, i'],
    ['LOAD_SMALL_INT', '', ''],
    ['BINARY_OP', '', '&'],
    ['BINARY_OP', '', '[]'],
  ];
  const older: readonly Row[] = [
    ['LOAD_FAST', '', 'w'],
    ['LOAD_FAST', '', 'i'],
    ['LOAD_CONST', '', '3'],
    ['BINARY_AND', '', ''],
    ['BINARY_SUBSCR', '', ''],
  ];
  assert.deepEqual(found(...list, store, ...older, back), listRead);
  assert.deepEqual(
    found(...list, store, ['LOAD_FAST', '', 'w'], ['COMPARE_OP', '', 'not in'], back),
    listRead,
  );
  assert.deepEqual(found(...list, store, ...key, back), listRead);
  assert.deepEqual(found(...list, store, ['LOAD_FAST', '', 'w'], ['GET_ITER', '', ''], back), listRead);
  assert.deepEqual(
    found(...list, store, ['LOAD_FAST_LOAD_FAST', '', 'x, w'], ['CONTAINS_OP', '', 'in'], back),
    listRead,
  );
  assert.deepEqual(
    found(...list, ['STORE_FAST_LOAD_FAST', '', 'w, x'], ['POP_TOP', '', ''], ...read, back),
    listRead,
  );
});

test('a list that anything else is done with is left alone', () => {
  const load: Row = ['LOAD_FAST', '', 'w'];
  const others: readonly (readonly Row[])[] = [
    [load, ['YIELD_VALUE', '', '']],
    [load, ['CALL', '', '']],
    [load, ['LOAD_ATTR', '', 'append']],
    [load, ['LOAD_CONST', '', '0'], ['STORE_SUBSCR', '', '']],
    [load, load, ['BINARY_SUBSCR', '', '']],
    [load, ['COMPARE_OP', '', '==']],
    [load, load, load, ['BINARY_SLICE', '', '']],
    [load, ['LOAD_FAST', '', 'x'], ['CONTAINS_OP', '', 'in']],
    [load, ['LOAD_CONST', '', '1'], ['BINARY_OP', '', '+=']],
    [load, store],
    [['DELETE_FAST', '', 'w']],
    [
      ['LOAD_CONST', '', 'None'],
      ['STORE_FAST', '', 'w'],
    ],
  ];
  for (const other of others) {
    assert.deepEqual(found(...list, store, ...read, ...other, back), [], JSON.stringify(other));
  }
  assert.deepEqual(found(...read, ...list, store, back), [], 'the first round reads another');
  assert.deepEqual(found(...list, store, ...read), [], 'no loop');
  assert.deepEqual(found(...list, ['STORE_DEREF', '', 'w'], back), []);
  assert.deepEqual(found(['BUILD_LIST', '', '', -1, 1, 0], store, ...read, back), []);
});

const dict = (last: Row): readonly Row[] => [
  ['LOAD_CONST', '', "'a'"],
  last,
  ['BUILD_MAP', '', '', -1, 1, 1],
  ['LOAD_CONST', '', "'a'"],
  ['BINARY_SUBSCR_DICT', 'BINARY_SUBSCR', ''],
];

test('a dict that is read at once is found where it is the same in each round', () => {
  const findings = [
    'a dict is built anew in each round of a loop, and only read: Build it once, before the loop.',
  ];
  assert.deepEqual(found(...dict(['LOAD_CONST', '', '1']), back), findings);
  assert.deepEqual(found(...dict(['LOAD_FAST', '', 'x']), back), findings);
  assert.deepEqual(found(...dict(['LOAD_FAST', '', 'x']), ['STORE_FAST', '', 'x'], back), []);
  assert.deepEqual(found(...dict(['LOAD_GLOBAL', '', 'x']), back), [], 'a global may be set by anybody');
});

test('a set that is only searched need be none; of a tuple there is nothing to save unless it is the same', () => {
  const search = (build: string, use: Row = ['CONTAINS_OP', '', 'in']): readonly Row[] => [
    ['LOAD_FAST', '', 'x'],
    ['LOAD_CONST', '', '1'],
    ['LOAD_FAST', '', 'i'],
    [build, '', '', -1, 1, 2],
    use,
    ['STORE_FAST', '', 'i'],
    back,
  ];
  assert.deepEqual(found(...search('BUILD_SET')), [
    'a set is built anew in each round of a loop, and only searched: Write the values in parentheses, as a tuple: it needs no hashes.',
  ]);
  assert.equal(found(...search('BUILD_SET', ['COMPARE_OP', '', 'not in'])).length, 1, 'to 3.8');
  assert.deepEqual(found(...search('BUILD_SET', ['GET_ITER', '', ''])), [], 'a tuple has equal values twice');
  assert.deepEqual(found(...search('BUILD_TUPLE')), []);
});
