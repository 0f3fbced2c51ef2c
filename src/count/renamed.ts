import type { OpcodeTable } from '../python/opcodes.js';

/**
 * What stands in this version for an instruction of other versions (the "What's New" of each version, section "CPython
 * bytecode changes"); undefined where nothing is known.
 */
export function formerNames(table: OpcodeTable, name: string): string | undefined {
  const found = renamings.filter(({ names }) => names.test(name));
  for (const { now } of found) {
    const there = now.filter((one) => table.opcodeByName(one) !== undefined);
    if (there.length > 0) return `There it is ${there.join(', ')}: -i ${there.join(' -i ')}`;
  }
  return undefined;
}

/** Other instructions that do a part of what this one does: two in one, and forms that the compiler prefers. */
export function formsBeside(names: readonly string[], name: string): readonly string[] {
  const known = new Set(names);
  const ofTwo = names.filter(
    (one) =>
      (one.startsWith(`${name}_`) && known.has(one.slice(name.length + 1))) ||
      (one.endsWith(`_${name}`) && known.has(one.slice(0, -name.length - 1))),
  );
  const preferred = (preferences[name] ?? []).filter((one) => known.has(one));
  return [...new Set([...ofTwo, ...preferred])];
}

const preferences: Readonly<Record<string, readonly string[]>> = {
  LOAD_FAST: [
    'LOAD_FAST_BORROW',
    'LOAD_FAST_BORROW_LOAD_FAST_BORROW',
    'LOAD_FAST_CHECK',
    'LOAD_FAST_AND_CLEAR',
  ],
  LOAD_CONST: ['LOAD_SMALL_INT', 'RETURN_CONST', 'LOAD_COMMON_CONSTANT'],
  RETURN_VALUE: ['RETURN_CONST'],
  STORE_FAST: ['STORE_FAST_MAYBE_NULL'],
  CALL: ['CALL_KW', 'CALL_FUNCTION_EX'],
  BUILD_MAP: ['BUILD_CONST_KEY_MAP'],
  POP_TOP: ['POP_ITER'],
};

interface Renaming {
  readonly names: RegExp;
  /** Those that some version has in its place; the first set of which this one has any is shown. */
  readonly now: readonly string[];
}

const renamings: readonly Renaming[] = [
  { names: /^(BINARY|INPLACE)_SUBSCR$/, now: ['BINARY_OP'] },
  {
    names:
      /^(BINARY|INPLACE)_(ADD|SUBTRACT|MULTIPLY|MATRIX_MULTIPLY|TRUE_DIVIDE|FLOOR_DIVIDE|MODULO|POWER|LSHIFT|RSHIFT|AND|XOR|OR)$/,
    now: ['BINARY_OP'],
  },
  { names: /^BINARY_OP$/, now: ['BINARY_ADD', 'BINARY_SUBTRACT', 'BINARY_MULTIPLY', 'INPLACE_ADD'] },
  { names: /^CALL_FUNCTION_KW$/, now: ['CALL_KW'] },
  { names: /^(CALL_FUNCTION|CALL_METHOD|CALL_FUNCTION_KW|PRECALL)$/, now: ['CALL'] },
  { names: /^(CALL|CALL_KW|PRECALL)$/, now: ['CALL', 'CALL_FUNCTION', 'CALL_METHOD', 'CALL_FUNCTION_KW'] },
  { names: /^LOAD_METHOD$/, now: ['LOAD_ATTR'] },
  { names: /^LOAD_CLOSURE$/, now: ['LOAD_FAST'] },
  { names: /^MAKE_CLOSURE$/, now: ['MAKE_FUNCTION'] },
  { names: /^LOAD_CLASSDEREF$/, now: ['LOAD_FROM_DICT_OR_DEREF'] },
  { names: /^LOAD_FROM_DICT_OR_DEREF$/, now: ['LOAD_CLASSDEREF'] },
  { names: /^RETURN_CONST$/, now: ['RETURN_VALUE'] },
  { names: /^LOAD_SMALL_INT$/, now: ['LOAD_CONST'] },
  {
    names: /^LOAD_FAST_BORROW$|^LOAD_FAST_(BORROW_)?LOAD_FAST(_BORROW)?$|^LOAD_FAST_CHECK$/,
    now: ['LOAD_FAST'],
  },
  { names: /^STORE_FAST_(LOAD|STORE)_FAST$/, now: ['STORE_FAST'] },
  { names: /^JUMP_ABSOLUTE$/, now: ['JUMP_BACKWARD', 'JUMP_FORWARD'] },
  { names: /^JUMP_BACKWARD$/, now: ['JUMP_ABSOLUTE'] },
  {
    names: /^POP_JUMP_(IF_TRUE|FORWARD_IF_TRUE|BACKWARD_IF_TRUE)$/,
    now: ['POP_JUMP_IF_TRUE', 'POP_JUMP_FORWARD_IF_TRUE', 'POP_JUMP_BACKWARD_IF_TRUE'],
  },
  {
    names: /^POP_JUMP_(IF_FALSE|FORWARD_IF_FALSE|BACKWARD_IF_FALSE)$/,
    now: ['POP_JUMP_IF_FALSE', 'POP_JUMP_FORWARD_IF_FALSE', 'POP_JUMP_BACKWARD_IF_FALSE'],
  },
  { names: /^COMPARE_OP$|^IS_OP$|^CONTAINS_OP$/, now: ['COMPARE_OP'] },
  { names: /^BUILD_CONST_KEY_MAP$/, now: ['BUILD_MAP'] },
  { names: /^LIST_TO_TUPLE$/, now: ['CALL_INTRINSIC_1'] },
  { names: /^(DUP_TOP|DUP_TOP_TWO)$/, now: ['COPY'] },
  { names: /^ROT_(TWO|THREE|FOUR|N)$/, now: ['SWAP'] },
  { names: /^COPY$/, now: ['DUP_TOP', 'DUP_TOP_TWO'] },
  { names: /^SWAP$/, now: ['ROT_TWO', 'ROT_THREE'] },
  { names: /^(YIELD_FROM|GET_AWAITABLE)$/, now: ['SEND'] },
  { names: /^(SETUP_WITH|BEFORE_WITH)$/, now: ['BEFORE_WITH', 'LOAD_SPECIAL', 'SETUP_WITH'] },
  { names: /^PRINT_EXPR$|^ASYNC_GEN_WRAP$|^IMPORT_STAR$/, now: ['CALL_INTRINSIC_1'] },
];
