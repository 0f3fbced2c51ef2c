import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HeavyopsError } from '../../src/errors.js';
import { family } from '../../src/python/opcode-family.js';
import { OpcodeFlag } from '../../src/python/opcode-flags.js';
import { type OpcodeSource, type OpcodeTable, opcodeTable } from '../../src/python/opcodes.js';

const minors = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const withHeaders = [13, 14, 15];

function tableOf(minor: number): OpcodeTable {
  return opcodeTable({ major: 3, minor });
}

function sourceOf(minor: number): OpcodeSource {
  const file = new URL(`../../../src/python/data/opcodes-3.${minor}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as OpcodeSource;
}

function named(table: OpcodeTable, flag: number): readonly string[] {
  return table.names().filter((name) => ((table.flags[table.opcodeByName(name) ?? -1] ?? 0) & flag) !== 0);
}

test('a version without a table is refused with what is supported', () => {
  for (const version of [
    { major: 3, minor: 5 },
    { major: 3, minor: 16 },
    { major: 2, minor: 7 },
  ]) {
    assert.throws(
      () => opcodeTable(version),
      (error) =>
        error instanceof HeavyopsError &&
        error.code === 'UNSUPPORTED_PYTHON' &&
        /3\.6 to 3\.15/.test(error.hint),
    );
  }
});

test('a table is read once', () => {
  assert.equal(tableOf(13), tableOf(13));
});

test('a specialised instruction knows its base and has the caches of its base', () => {
  const table = tableOf(15);
  const opcode = table.opcodeByName('BINARY_OP_ADD_INT') ?? -1;
  assert.equal(table.baseName(opcode), 'BINARY_OP');
  assert.equal(table.cacheEntries[opcode], 5);
  assert.ok(table.isSpecialised(opcode));
  assert.ok(!table.isSpecialised(table.base(opcode)));
});

test('an instrumented instruction knows what it stands for and is not called specialised', () => {
  const table = tableOf(13);
  const opcode = table.opcodeByName('INSTRUMENTED_CALL') ?? -1;
  assert.equal(table.baseName(opcode), 'CALL');
  assert.equal(table.cacheEntries[opcode], 3);
  assert.ok(table.isInstrumented(opcode));
  assert.ok(!table.isSpecialised(opcode));
});

test('the forms of 3.11 that only wait for values are not called specialised', () => {
  const table = tableOf(11);
  for (const name of ['CALL_ADAPTIVE', 'RESUME_QUICK', 'CALL']) {
    assert.ok(!table.isSpecialised(table.opcodeByName(name) ?? -1), name);
  }
  assert.ok(table.isSpecialised(table.opcodeByName('LOAD_FAST__LOAD_FAST') ?? -1));
});

test('a number that no instruction has stands for itself', () => {
  const table = tableOf(6);
  assert.equal(table.name(0), '<0>');
  assert.equal(table.base(0), 0);
  assert.equal(table.name(256), '<256>');
});

test('every base is a base, and has the same caches', () => {
  for (const minor of minors) {
    const table = tableOf(minor);
    for (const name of table.names()) {
      const opcode = table.opcodeByName(name) ?? -1;
      const base = table.base(opcode);
      assert.equal(table.base(base), base, name);
      assert.equal(table.cacheEntries[opcode], table.cacheEntries[base], name);
    }
  }
});

test('prefixes and stand-ins are marked in the versions that have them', () => {
  const { EnterExecutor, InstrumentedInstruction, InstrumentedLine, Prefix } = OpcodeFlag;
  assert.deepEqual(named(tableOf(11), Prefix).toSorted(), ['EXTENDED_ARG', 'EXTENDED_ARG_QUICK']);
  for (const minor of minors.filter((other) => other !== 11)) {
    assert.deepEqual(named(tableOf(minor), Prefix), ['EXTENDED_ARG']);
  }
  assert.deepEqual(named(tableOf(12), EnterExecutor), []);
  assert.deepEqual(named(tableOf(11), InstrumentedLine), []);
  assert.deepEqual(named(tableOf(13), EnterExecutor), ['ENTER_EXECUTOR']);
  assert.deepEqual(named(tableOf(12), InstrumentedLine), ['INSTRUMENTED_LINE']);
  assert.deepEqual(named(tableOf(12), InstrumentedInstruction), ['INSTRUMENTED_INSTRUCTION']);
  assert.equal(tableOf(12).special.enterExecutor, -1);
  assert.equal(tableOf(13).special.enterExecutor, tableOf(13).opcodeByName('ENTER_EXECUTOR'));
});

test('all that the headers show to push a frame can call', () => {
  for (const minor of withHeaders) {
    const callers = named(tableOf(minor), OpcodeFlag.CanCall);
    const { pushesFrame } = sourceOf(minor);
    assert.ok(pushesFrame.length >= 5);
    assert.deepEqual(
      pushesFrame.filter((name) => !callers.includes(name)),
      [],
    );
  }
});

test('what is said never to call leaves the interpreter loop nowhere in the headers, but to free a value', () => {
  const frees =
    /^(LOAD_FAST_CHECK|LOAD_DEREF|STORE_FAST.*|POP_JUMP_IF_(NOT_)?NONE|(BINARY|COMPARE)_OP_\w+|TO_BOOL_(INT|STR))$/;
  for (const minor of withHeaders) {
    const table = tableOf(minor);
    const loud = named(table, OpcodeFlag.CanCallAny);
    const quiet = table.names().filter((name) => !loud.includes(name) && !frees.test(name));
    const { neverEscapes } = sourceOf(minor);
    assert.ok(quiet.length > 15);
    assert.deepEqual(
      quiet.filter((name) => !neverEscapes.includes(name)),
      [],
      `3.${minor}`,
    );
  }
});

test('whatever pushes a frame may run Python code', () => {
  for (const minor of minors) {
    const loud = named(tableOf(minor), OpcodeFlag.CanCallAny);
    const callers = named(tableOf(minor), OpcodeFlag.CanCall);
    assert.ok(callers.length > 0);
    assert.deepEqual(
      callers.filter((name) => !loud.includes(name)),
      [],
    );
  }
});

test('a conditional jump may ask an object for its truth up to 3.12 and not after', () => {
  for (const minor of minors) {
    const loud = named(tableOf(minor), OpcodeFlag.CanCallAny).some((name) =>
      /^POP_JUMP_(FORWARD_)?IF_TRUE$/.test(name),
    );
    assert.equal(loud, minor <= 12, `3.${minor}`);
  }
});

test('3.11 sends to generators and unpacks arguments through C', () => {
  const callers = (minor: number) => named(tableOf(minor), OpcodeFlag.CanCall);
  for (const name of ['SEND', 'CALL_FUNCTION_EX']) {
    assert.ok(!callers(11).includes(name));
    assert.ok(callers(12).includes(name));
  }
});

test('a base or instrumented instruction can call when a specialised form of it can, its other forms cannot', () => {
  const callers = named(tableOf(14), OpcodeFlag.CanCall);
  for (const name of ['FOR_ITER', 'INSTRUMENTED_FOR_ITER', 'FOR_ITER_GEN', 'LOAD_ATTR', 'BINARY_OP']) {
    assert.ok(callers.includes(name), name);
  }
  for (const name of ['FOR_ITER_LIST', 'LOAD_ATTR_SLOT', 'BINARY_OP_ADD_INT', 'CALL_LEN']) {
    assert.ok(!callers.includes(name), name);
  }
});

test('every instruction of every version has a group, and few are left over', () => {
  const leftOver = new Set(
    minors.flatMap((minor) => tableOf(minor).names()).filter((name) => family(name) === 'other'),
  );
  assert.deepEqual(
    [...leftOver].toSorted(),
    [
      'CACHE',
      'CALL_INTRINSIC_1',
      'CALL_INTRINSIC_2',
      'CONVERT_VALUE',
      'EXTENDED_ARG',
      'EXTENDED_ARG_QUICK',
      'FORMAT_SIMPLE',
      'FORMAT_VALUE',
      'FORMAT_WITH_SPEC',
      'INSTRUMENTED_INSTRUCTION',
      'INSTRUMENTED_LINE',
      'NOP',
      'PRINT_EXPR',
      'RESERVED',
      'TRACE_RECORD',
    ].toSorted(),
  );
});

test('the group of an instruction is that of what it does', () => {
  const expected = {
    BINARY_OP_ADD_INT: 'arithmetic',
    BINARY_OP_SUBSCR_LIST_INT: 'container',
    CALL_PY_EXACT_ARGS: 'call',
    COMPARE_OP_INT: 'compare',
    FOR_ITER_RANGE: 'iteration',
    INSTRUMENTED_POP_JUMP_IF_TRUE: 'jump',
    LOAD_ATTR_METHOD_WITH_VALUES: 'attribute',
    LOAD_DEREF: 'closure',
    LOAD_FAST__LOAD_FAST: 'load/store',
    CALL_FINALLY: 'exception',
    SETUP_ANNOTATIONS: 'load/store',
  };
  for (const [name, group] of Object.entries(expected)) assert.equal(family(name), group);
});
