/** What an opcode can do, for whoever follows frames. Bits; native/layout.h has the same. */
export const OpcodeFlag = {
  /**
   * The interpreter loop itself can push a Python callee's frame for it, so that the callee runs right above this
   * frame without C code between them. Also set where that is so for another form of the instruction that may have
   * stood here when the callee began, or may stand here since it was read: for a base instruction, when one of its
   * specialised forms pushes frames; for the instrumented form of either. Up to 3.10 no instruction pushes a frame;
   * there these are the calls proper.
   */
  CanCall: 1,
  /** The frame is leaving: it returns, yields, or gives its generator back. */
  Returns: 2,
  /** EXTENDED_ARG: belongs to the instruction after it. */
  Prefix: 4,
  /** Stands for an instruction of which a JIT executor has taken the place. */
  EnterExecutor: 8,
  /** Stands for another instruction, see `_co_monitoring` of its code object. */
  InstrumentedLine: 16,
  /** Stands for another instruction, see `_co_monitoring` of its code object. */
  InstrumentedInstruction: 32,
  /**
   * May run Python code at all, through C or not: a special method, a signal handler, a finalizer in a collection.
   * Not set for what can do so only by dropping the last reference to an overwritten local variable.
   */
  CanCallAny: 64,
  /**
   * A Python callee's function object stays in the caller's value stack, at its saved stack pointer or one of the two
   * words above, until the callee returns; a frame there that has another function is not its callee.
   */
  FunctionOnStack: 128,
  /** What the interpreter loop pushes for it is always a generator's or coroutine's frame, never a function's. */
  ResumesGenerator: 256,
} as const;

/** Flags by opcode, given the 256 names and the opcodes that each is specialised or instrumented from. */
export function opcodeFlags(names: readonly string[], bases: Uint8Array): Uint16Array {
  const traits = traitsOf(names);
  const pushing = new Set(names.filter((name) => pushesFrame(name, traits)));
  const families = new Set(names.flatMap((name, opcode) => (pushing.has(name) ? [bases[opcode]] : [])));
  const flags = names.map((name, opcode) => {
    const base = names[bases[opcode] ?? opcode] ?? name;
    const isPlain = name === base || name.startsWith('INSTRUMENTED_');
    return (
      (pushing.has(name) || (isPlain && families.has(bases[opcode])) ? OpcodeFlag.CanCall : 0) |
      (returning.has(base) ? OpcodeFlag.Returns : 0) |
      (base === 'EXTENDED_ARG' ? OpcodeFlag.Prefix : 0) |
      (standIns[name] ?? 0) |
      (neverCalls(name, traits) ? 0 : OpcodeFlag.CanCallAny) |
      (leavesFunctionOnStack(name, traits) ? OpcodeFlag.FunctionOnStack : 0) |
      (/^(SEND|FOR_ITER|INSTRUMENTED_FOR_ITER)/.test(name) ? OpcodeFlag.ResumesGenerator : 0)
    );
  });
  return Uint16Array.from(flags);
}

/** What of a version decides, each told by an instruction that came with it. */
interface Traits {
  /** 3.11+ */
  readonly inlinesCalls: boolean;
  /** 3.12+ */
  readonly inlinesGenerators: boolean;
  /** 3.13+ */
  readonly inlinesInit: boolean;
  /** 3.13+ */
  readonly hasToBool: boolean;
  /** 3.14+ */
  readonly inlinesKeywordCalls: boolean;
}

function traitsOf(names: readonly string[]): Traits {
  return {
    inlinesCalls: names.includes('CACHE'),
    inlinesGenerators: names.includes('SEND_GEN'),
    inlinesInit: names.includes('CALL_ALLOC_AND_ENTER_INIT'),
    hasToBool: names.includes('TO_BOOL'),
    inlinesKeywordCalls: names.includes('CALL_KW_PY'),
  };
}

const standIns: Readonly<Record<string, number>> = {
  ENTER_EXECUTOR: OpcodeFlag.EnterExecutor,
  INSTRUMENTED_LINE: OpcodeFlag.InstrumentedLine,
  INSTRUMENTED_INSTRUCTION: OpcodeFlag.InstrumentedInstruction,
};

const returning: ReadonlySet<string> = new Set([
  'RETURN_VALUE',
  'RETURN_CONST',
  'RETURN_GENERATOR',
  'YIELD_VALUE',
  'INTERPRETER_EXIT',
]);

/**
 * Instructions that push a frame, under the names of all versions: Python/ceval.c of 3.11, Python/bytecodes.c of
 * 3.12 and later. From 3.13 on the headers list most of them (`pushesFrame` in the tables), which a test compares.
 */
