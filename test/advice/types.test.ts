import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  dynamicAttributes,
  severalClasses,
  severalSequences,
  tupleFields,
} from '../../src/advice/attribute-types.js';
import { callableObjects, truthMethods } from '../../src/advice/callables.js';
import { containerTypes, searchedLists, storedItems } from '../../src/advice/container-types.js';
import type { Finding } from '../../src/advice/finding.js';
import { general } from '../../src/advice/general.js';
import type { HotCode } from '../../src/advice/hot-code.js';
import { identities, mixedNumbers, numberTypes } from '../../src/advice/number-types.js';
import type { OperandType } from '../../src/profile/profile.js';
import { hot, type Looks, type Row } from '../helpers/hot-code.js';

const type = (name: string, base = '', ...traits: readonly string[]): OperandType => ({ name, base, traits });
const int = type('int');
const float = type('float');
const nothing = type('');

/** Each of `seen` in 20 looks. */
function looks(operands: readonly string[], ...seen: readonly (readonly OperandType[])[]): Looks {
  return { operands, seen: seen.map((types) => ({ types, looks: 20 })) };
}

const load = (name: string): Row => ['LOAD_FAST', '', name];
const back: Row = ['JUMP_BACKWARD', '', 'to 0', 0];
const jump: Row = ['POP_JUMP_IF_FALSE', '', 'to 90', 90];
const sum = (found: Looks, ...more: readonly Row[]) =>
  hot([load('n'), load('x'), ['BINARY_OP', '', '*'], ...more, back], undefined, { 2: found });

type Search = (code: HotCode) => readonly Finding[];
const whats = (search: Search, code: HotCode) => search(code).map(({ what }) => what);
const changes = (search: Search, code: HotCode) => search(code).map(({ change }) => change);

test('an int that meets a float is found where it stays the same in the loop', () => {
  const mixed = looks(['n', 'x'], [int, float]);
  assert.deepEqual(changes(mixedNumbers, sum(mixed)), [
    'Make "n" a float where it comes from, or once before the loop: float(n).',
  ]);
  assert.deepEqual(mixedNumbers(sum(mixed, ['STORE_FAST', '', 'n'])), []);
  assert.equal(mixedNumbers(sum(mixed, ['STORE_FAST', '', 'x'])).length, 1);
  for (const other of [
    [int, int],
    [float, float],
    [nothing, float],
    [type('int', '', 'large'), int],
  ]) {
    assert.deepEqual(mixedNumbers(sum(looks(['n', 'x'], other))), []);
  }
  // Now this, now that.
  assert.deepEqual(mixedNumbers(sum(looks(['n', 'x'], [int, float], [float, float]))), []);
});

test('an instruction that is specialised, has no form for numbers or was seldom looked at gives no finding', () => {
  const mixed = looks(['n', 'x'], [int, float]);
  const rows = (row: Row): readonly Row[] => [load('n'), load('x'), row, back];
  const found = (row: Row, of = mixed) => mixedNumbers(hot(rows(row), undefined, { 2: of }));
  assert.equal(found(['BINARY_OP', '', '+']).length, 1);
  assert.deepEqual(found(['BINARY_OP', '', '/']), []);
  assert.deepEqual(found(['BINARY_OP_ADD_FLOAT', 'BINARY_OP', '+']), []);
  // To 3.11 a comparison has forms only before a jump.
  assert.deepEqual(found(['COMPARE_OP', '', '<']), []);
  const seldom = { operands: mixed.operands, seen: [{ types: [int, float], looks: 11 }] };
  assert.deepEqual(found(['BINARY_OP', '', '+'], seldom), []);
  assert.equal(
    mixedNumbers(hot([load('n'), load('x'), ['COMPARE_OP', '', '<'], jump], undefined, { 2: mixed })).length,
    1,
  );
});

test('numbers of types without a form are found; what would have to be converted in each round is not', () => {
  const decimal = looks(['n', 'x'], [type('decimal.Decimal'), int]);
  assert.deepEqual(whats(numberTypes, sum(decimal)), [
    'BINARY_OP (*) is hot and meets decimal.Decimal, for which there is no form',
  ]);
  assert.equal(numberTypes(sum(decimal, ['STORE_FAST', '', 'n'])).length, 1);
  const bool = looks(['n', 'x'], [int, type('bool', 'int')]);
  assert.deepEqual(changes(numberTypes, sum(bool)), [
    'Make it an int where it comes from, or once before the loop: int(x).',
  ]);
  assert.deepEqual(numberTypes(sum(bool, ['STORE_FAST', '', 'x'])), []);
  const level = looks(['n', 'x'], [type('app.Level', 'int', 'enum'), int]);
  assert.match(changes(numberTypes, sum(level))[0] ?? '', /n\.value\.$/);
  for (const other of [type('complex'), type('app.Size', 'int'), type('numpy.int64')]) {
    assert.deepEqual(numberTypes(sum(looks(['n', 'x'], [other, other]))), []);
  }
});

