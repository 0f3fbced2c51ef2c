import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceFor } from '../../src/advice/advice.js';
import { cells } from '../../src/advice/cells.js';
import type { Finding } from '../../src/advice/finding.js';
import { general, severalTypes } from '../../src/advice/general.js';
import { HotCode } from '../../src/advice/hot-code.js';
import { functionsInLoops, globalsInLoops } from '../../src/advice/loops.js';
import { repeatedAttributes } from '../../src/advice/repeated.js';
import { adviceText } from '../../src/terminal/advice.js';
import { hot, type Row } from '../helpers/hot-code.js';
import { reportProfile } from '../helpers/report-profile.js';

const said = (findings: readonly Finding[]) => findings.map(({ what, share }) => `${share} ${what}`);

test('a variable in a cell is found with all its uses; the class of methods and names of others are not', () => {
  const code = hot([
    ['MAKE_CELL', '', 'x'],
    ['MAKE_CELL', '', '__class__'],
    ['LOAD_DEREF', '', 'x'],
    ['LOAD_DEREF', '', 'outer'],
  ]);
  assert.deepEqual(said(cells(code)), ['0.2 "x" lives in a cell, since a function inside f uses it']);
});

const one: Row = ['LOAD_CONST', '', '1'];
const half: Row = ['LOAD_CONST', '', '0.5'];
const jump: Row = ['POP_JUMP_IF_FALSE', '', 'to 90', 90];

test('a comparison or sum with a number that stays general is found where there is a form for it', () => {
  const found = (...rows: readonly Row[]) => general(hot(rows)).map(({ what }) => what);
  assert.deepEqual(found(one, ['COMPARE_OP', '', '<'], jump), [
    'COMPARE_OP (<) with 1 is hot and not specialised',
  ]);
  assert.equal(found(one, ['BINARY_OP', '', '+=']).length, 1);
  assert.equal(found(half, ['BINARY_OP', '', '*']).length, 1);
  assert.deepEqual(found(one, ['BINARY_OP', '', '/']), [], 'nothing could be done');
  assert.deepEqual(found(one, ['COMPARE_OP', '', '<']), [], '3.11 has no form for it');
  assert.deepEqual(
    found(['LOAD_FAST', '', 'x'], ['COMPARE_OP', '', '<'], jump),
    [],
    'what meets is not known',
  );
  assert.deepEqual(found(['LOAD_CONST', '', "'a'"], ['COMPARE_OP', '', '<'], jump), []);
  assert.deepEqual(found(one, ['COMPARE_OP_INT', 'COMPARE_OP', '<'], jump), []);
});

test('the number is of another type than what meets it, and the change says which would do', () => {
  const [int] = general(hot([one, ['COMPARE_OP', '', '<'], jump]));
  assert.match(
    int?.evidence ?? '',
    /in 100\.0 % of its time, although there is one for two ints: what meets 1 is no int, or a large one/,
  );
  assert.match(int?.change ?? '', /a float, write 1\.0;/);
  const [float] = general(
    hot([
      ['LOAD_CONST', '', '2.0'],
      ['BINARY_OP', '', '*'],
    ]),
  );
  assert.match(float?.change ?? '', /where it is an int, write 2\./);
});

test('one that ran specialised for a part of its time is left alone where that is much', () => {
  const forms = (own: number) =>
    new Map([
      ['COMPARE_OP', own],
      ['COMPARE_OP_INT', 100 - own],
    ]);
  const rows: readonly Row[] = [one, ['COMPARE_OP', '', '<'], jump];
  assert.match(general(hot(rows, forms(95)))[0]?.evidence ?? '', /in 95\.0 % of its time/);
  assert.deepEqual(general(hot(rows, forms(60))), []);
});

test('what is made or looked up outside of a loop is not found', () => {
  const rows: readonly Row[] = [
    ['LOAD_GLOBAL_BUILTIN', 'LOAD_GLOBAL', 'len + NULL'],
    ['LOAD_CONST', '', '<code object <lambda> at 0x1>'],
    ['MAKE_FUNCTION', '', ''],
    ['NOP', '', ''],
  ];
  const outside = hot([...rows, ['JUMP_BACKWARD', '', 'to 6', 6]]);
  assert.deepEqual([...globalsInLoops(outside), ...functionsInLoops(outside)], []);
  const inside = hot([...rows, ['JUMP_BACKWARD', '', 'to 0', 0]]);
  assert.deepEqual(said(globalsInLoops(inside)), [
    '0.1 the builtin "len" is looked up in each round of a loop',
  ]);
  assert.equal(functionsInLoops(inside).length, 1);
  const listcomp = rows.map((row): Row => [row[0], row[1], row[2].replace('lambda', 'listcomp')]);
  assert.deepEqual(functionsInLoops(hot([...listcomp, ['JUMP_BACKWARD', '', 'to 0', 0]])), []);
});

test('a global that the function sets itself is left alone', () => {
  const code = hot([
    ['LOAD_GLOBAL_MODULE', 'LOAD_GLOBAL', 'total'],
    ['STORE_GLOBAL', '', 'total'],
    ['JUMP_BACKWARD', '', 'to 0', 0],
  ]);
  assert.deepEqual(globalsInLoops(code), []);
});

const load: readonly Row[] = [
  ['LOAD_FAST', '', 'self'],
  ['LOAD_ATTR_INSTANCE_VALUE', 'LOAD_ATTR', 'x'],
];

