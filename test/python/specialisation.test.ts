import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeTable } from '../../src/python/opcodes.js';

const cases: readonly (readonly [minor: number, name: string, expected: string])[] = [
  [10, 'LOAD_ATTR', 'plain'],
  [11, 'LOAD_ATTR', 'adaptive'],
  [11, 'LOAD_ATTR_ADAPTIVE', 'adaptive'],
  [11, 'LOAD_ATTR_SLOT', 'specialised'],
  [11, 'LOAD_FAST__LOAD_FAST', 'plain'],
  [12, 'LOAD_FAST', 'plain'],
  [13, 'BINARY_OP', 'adaptive'],
  [13, 'BINARY_OP_ADD_INT', 'specialised'],
  [13, 'INSTRUMENTED_CALL', 'adaptive'],
  [13, 'RESUME_CHECK', 'plain'],
  [14, 'LOAD_CONST_IMMORTAL', 'plain'],
  [14, 'JUMP_BACKWARD_NO_JIT', 'plain'],
  [14, 'JUMP_BACKWARD', 'plain'],
  [15, 'FOR_ITER_RANGE', 'specialised'],
  [15, 'LOAD_FAST_BORROW', 'plain'],
];

for (const [minor, name, expected] of cases) {
  test(`3.${minor}: ${name} is ${expected}`, () => {
    const table = opcodeTable({ major: 3, minor });
    const opcode = table.opcodeByName(name);
    assert.notEqual(opcode, undefined);
    assert.equal(table.specialisation(opcode ?? 0), expected);
  });
}