test('a comparison with None, or of members of an Enum, is found where the class has no equality of its own', () => {
  const compared = (operator: string, found: Looks) =>
    hot([load('x'), ['LOAD_CONST', '', 'None'], ['COMPARE_OP', '', operator], jump], undefined, { 2: found });
  assert.deepEqual(changes(identities, compared('==', looks(['x', 'None'], [int, nothing]))), [
    'Write is None.',
  ]);
  assert.deepEqual(changes(identities, compared('bool(!=)', looks(['x', 'None'], [int, nothing]))), [
    'Write is not None.',
  ]);
  assert.deepEqual(identities(compared('<', looks(['x', 'None'], [int, nothing]))), []);
  assert.deepEqual(identities(compared('==', looks(['x', 'None'], [type('numpy.ndarray'), nothing]))), []);
  const member = type('app.State', '', 'enum');
  assert.deepEqual(whats(identities, compared('==', looks(['x', 'y'], [member, member]))), [
    'COMPARE_OP (==) is hot and compares members of an Enum',
  ]);
  for (const other of [
    type('app.State', '', 'enum', '__eq__'),
    type('app.Level', 'int', 'enum'),
    type('str'),
  ]) {
    assert.deepEqual(identities(compared('==', looks(['x', 'y'], [other, other]))), []);
  }
});

test('a number in the code is advised only where what meets it may be of the other type', () => {
  const code = (...seen: readonly (readonly OperandType[])[]) =>
    hot([load('x'), ['LOAD_CONST', '', '1'], ['COMPARE_OP', '', '<'], jump], undefined, {
      2: looks(['x', '1'], ...seen),
    });
  assert.deepEqual(changes(general, code([float, nothing])), ['Write 1.0.']);
  assert.match(changes(general, code([nothing, nothing]))[0] ?? '', /^Where the other one is a float/);
  for (const other of [type('decimal.Decimal'), type('int', '', 'large'), type('bool', 'int')]) {
    assert.deepEqual(general(code([other, nothing])), []);
    assert.deepEqual(general(code([float, nothing], [other, nothing])), []);
  }
});

const row = type('app.Row', 'tuple');
const deque = type('collections.deque');

test('a subscript of what is nearly a tuple or a list is found, if it may be taken as one', () => {
  const subscript = (found: OperandType, ...more: readonly Row[]) =>
    hot([load('x'), load('i'), ['BINARY_SUBSCR', '', ''], ...more, back], undefined, {
      2: looks(['x', 'i'], [found, int]),
    });
  const before = (name: string) =>
    `Take a ${name} of it before the loop, ${name}(x), where nothing else changes it meanwhile.`;
  assert.deepEqual(changes(containerTypes, subscript(row)), [before('tuple')]);
  assert.deepEqual(changes(containerTypes, subscript(row, ['STORE_FAST', '', 'x'])), [
    'Let it be a plain tuple where it is made.',
  ]);
  assert.deepEqual(changes(containerTypes, subscript(deque)), [before('list')]);
  assert.deepEqual(containerTypes(subscript(deque, ['STORE_FAST', '', 'x'])), []);
  assert.deepEqual(containerTypes(subscript(deque, load('x'), ['LOAD_ATTR', '', 'append'])), []);
  for (const other of [
    type('dict'),
    type('collections.defaultdict', 'dict'),
    type('app.Rows'),
    type('tuple'),
  ]) {
    assert.deepEqual(containerTypes(subscript(other)), []);
  }
  const once = hot([load('x'), load('i'), ['BINARY_SUBSCR', '', '']], undefined, {
    2: looks(['x', 'i'], [row, int]),
  });
  assert.deepEqual(containerTypes(once), []);
});

test('a store into a dict of a subclass is found where that costs; unpackings of lists and tuples in turn are', () => {
  const stored = (found: OperandType) =>
    hot([load('v'), load('x'), load('k'), ['STORE_SUBSCR', '', '']], undefined, {
      3: looks(['x', 'k'], [found, int]),
    });
  assert.deepEqual(whats(storedItems, stored(type('collections.OrderedDict', 'dict'))), [
    'a store into "x" is hot and not specialised',
  ]);
  for (const other of [
    type('dict'),
    type('collections.defaultdict', 'dict'),
    type('app.Table', 'dict', '__setitem__'),
    type('app.Table'),
  ]) {
    assert.deepEqual(storedItems(stored(other)), []);
  }
  const unpacked = (...seen: readonly OperandType[]) =>
    hot([load('x'), ['UNPACK_SEQUENCE', '', '']], undefined, {
      1: looks(['x'], ...seen.map((one) => [one])),
    });
  assert.equal(severalSequences(unpacked(type('list'), type('tuple'))).length, 1);
  assert.deepEqual(severalSequences(unpacked(type('tuple'))), []);
});

