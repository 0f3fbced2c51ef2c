import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argumentText } from '../../src/python/arguments.js';
import { disassemble, instructionStarts } from '../../src/python/disassemble.js';
import { type OpcodeTable, opcodeTable } from '../../src/python/opcodes.js';

function tableOf(minor: number): OpcodeTable {
  return opcodeTable({ major: 3, minor });
}

/** Bytecode of [name, argument] rows; a number stands for that many cache entries. */
function assemble(
  table: OpcodeTable,
  ...rows: readonly (readonly [name: string, arg: number] | number)[]
): Uint8Array {
  return Uint8Array.from(
    rows.flatMap((row) => {
      if (typeof row === 'number') return new Array<number>(row * 2).fill(0xee);
      const opcode = table.opcodeByName(row[0]);
      assert.notEqual(opcode, undefined, row[0]);
      return [opcode ?? 0, row[1]];
    }),
  );
}

// The generator function of linetable.test.ts, compiled by 3.8 and by 3.15.
const code38 = Buffer.from(
  '74007c007c0183027d027c02721e7c0244005d0a7d037c035600010071127c007c0117005300',
  'hex',
);
const code315 = Buffer.from(
  '20001d00800000005b0100000000000000005500550132020000000000006f0255022500000000000000630f00001a005302460000004407000070337700800900001d004a09000009001c00550055012a0000000000000000000000210033036801',
  'hex',
);

test('the bytecode of 3.8 comes out as its dis shows it', () => {
  const table = tableOf(8);
  const shown = disassemble(table, code38).map(({ offset, opcode, arg, target }) => [
    offset,
    table.name(opcode),
    arg,
    target,
  ]);
  assert.deepEqual(shown.slice(6, 12), [
    [12, 'POP_JUMP_IF_FALSE', 30, 30],
    [14, 'LOAD_FAST', 2, undefined],
    [16, 'GET_ITER', undefined, undefined],
    [18, 'FOR_ITER', 10, 30],
    [20, 'STORE_FAST', 3, undefined],
    [22, 'LOAD_FAST', 3, undefined],
  ]);
  assert.equal(shown.length, 19);
});

test('the bytecode of 3.15 comes out as its dis shows it, without caches', () => {
  const table = tableOf(15);
  assert.deepEqual(
    [...instructionStarts(table, code315)],
    [
      0, 2, 4, 8, 18, 20, 22, 30, 32, 34, 42, 46, 48, 50, 54, 58, 60, 62, 66, 68, 72, 74, 76, 78, 80, 92, 94,
      96,
    ],
  );
  const jumps = disassemble(table, code315).filter(({ target }) => target !== undefined);
  assert.deepEqual(
    jumps.map(({ offset, opcode, target }) => [offset, table.name(opcode), target]),
    [
      [42, 'POP_JUMP_IF_FALSE', 76],
      [54, 'FOR_ITER', 72],
      [68, 'JUMP_BACKWARD', 54],
    ],
  );
});

test('prefixes belong to the instruction after them', () => {
  const table = tableOf(13);
  const bytecode = assemble(table, ['EXTENDED_ARG', 1], ['EXTENDED_ARG', 2], ['LOAD_GLOBAL', 3], 4, [
    'NOP',
    0,
  ]);
  const [load, nop] = disassemble(table, bytecode);
  assert.deepEqual(load, {
    offset: 4,
    start: 0,
    opcode: table.opcodeByName('LOAD_GLOBAL'),
    arg: 0x010203,
    length: 14,
    target: undefined,
  });
  assert.equal(nop?.offset, 14);
});

test('the quick prefixes of 3.11 are prefixes too', () => {
  const table = tableOf(11);
  const bytecode = assemble(table, ['EXTENDED_ARG_QUICK', 1], ['LOAD_FAST', 3]);
  assert.deepEqual(
    disassemble(table, bytecode).map(({ start, offset, arg }) => [start, offset, arg]),
    [[0, 2, 259]],
  );
});

test('a specialised jump has the target of its base', () => {
  const table = tableOf(14);
  const bytecode = assemble(table, ['NOP', 0], ['FOR_ITER_RANGE', 3], 1, ['JUMP_BACKWARD_NO_JIT', 4], 1);
  assert.deepEqual(
    disassemble(table, bytecode).map(({ target }) => target),
    [undefined, 12, 2],
  );
});

test('an executor has the cache of the jump that it replaces', () => {
  const table = tableOf(14);
  const bytecode = assemble(table, ['ENTER_EXECUTOR', 0], 1, ['NOP', 0]);
  assert.deepEqual([...instructionStarts(table, bytecode)], [0, 4]);
});

test('an executor in place of a prefix leaves the jump after it an instruction', () => {
  const table = tableOf(14);
  const bytecode = assemble(table, ['ENTER_EXECUTOR', 0], ['JUMP_BACKWARD_JIT', 4], 1, ['NOP', 0]);
  assert.deepEqual([...instructionStarts(table, bytecode)], [0, 2, 6]);
});

test('a stand-in is taken for what it stands for, where that is known', () => {
  const table = tableOf(13);
  const bytecode = assemble(table, ['INSTRUMENTED_LINE', 3], 4, ['NOP', 0]);
  const original = (offset: number) => (offset === 0 ? table.opcodeByName('LOAD_GLOBAL') : undefined);
  const [first, second] = disassemble(table, bytecode, original);
  assert.equal(table.name(first?.opcode ?? -1), 'INSTRUMENTED_LINE');
  assert.equal(first?.arg, 3);
  assert.equal(second?.offset, 10);
});

test('random bytes come out whole, in order, on every version', () => {
  let state = 7;
  const random = (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  for (let round = 0; round < 200; round += 1) {
    const bytecode = Uint8Array.from({ length: random(200) }, () => random(256));
    for (let minor = 6; minor <= 15; minor += 1) {
      let at = 0;
      for (const { start, offset, length } of disassemble(tableOf(minor), bytecode)) {
        assert.ok(start === at && offset >= start && offset < start + length);
        at += length;
      }
      assert.ok(at >= bytecode.length - 1 && at <= bytecode.length);
    }
  }
});

test('operators and intrinsics are named by their arguments, in the way of each version', () => {
  const text = (minor: number, name: string, arg: number) => {
    const table = tableOf(minor);
    return argumentText(table, table.opcodeByName(name) ?? -1, arg);
  };
  assert.equal(text(8, 'COMPARE_OP', 6), 'in');
  assert.equal(text(12, 'COMPARE_OP', 2 << 4), '==');
  assert.equal(text(13, 'COMPARE_OP', (4 << 5) | 16), 'bool(>)');
  assert.equal(text(12, 'BINARY_OP_ADD_INT', 0), '+');
  assert.equal(text(15, 'BINARY_OP_SUBSCR_DICT', 26), '[]');
  assert.equal(text(13, 'CALL_INTRINSIC_1', 3), 'INTRINSIC_STOPITERATION_ERROR');
  assert.equal(text(15, 'LOAD_SPECIAL', 0), '__enter__');
  assert.equal(text(15, 'LOAD_FAST', 0), undefined);
  assert.equal(text(15, 'BINARY_OP', 200), undefined);
});
