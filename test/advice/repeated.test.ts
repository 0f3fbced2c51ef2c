import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repeatedAttributes, repeatedSubscripts } from '../../src/advice/repeated.js';
import { hot, type Row } from '../helpers/hot-code.js';

const said = (...rows: readonly Row[]) => repeatedSubscripts(hot(rows)).map(({ what }) => what);

const row: Row = ['LOAD_FAST', '', 'row'];
const at: Row = ['LOAD_FAST', '', 'at'];
const item: Row = ['BINARY_SUBSCR_LIST_INT', 'BINARY_SUBSCR', ''];
const sum: Row = ['BINARY_OP_ADD_INT', 'BINARY_OP', '+'];

test('a subscript that one line loads again is found, whichever way it is loaded', () => {
  const both: Row = ['LOAD_FAST_BORROW_LOAD_FAST_BORROW', '', 'row, at'];
  const later: Row = ['BINARY_OP_SUBSCR_LIST_INT', 'BINARY_OP', '[]'];
  const expected = ['"row[at]" is loaded 2 times in one line'];
  assert.deepEqual(said(row, at, item, row, at, item, sum), expected);
  assert.deepEqual(said(both, later, both, later, sum), expected);
  const first: Row = ['LOAD_SMALL_INT', '', ''];
  assert.deepEqual(said(row, first, later, row, first, later), ['"row[0]" is loaded 2 times in one line']);
});

test('it is not where it could be another item, or code of a class runs', () => {
  const between: readonly Row[] = [
    ['CALL', '', ''],
    ['STORE_SUBSCR', '', ''],
    ['STORE_FAST', '', 'at'],
    ['BINARY_OP', '', '+'],
    ['BINARY_SUBSCR_GETITEM', 'BINARY_SUBSCR', ''],
    ['LOAD_ATTR_PROPERTY', 'LOAD_ATTR', 'x'],
    ['CONTAINS_OP_DICT', 'CONTAINS_OP', 'in'],
    ['LOAD_ATTR', '', 'x'],
    ['UNARY_NEGATIVE', '', ''],
    ['POP_JUMP_IF_FALSE', '', 'to 90', 90],
  ];
  for (const one of between) assert.deepEqual(said(row, at, item, one, row, at, item), [], one[0]);
  for (const name of ['BINARY_SUBSCR', 'BINARY_SUBSCR_GETITEM']) {
    const general: Row = [name, name === 'BINARY_SUBSCR' ? '' : 'BINARY_SUBSCR', ''];
    assert.deepEqual(said(row, at, general, row, at, general), [], name);
  }
  assert.deepEqual(said(row, at, item, at, row, item), []);
});

test('what a jump may bring in place of the variable is not taken for it', () => {
  const load: Row = ['LOAD_ATTR_SLOT', 'LOAD_ATTR', 'x'];
  const jump: Row = ['JUMP_FORWARD', '', 'to 4', 4];
  // (a if … else b).x + b.x
  const rows: readonly Row[] = [jump, ['LOAD_FAST', '', 'b'], load, ['LOAD_FAST', '', 'b'], load, sum];
  assert.deepEqual(repeatedAttributes(hot(rows)), []);
});