test('a long list that is searched is found, unless it grows, or is short now and then', () => {
  const searched = (found: Looks, ...more: readonly Row[]) =>
    hot([load('i'), load('x'), ['CONTAINS_OP', '', 'in'], jump, ...more, back], undefined, { 2: found });
  const long = looks(['i', 'x'], [int, type('list', '', 'long')]);
  assert.deepEqual(whats(searchedLists, searched(long)), [
    '"x" is searched from its beginning, value by value',
  ]);
  assert.deepEqual(searchedLists(searched(long, load('x'), ['LOAD_ATTR', '', 'append'])), []);
  const attribute = (...more: readonly Row[]) =>
    hot(
      [load('i'), load('self'), ['LOAD_ATTR', '', 'x'], ['CONTAINS_OP', '', 'in'], jump, ...more, back],
      undefined,
      { 3: looks(['i', 'self.x'], [int, type('list', '', 'long')]) },
    );
  assert.equal(searchedLists(attribute()).length, 1);
  assert.deepEqual(
    searchedLists(attribute(load('self'), ['LOAD_ATTR', '', 'x'], ['LOAD_ATTR', '', 'append'])),
    [],
  );
  assert.deepEqual(searchedLists(attribute(load('self'), ['STORE_ATTR', '', 'x'])), []);
  const both = looks(['i', 'x'], [int, type('list', '', 'long')], [int, type('list')]);
  assert.deepEqual(searchedLists(searched(both)), []);
});

test('attributes of objects of several classes, of named tuples and by methods are found', () => {
  const attribute = (found: OperandType, other = found, name: Row = ['LOAD_ATTR', '', 'size']) =>
    hot([load('x'), name, back], undefined, { 1: looks(['x'], [found], [other]) });
  const [a, b] = [type('app.A', '', 'instance'), type('app.B', '', 'instance')];
  const several = severalClasses(attribute(a, b));
  assert.match(
    several[0]?.evidence ?? '',
    /"x" was of type app\.A 20 times, app\.B 20 times; a form of LOAD_ATTR \(at 2\)/,
  );
  assert.deepEqual(severalClasses(attribute(a)), []);
  assert.equal(severalClasses(attribute(a, b, ['LOAD_ATTR_SLOT', 'LOAD_ATTR', 'size'])).length, 1);
  const settled = { ...looks(['x'], [a], [b]), changes: 15 };
  assert.deepEqual(
    severalClasses(hot([load('x'), ['LOAD_ATTR', '', 'size']], undefined, { 1: settled })),
    [],
  );
  const seen = (looksAtA: number, looksAtB: number) => {
    const both = [
      { types: [a], looks: looksAtA },
      { types: [b], looks: looksAtB },
    ];
    const looked = { 1: { operands: ['x'], seen: both } };
    return severalClasses(hot([load('x'), ['LOAD_ATTR', '', 'size']], undefined, looked));
  };
  assert.deepEqual(seen(38, 2), []);
  assert.deepEqual(seen(23, 3), [], 'one object of a hundred can show in so many');
  assert.equal(seen(20, 6).length, 1);

  assert.equal(tupleFields(attribute(type('app.Point', 'tuple', 'field'))).length, 1);
  assert.deepEqual(tupleFields(attribute(type('app.Point', 'tuple', 'class'))), []);

  const dynamic = type('app.Options', '', '__getattr__');
  assert.deepEqual(whats(dynamicAttributes, attribute(dynamic)), [
    '"x.size" runs a method of its class: __getattr__',
  ]);
  for (const place of ['instance', 'class', 'property', '__getattribute__']) {
    assert.deepEqual(dynamicAttributes(attribute(type('app.Options', '', '__getattr__', place))), []);
  }
  // Some objects have it.
  const mixed = attribute(dynamic, type('app.Options', '', '__getattr__', 'instance'));
  assert.deepEqual(dynamicAttributes(mixed), []);
  const store: Row = ['STORE_ATTR', '', 'size'];
  assert.equal(dynamicAttributes(attribute(type('app.A', '', 'property'), undefined, store)).length, 1);
  assert.deepEqual(dynamicAttributes(attribute(dynamic, undefined, store)), []);
});

test('calls of objects that pass the call on are found, where the object stays the same', () => {
  const called = (found: OperandType, ...more: readonly Row[]) =>
    hot([load('f'), load('x'), ['CALL', '', ''], ...more, back], undefined, { 2: looks(['f'], [found]) });
  const partial = type('functools.partial');
  assert.equal(callableObjects(called(partial)).length, 1);
  assert.deepEqual(callableObjects(called(partial, ['STORE_FAST', '', 'f'])), []);
  assert.match(
    changes(callableObjects, called(type('app.Scale', '', '__call__')))[0] ?? '',
    /f\.__call__\.$/,
  );
  for (const other of [type('function'), type('type'), type('app.Scale')]) {
    assert.deepEqual(callableObjects(called(other)), []);
  }
  const tested = (found: OperandType) =>
    hot([load('x'), ['TO_BOOL', '', ''], jump], undefined, { 1: looks(['x'], [found]) });
  assert.equal(truthMethods(tested(type('app.Queue', '', '__len__'))).length, 1);
  assert.deepEqual(truthMethods(tested(type('dict'))), []);
});