test('an attribute that is loaded again costs what its later loads cost', () => {
  assert.deepEqual(said(repeatedAttributes(hot([...load, ...load, ...load]))), [
    '0.2 "self.x" is loaded 3 times in one line',
  ]);
});

test('an attribute is not loaded again for nothing where it could have changed, or is no plain one', () => {
  const between: readonly Row[] = [
    ['CALL', '', ''],
    ['STORE_ATTR_INSTANCE_VALUE', 'STORE_ATTR', 'x'],
    ['STORE_FAST', '', 'self'],
    ['BINARY_OP', '', '+'],
    ['POP_JUMP_IF_FALSE', '', 'to 20', 20],
  ];
  for (const one of between) assert.deepEqual(repeatedAttributes(hot([...load, one, ...load])), [], one[0]);
  const otherLine = load.map(([name, base, text]): Row => [name, base, text, -1, 2]);
  assert.deepEqual(repeatedAttributes(hot([...load, ...otherLine])), []);
  const property: readonly Row[] = [load[0] as Row, ['LOAD_ATTR_PROPERTY', 'LOAD_ATTR', 'x']];
  assert.deepEqual(repeatedAttributes(hot([...property, ...property])), []);
  const other: readonly Row[] = [['LOAD_FAST', '', 'other'], load[1] as Row];
  assert.deepEqual(repeatedAttributes(hot([...load, ...other])), []);
});

test('what has little time, or few samples, is no finding', () => {
  const code = hot([one, ['BINARY_OP', '', '+']]);
  const words = { kind: 'general', what: '', evidence: '', change: '' } as const;
  assert.equal(code.finding([], words), undefined);
  const small = new HotCode({ file: '', function: '' }, code.instructions, {
    code: 0,
    own: 1,
    total: 1,
    whole: 1,
    instructions: new Map([[2, { weight: 1, count: 19, forms: new Map([['BINARY_OP', 1]]) }]]),
    called: new Map(),
  });
  assert.deepEqual(general(small), []);
});

test('findings of a profile are printed with what shows them', () => {
  const findings = adviceFor(reportProfile());
  assert.equal(
    adviceText(findings, { columns: 100, colour: false }),
    `\
10.0 %, at most 90.0 %  "value" lives in a cell, since a function inside summed uses it
  /srv/app/app.py summed
  MAKE_CELL 2 (value) at 0, 100 samples in all
  Shown by: MAKE_CELL makes the cell on each call.
  Change:   Move what is inside (a lambda, a generator expression, a nested function) into a function beside it, and give it "value" as an argument. It pays where that part seldom runs.
`,
  );
  assert.match(adviceText([], { columns: 100, colour: false }), /^Nothing was found/);
});

test('sums and comparisons that ran in forms for several types are found, others are not', () => {
  const found = (row: Row, ...forms: readonly (readonly [string, number])[]) =>
    severalTypes(hot([row], new Map(forms)));
  const sum: Row = ['BINARY_OP_ADD_INT', 'BINARY_OP', '+'];
  const [finding] = found(sum, ['BINARY_OP_ADD_INT', 55], ['BINARY_OP_ADD_FLOAT', 35], ['BINARY_OP', 10]);
  assert.equal(finding?.what, 'BINARY_OP (+) meets values of several types');
  assert.match(
    finding?.evidence ?? '',
    /ran as BINARY_OP_ADD_INT in 55\.0 % and as BINARY_OP_ADD_FLOAT in 35\.0 % of its time/,
  );
  const compare: Row = ['COMPARE_OP', '', '<'];
  assert.equal(found(compare, ['COMPARE_OP_INT', 50], ['COMPARE_OP_FLOAT', 50]).length, 1);
  assert.equal(found(compare, ['COMPARE_OP_INT_JUMP', 50], ['COMPARE_OP_FLOAT_JUMP', 50]).length, 1);
  assert.deepEqual(found(sum, ['BINARY_OP_ADD_INT', 95], ['BINARY_OP_ADD_FLOAT', 5]), [], 'once, long ago');
  assert.deepEqual(found(sum, ['BINARY_OP_ADD_INT', 50], ['BINARY_OP', 50]), []);
  const load: Row = ['LOAD_FAST', '', 'x'];
  assert.deepEqual(found(load, ['LOAD_FAST', 50], ['LOAD_FAST__LOAD_FAST', 50]), []);
});

test('a change saves no more than all that the loop around it takes, or the function where there is none', () => {
  const words = { kind: 'general', what: '', evidence: '', change: '' } as const;
  const rows: readonly Row[] = [
    ['LOAD_FAST', '', 'a'],
    ['BINARY_OP', '', '+'],
    ['POP_TOP', '', ''],
    ['JUMP_BACKWARD', '', 'to 2', 2],
    ['BINARY_OP', '', '-'],
  ];
  const code = hot(rows);
  const [, inLoop, , , behind] = code.instructions;
  const found = (...all: (typeof inLoop)[]) =>
    code.finding(
      all.flatMap((one) => one ?? []),
      words,
    );
  assert.deepEqual([found(inLoop)?.share, found(inLoop)?.most], [0.1, 0.3]);
  assert.deepEqual([found(behind)?.share, found(behind)?.most], [0.1, 0.5]);
  assert.deepEqual([found(inLoop, behind)?.share, found(inLoop, behind)?.most], [0.2, 0.5]);
});
