import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disassemble } from '../../src/python/disassemble.js';
import { opcodeTable } from '../../src/python/opcodes.js';
import { OperandSources, slotsOf, sourceText } from '../../src/python/operand-sources.js';

/** An instruction with its argument; of a jump that is how many code units it goes. */
type Row = readonly [name: string, arg?: number];

const names = {
  names: ['name', 'total', 'table'],
  constants: ['None', '1', '2.5'],
  variables: ['x', 'y', 'self'],
  cells: [],
};

function assembled(minor: number, rows: readonly Row[]): OperandSources {
  const table = opcodeTable({ major: 3, minor });
  const bytes = rows.flatMap(([name, arg = 0]) => {
    const opcode = table.opcodeByName(name);
    assert.ok(opcode !== undefined, `3.${minor} has ${name}`);
    return [opcode, arg, ...new Uint8Array(2 * (table.cacheEntries[opcode] ?? 0))];
  });
  return new OperandSources(table, disassemble(table, Uint8Array.from(bytes)));
}

/** Operands of the last of the instructions but for `after` of them. */
function operands(minor: number, rows: readonly Row[], after = 0): readonly string[] | undefined {
  return assembled(minor, rows)
    .of(rows.length - 1 - after)
    ?.map((source) => sourceText(source, names));
}

const last = (minor: number, index: number, rows: readonly Row[]) => {
  const sources = assembled(minor, rows);
  return [...sources.stretch(index, sources.of(index) ?? [])].sort((a, b) => a - b);
};

test('variables, constants and attributes before an instruction are its operands', () => {
  assert.deepEqual(
    operands(11, [
      ['LOAD_FAST', 0],
      ['LOAD_CONST', 1],
      ['BINARY_OP', 0],
    ]),
    ['x', '1'],
  );
  assert.deepEqual(
    operands(13, [
      ['LOAD_FAST_LOAD_FAST', 0x01],
      ['BINARY_OP', 0],
    ]),
    ['x', 'y'],
  );
  assert.deepEqual(
    operands(14, [
      ['LOAD_FAST_BORROW', 1],
      ['LOAD_SMALL_INT', 7],
      ['COMPARE_OP', 0],
    ]),
    ['y', '7'],
  );
  assert.deepEqual(
    operands(15, [
      ['LOAD_FAST_BORROW', 0],
      ['LOAD_COMMON_CONSTANT', 7],
      ['COMPARE_OP', 0],
    ]),
    ['x', 'None'],
  );
  assert.deepEqual(
    operands(12, [
      ['LOAD_FAST', 2],
      ['LOAD_ATTR', 2],
      ['LOAD_FAST', 0],
      ['BINARY_OP', 0],
    ]),
    ['self.total', 'x'],
  );
  assert.deepEqual(
    operands(11, [
      ['LOAD_FAST', 2],
      ['LOAD_ATTR', 1],
      ['UNPACK_SEQUENCE', 2],
    ]),
    ['self.total'],
  );
  assert.deepEqual(operands(13, [['LOAD_DEREF', 1], ['TO_BOOL']]), ['y']);
  assert.deepEqual(
    operands(12, [
      ['LOAD_FAST', 0],
      ['LOAD_FAST', 2],
      ['STORE_ATTR', 1],
    ]),
    ['self'],
  );
});

test('copies and swaps of the stack are followed, as for x[y] += 1', () => {
  const subscript: readonly Row[] = [
    ['LOAD_FAST', 0],
    ['LOAD_FAST', 1],
    ['COPY', 2],
    ['COPY', 2],
    ['BINARY_SUBSCR'],
  ];
  assert.deepEqual(operands(12, subscript), ['x', 'y']);
  const store: readonly Row[] = [
    ...subscript,
    ['LOAD_CONST', 1],
    ['BINARY_OP', 13],
    ['SWAP', 3],
    ['SWAP', 2],
    ['STORE_SUBSCR'],
  ];
  assert.deepEqual(operands(12, store), ['x', 'y']);
});

test('what a call is of is known wherever its NULL is; a method is not', () => {
  const arguments_: readonly Row[] = [['LOAD_FAST', 1]];
  assert.deepEqual(
    operands(11, [['PUSH_NULL'], ['LOAD_FAST', 0], ...arguments_, ['PRECALL', 1], ['CALL', 1]]),
    ['x'],
  );
  assert.deepEqual(operands(12, [['LOAD_GLOBAL', 5], ...arguments_, ['CALL', 1]]), ['table']);
  assert.deepEqual(operands(13, [['LOAD_FAST', 0], ['PUSH_NULL'], ...arguments_, ['CALL', 1]]), ['x']);
  assert.deepEqual(operands(14, [['LOAD_GLOBAL', 5], ...arguments_, ['CALL', 1]]), ['table']);
  assert.equal(operands(13, [['LOAD_FAST', 0], ['LOAD_ATTR', 1], ...arguments_, ['CALL', 1]]), undefined);
});