const framePushers: ReadonlySet<string> = new Set([
  // Up to 3.10: calls, through C.
  'CALL_FUNCTION',
  'CALL_FUNCTION_KW',
  'CALL_METHOD',
  // 3.11+. CALL_ADAPTIVE falls through to CALL.
  'CALL',
  'CALL_ADAPTIVE',
  'CALL_PY_EXACT_ARGS',
  'CALL_PY_WITH_DEFAULTS',
  'BINARY_SUBSCR_GETITEM',
  // 3.12+
  'CALL_BOUND_METHOD_EXACT_ARGS',
  'FOR_ITER_GEN',
  'LOAD_ATTR_PROPERTY',
  'LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN',
  'SEND_GEN',
  // 3.13+
  'CALL_ALLOC_AND_ENTER_INIT',
  'CALL_BOUND_METHOD_GENERAL',
  'CALL_KW',
  'CALL_PY_GENERAL',
  // 3.14+
  'BINARY_OP_SUBSCR_GETITEM',
  'CALL_KW_BOUND_METHOD',
  'CALL_KW_PY',
  // 3.15
  'CALL_EX_PY',
  // Of frames that the interpreter puts between caller and callee: the one below `__init__` (3.13+) and the one
  // below the first frame of each interpreter loop (3.12+) wait here.
  'EXIT_INIT_CHECK',
  'INTERPRETER_EXIT',
]);

function pushesFrame(name: string, traits: Traits): boolean {
  // On 3.11 these two go through C.
  if (name === 'SEND' || name === 'CALL_FUNCTION_EX') return traits.inlinesGenerators || !traits.inlinesCalls;
  return framePushers.has(name);
}

/**
 * Measured on 3.11.7, 3.12.1, 3.13.0, 3.14.10 and 3.15.2 (test/integration/inlining.test.ts). A plain CALL is left
 * out from 3.13 on, since it may have become CALL_ALLOC_AND_ENTER_INIT: the frame that this puts below `__init__` has
 * no function.
 */
function leavesFunctionOnStack(name: string, traits: Traits): boolean {
  if (!traits.inlinesCalls) return false;
  if (/^(INSTRUMENTED_)?CALL(_ADAPTIVE)?$/.test(name)) return !traits.inlinesInit;
  if (name === 'CALL_BOUND_METHOD_GENERAL') return traits.inlinesKeywordCalls;
  if (/^(INSTRUMENTED_)?CALL_FUNCTION_EX$/.test(name)) return traits.inlinesGenerators;
  return /^(CALL_PY_|CALL_BOUND_METHOD_EXACT_ARGS$|(INSTRUMENTED_)?CALL_KW|CALL_EX_PY$)/.test(name);
}

/**
 * Surely calls nothing. From 3.13 on HAS_ESCAPES_FLAG in CPython's pycore_opcode_metadata.h bounds this from above,
 * but for what only frees a value. Up to 3.10 signal handlers run after any instruction but these.
 */
const alwaysQuiet =
  /^(LOAD_FAST|STORE_FAST|LOAD_CONST$|LOAD_CONST_|LOAD_SMALL_INT|LOAD_COMMON_CONSTANT|(NOP|NOT_TAKEN|CACHE|EXTENDED_ARG(_QUICK)?|PUSH_NULL|COPY|SWAP|JUMP_FORWARD)$|ROT_|DUP_TOP)/;

/** From 3.11 on, where signal handlers run only at calls, backward jumps and RESUME. */
const quietSinceInlining =
  /^(LOAD_CLOSURE|LOAD_DEREF|LOAD_GLOBAL_(BUILTIN|MODULE)|COPY_FREE_VARS|KW_NAMES|PUSH_EXC_INFO|JUMP_BACKWARD_NO_INTERRUPT|POP_JUMP_(FORWARD_|BACKWARD_)?IF_(NOT_)?NONE|MATCH_MAPPING|MATCH_SEQUENCE|BINARY_OP_(ADD|SUBTRACT|MULTIPLY)_(INT|FLOAT)|COMPARE_OP_(INT|FLOAT|STR)(_JUMP)?|FOR_ITER_RANGE|TO_BOOL_(BOOL|INT|NONE|STR))$/;

/** Up to 3.12 these ask any object for its truth, which is a method of its class; then TO_BOOL does. */
const quietSinceToBool = /^(POP_JUMP_IF_(TRUE|FALSE)|UNARY_NOT)$/;

function neverCalls(name: string, traits: Traits): boolean {
  return (
    alwaysQuiet.test(name) ||
    (traits.inlinesCalls && quietSinceInlining.test(name)) ||
    (traits.hasToBool && quietSinceToBool.test(name))
  );
}
