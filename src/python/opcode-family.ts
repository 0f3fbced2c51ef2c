/** Short groups for displays. */
export type OpcodeFamily =
  | 'load/store'
  | 'attribute'
  | 'call'
  | 'arithmetic'
  | 'compare'
  | 'container'
  | 'iteration'
  | 'jump'
  | 'closure'
  | 'import'
  | 'exception'
  | 'async'
  | 'other';

/** The group of an instruction, specialised or not, of any version; by name, as a profile keeps names. */
export function family(name: string): OpcodeFamily {
  const plain = name.replace(/^INSTRUMENTED_/, '');
  return families.find(([, pattern]) => pattern.test(plain))?.[0] ?? 'other';
}

/** The first that matches counts. */
const families: readonly (readonly [OpcodeFamily, RegExp])[] = [
  [
    'async',
    /^(GET_AWAITABLE|GET_AITER|GET_ANEXT|END_ASYNC_FOR|BEFORE_ASYNC_WITH|SETUP_ASYNC_WITH|ASYNC_GEN_WRAP|CLEANUP_THROW)$/,
  ],
  ['import', /^IMPORT_/],
  [
    'closure',
    /(DEREF|CLASSDEREF|LOAD_CLOSURE|MAKE_CELL|COPY_FREE_VARS|MAKE_FUNCTION|SET_FUNCTION_ATTRIBUTE)$/,
  ],
  ['attribute', /^(LOAD|STORE|DELETE)_ATTR|^LOAD_SUPER_ATTR|^LOAD_METHOD|^LOAD_SPECIAL$/],
  [
    'call',
    /^(PRE)?CALL(?!_INTRINSIC|_FINALLY)|^KW_NAMES$|^RETURN_|^RESUME|^INTERPRETER_EXIT$|^EXIT_INIT_CHECK$|^LOAD_BUILD_CLASS$/,
  ],
  ['iteration', /^(FOR_ITER|GET_ITER|GET_YIELD_FROM_ITER|YIELD_|SEND|END_FOR|END_SEND|POP_ITER|GEN_START)/],
  ['compare', /^(COMPARE_OP|IS_OP|CONTAINS_OP|TO_BOOL|UNARY_NOT$)/],
  [
    'container',
    /^(BUILD_|UNPACK_|LIST_|SET_(ADD|UPDATE)|DICT_|MAP_ADD|STORE_MAP|GET_LEN|MATCH_|COPY_DICT_|BINARY_SUBSCR|BINARY_OP_SUBSCR|BINARY_SLICE|STORE_SUBSCR|DELETE_SUBSCR|STORE_SLICE)/,
  ],
  ['arithmetic', /^(BINARY_|INPLACE_|UNARY_)/],
  ['jump', /^(JUMP_|POP_JUMP_|CONTINUE_LOOP|BREAK_LOOP|SETUP_LOOP|NOT_TAKEN|ENTER_EXECUTOR)/],
  [
    'exception',
    /^(RAISE_VARARGS|RERAISE|PUSH_EXC_INFO|POP_EXCEPT|CHECK_E|PREP_RERAISE_STAR|SETUP_(?!ANNOTATIONS)|POP_BLOCK|POP_FINALLY|BEGIN_FINALLY|CALL_FINALLY|END_FINALLY|WITH_|BEFORE_WITH|LOAD_ASSERTION_ERROR)/,
  ],
  ['load/store', /^(LOAD_|STORE_|DELETE_|POP_TOP|PUSH_NULL|COPY$|SWAP$|DUP_|ROT_|SETUP_ANNOTATIONS$)/],
];