test('the result of a call is no operand that can be looked at, and after a jump nothing is known', () => {
  const call: readonly Row[] = [
    ['LOAD_GLOBAL', 5],
    ['CALL', 0],
  ];
  assert.deepEqual(operands(13, [['LOAD_FAST', 0], ...call, ['BINARY_OP', 0]]), ['x', '']);
  assert.equal(operands(13, [...call, ...call, ['BINARY_OP', 0]]), undefined);
  // An attribute that was loaded before a call may be another one after it; a variable of the frame is not.
  const attribute: readonly Row[] = [
    ['LOAD_FAST', 2],
    ['LOAD_ATTR', 2],
  ];
  assert.equal(operands(13, [...attribute, ...call, ['BINARY_OP', 0]]), undefined);
  const set: readonly Row[] = [
    ['LOAD_FAST', 0],
    ['LOAD_CONST', 1],
    ['STORE_FAST_LOAD_FAST', 0x01],
  ];
  assert.deepEqual(operands(13, [...set, ['BINARY_OP', 0]]), ['', 'y']);
  // The second value is one of two.
  const either: readonly Row[] = [
    ['LOAD_FAST', 0],
    ['LOAD_FAST', 1],
    ['POP_JUMP_IF_FALSE', 1],
    ['LOAD_FAST', 2],
    ['BINARY_OP', 0],
  ];
  assert.equal(operands(13, either), undefined);
});

test('what a comparison keeps for the next one is known, as of 0 <= x <= 1', () => {
  const rows: readonly Row[] = [
    ['LOAD_SMALL_INT', 0],
    ['LOAD_FAST_BORROW', 0],
    ['SWAP', 2],
    ['COPY', 2],
    ['COMPARE_OP', 0],
    ['POP_JUMP_IF_FALSE', 5],
    ['NOT_TAKEN'],
    ['LOAD_SMALL_INT', 1],
    ['COMPARE_OP', 0],
    ['POP_JUMP_IF_FALSE', 1],
    ['NOP'],
    ['NOP'],
  ];
  assert.deepEqual(operands(14, rows.slice(0, 9)), ['x', '1']);
  assert.deepEqual(
    assembled(14, rows)
      .of(8)
      ?.map((source) => sourceText(source, names)),
    ['x', '1'],
  );
});

test('a frame holds the operands as long as nothing sets them, and what runs with the instruction runs in one go', () => {
  const rows: readonly Row[] = [
    ['STORE_FAST', 0],
    ['LOAD_FAST', 1],
    ['POP_TOP'],
    ['LOAD_FAST', 0],
    ['LOAD_ATTR', 0],
    ['POP_TOP'],
    ['STORE_FAST', 0],
    ['POP_TOP'],
  ];
  // Offsets: LOAD_ATTR at 8 has nine caches.
  assert.deepEqual(last(13, 4, rows), [2, 4, 6, 8, 28]);
  const jumps: readonly Row[] = [
    ['LOAD_FAST', 1],
    ['POP_JUMP_IF_FALSE', 1],
    ['LOAD_FAST', 0],
    ['TO_BOOL'],
    ['POP_JUMP_IF_FALSE', 1],
    ['POP_TOP'],
    ['POP_TOP'],
  ];
  const [offset = -1, ...more] = last(13, 3, jumps);
  assert.equal(more.includes(0), false);
  assert.ok(offset > 4, 'not what may run without it');
});

test('an attribute or global may be another one after a call or a store', () => {
  const rows: readonly Row[] = [
    ['LOAD_FAST', 1],
    ['LOAD_FAST', 2],
    ['STORE_ATTR', 0],
    ['LOAD_FAST', 2],
    ['LOAD_ATTR', 2],
    ['UNPACK_SEQUENCE', 2],
    ['POP_TOP'],
    ['LOAD_GLOBAL', 5],
    ['CALL', 0],
    ['POP_TOP'],
  ];
  const sources = assembled(13, rows);
  const found = sources.of(5) ?? [];
  assert.deepEqual(found.flatMap(slotsOf), [2]);
  const stretch = sources.stretch(5, found);
  assert.equal(stretch.has(4), false);
  assert.equal(stretch.size, 5);
});
