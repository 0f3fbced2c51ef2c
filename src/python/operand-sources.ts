import type { Instruction } from './disassemble.js';
import type { InstructionNames } from './instruction-text.js';
import type { OpcodeTable } from './opcodes.js';

/** Where a value on the stack comes from, as the instructions before it show. Slots are places in the frame (3.11+). */
export type Source =
  | { readonly kind: 'local' | 'cell'; readonly slot: number }
  /** Index into co_names. */
  | { readonly kind: 'global'; readonly name: number }
  | { readonly kind: 'attribute'; readonly of: Source; readonly name: number }
  | { readonly kind: 'constant'; readonly constant: number }
  /** As the program writes it. */
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'null' | 'unknown' };

/** What an instruction with forms for values works on: the operands whose types decide which form fits (3.11+). */
export class OperandSources {
  readonly #table: OpcodeTable;
  readonly #instructions: readonly Instruction[];
  readonly #targets: ReadonlySet<number>;

  constructor(table: OpcodeTable, instructions: readonly Instruction[]) {
    this.#table = table;
    this.#instructions = instructions;
    this.#targets = new Set(instructions.flatMap(({ target }) => target ?? []));
  }

  /** In the order of the stack; nothing where none of them is known, or the instruction is of another kind. */
  of(index: number): readonly Source[] | undefined {
    const one = this.#instructions[index];
    const base = this.#baseName(index);
    if (one === undefined || this.#isTarget(index)) return undefined;
    if (base === 'CALL') return this.#callable(index, one.arg ?? 0);
    const count = operandCount[base];
    const found = count === undefined ? undefined : this.#before(index, count);
    return found?.some(isVariable) ? found : undefined;
  }

  /**
   * Offsets at which a frame holds the operands that `of` says: those of instructions around it that run together with
   * it, in one go, and between which nothing sets what they come from.
   */
  stretch(index: number, sources: readonly Source[]): ReadonlySet<number> {
    const isSet = settersOf(sources);
    const offsets = new Set<number>([this.#instructions[index]?.offset ?? 0]);
    for (let at = index; at > 0 && !this.#isTarget(at); at--) {
      const before = this.#instructions[at - 1] as Instruction;
      if (before.target !== undefined || leaves.test(this.#baseName(at - 1)) || this.#sets(at - 1, isSet))
        break;
      offsets.add(before.offset);
    }
    for (let at = index + 1; at < this.#instructions.length && !this.#isTarget(at); at++) {
      const after = this.#instructions[at] as Instruction;
      if (this.#sets(at, isSet) || leaves.test(this.#baseName(at - 1))) break;
      offsets.add(after.offset);
    }
    return offsets;
  }

  #callable(index: number, given: number): readonly Source[] | undefined {
    const [first, second] = this.#before(index, given + 2) ?? [];
    // A NULL where a method has its object; which of the two comes first changed in 3.13.
    const callable = first?.kind === 'null' ? second : second?.kind === 'null' ? first : undefined;
    return callable !== undefined && isVariable(callable) ? [callable] : undefined;
  }

  /** The topmost `count` values when the instruction at `index` begins, the topmost last. */
  #before(index: number, count: number): readonly Source[] | undefined {
    if (count === 0) return [];
    if (index === 0 || this.#isTarget(index)) return undefined;
    const at = index - 1;
    const one = this.#instructions[at] as Instruction;
    const base = this.#baseName(at);
    const arg = one.arg ?? 0;
    // Where it goes on with the next one, a jump has taken what it tests.
    if ((one.target !== undefined && !tests.test(base)) || leaves.test(base)) return undefined;
    if (base === 'COPY' || base === 'SWAP') return this.#moved(at, base, arg, count);
    if (base === 'LOAD_ATTR' && !this.#isMethod(arg)) {
      const below = this.#before(at, count);
      const of = below?.at(-1);
      const name = this.#table.version.minor >= 12 ? arg >> 1 : arg;
      return (
        below && of && [...below.slice(0, -1), isVariable(of) ? { kind: 'attribute', of, name } : unknown]
      );
    }
    const pushed = this.#pushed(base, arg);
    const popped = poppedBy(base, arg);
    if (pushed === undefined || popped === undefined) return undefined;
    if (pushed.length >= count) return pushed.slice(pushed.length - count);
    const below = this.#before(at, count - pushed.length + popped)?.slice(0, -popped || undefined);
    const kept = below?.map((source) => (isChanged(source, base, arg) ? unknown : source));
    return kept && [...kept, ...pushed];
  }

  #moved(at: number, base: string, depth: number, count: number): readonly Source[] | undefined {
    const copies = base === 'COPY';
    const below = this.#before(at, Math.max(depth, copies ? count - 1 : count));
    if (below === undefined) return undefined;
    const other = below[below.length - depth] ?? unknown;
    if (copies) return [...below, other].slice(-count);
    const swapped = below.slice();
    swapped[below.length - depth] = below.at(-1) ?? unknown;
    swapped[below.length - 1] = other;
    return swapped.slice(-count);
  }

  #pushed(base: string, arg: number): readonly Source[] | undefined {
    if (/^LOAD_FAST(_BORROW|_CHECK)?$/.test(base)) return [{ kind: 'local', slot: arg }];
    if (/^LOAD_FAST_(BORROW_)?LOAD_FAST(_BORROW)?$/.test(base)) {
      return [
        { kind: 'local', slot: arg >> 4 },
        { kind: 'local', slot: arg & 15 },
      ];
    }
    if (base === 'STORE_FAST_LOAD_FAST') return [{ kind: 'local', slot: arg & 15 }];
    if (base === 'LOAD_DEREF') return [{ kind: 'cell', slot: arg }];
    if (base === 'LOAD_CONST') return [{ kind: 'constant', constant: arg }];
    if (base === 'LOAD_SMALL_INT') return [{ kind: 'literal', text: String(arg) }];
    if (base === 'LOAD_COMMON_CONSTANT') {
      return [{ kind: 'literal', text: this.#table.argumentNames.commonConstants[arg] ?? '' }];
    }
    if (base === 'PUSH_NULL') return [{ kind: 'null' }];
    if (base === 'LOAD_GLOBAL') return this.#global(arg);
    if (base === 'LOAD_METHOD' || base === 'LOAD_ATTR') return [unknown, unknown];
    if (tests.test(base) || /^(NOP|NOT_TAKEN|PRECALL|KW_NAMES|EXTENDED_ARG)$/.test(base)) return [];
    return poppedBy(base, arg) === undefined ? undefined : [unknown];
  }

  #global(arg: number): readonly Source[] {
    const found: Source = { kind: 'global', name: arg >> 1 };
    if ((arg & 1) === 0) return [found];
    const empty: Source = { kind: 'null' };
    return this.#table.version.minor >= 13 ? [found, empty] : [empty, found];
  }

  #isMethod(arg: number): boolean {
    return this.#table.version.minor >= 12 && (arg & 1) === 1;
  }

  #sets(index: number, isSet: IsSet): boolean {
    return isSet(this.#baseName(index), this.#instructions[index]?.arg ?? 0);
  }

  #isTarget(index: number): boolean {
    return this.#targets.has(this.#instructions[index]?.start ?? -1);
  }

  #baseName(index: number): string {
    return this.#table.baseName(this.#instructions[index]?.opcode ?? 0);
  }
}

/** As the program names it; '' where it has no name there. */
export function sourceText(source: Source, names: InstructionNames | undefined): string {
  switch (source.kind) {
    case 'local':
    case 'cell':
      return names?.variables[source.slot] ?? '';
    case 'global':
      return names?.names[source.name] ?? '';
    case 'attribute': {
      const [of, name] = [sourceText(source.of, names), names?.names[source.name]];
      return of === '' || name === undefined ? '' : `${of}.${name}`;
    }
    case 'constant':
      return names?.constants[source.constant] ?? '';
    case 'literal':
      return source.text;
    default:
      return '';
  }
}

/** Whether a frame, or what it leads to, holds it. */
export function isVariable({ kind }: Source): boolean {
  return kind === 'local' || kind === 'cell' || kind === 'global' || kind === 'attribute';
}

/** Families whose form depends on types: how many of the topmost values do. */
const operandCount: Readonly<Record<string, number>> = {
  LOAD_ATTR: 1,
  LOAD_METHOD: 1,
  STORE_ATTR: 1,
  BINARY_OP: 2,
  COMPARE_OP: 2,
  BINARY_SUBSCR: 2,
  STORE_SUBSCR: 2,
  CONTAINS_OP: 2,
  UNPACK_SEQUENCE: 1,
  TO_BOOL: 1,
};

const unknown: Source = { kind: 'unknown' };

/** Jumps that take a value off the stack, whether they jump or not. */
const tests = /^POP_JUMP_(FORWARD_|BACKWARD_)?IF_/;

/** What a call does to attributes and globals that were loaded before it is not known; a store sets a variable. */
function isChanged(source: Source, base: string, arg: number): boolean {
  if (base === 'STORE_FAST_LOAD_FAST') return slotsOf(source).includes(arg >> 4);
  return base === 'CALL' && isHeld(source);
}

/** Not by the frame itself. */
function isHeld({ kind }: Source): boolean {
  return kind === 'attribute' || kind === 'global' || kind === 'cell';
}

/** What never goes on with the next instruction. */
const leaves = /^(RETURN_|RAISE_VARARGS|RERAISE|JUMP_|INTERPRETER_EXIT)/;

/** How many values an instruction takes off the stack; undefined where that is not known here. */
function poppedBy(base: string, arg: number): number | undefined {
  switch (base) {
    case 'BINARY_OP':
    case 'BINARY_SUBSCR':
    case 'COMPARE_OP':
    case 'CONTAINS_OP':
    case 'IS_OP':
      return 2;
    case 'BINARY_SLICE':
      return 3;
    case 'UNARY_NEGATIVE':
    case 'UNARY_NOT':
    case 'UNARY_INVERT':
    case 'TO_BOOL':
    case 'LOAD_METHOD':
    case 'LOAD_ATTR':
    case 'STORE_FAST_LOAD_FAST':
      return 1;
    case 'BUILD_TUPLE':
    case 'BUILD_LIST':
      return arg;
    case 'CALL':
      return arg + 2;
    default:
      if (tests.test(base)) return 1;
      return /^(LOAD_(FAST|DEREF|CONST|SMALL_INT|COMMON_CONSTANT|GLOBAL)|PUSH_NULL$|NOP$|NOT_TAKEN$|PRECALL$|KW_NAMES$)/.test(
        base,
      )
        ? 0
        : undefined;
  }
}

type IsSet = (base: string, arg: number) => boolean;

/** What can change what they come from: a store to a slot; of attributes and globals also any call or store of one. */
function settersOf(sources: readonly Source[]): IsSet {
  const slots = new Set(sources.flatMap(slotsOf));
  const held = sources.some(isHeld);
  return (base, arg) => {
    if (base === 'STORE_FAST_LOAD_FAST') return slots.has(arg >> 4);
    if (base === 'STORE_FAST_STORE_FAST') return slots.has(arg >> 4) || slots.has(arg & 15);
    if (/^(STORE_FAST|DELETE_FAST|LOAD_FAST_AND_CLEAR|STORE_DEREF|DELETE_DEREF)/.test(base))
      return slots.has(arg);
    return held && /^(STORE_(ATTR|GLOBAL)|CALL|DELETE_|YIELD_|SEND)/.test(base);
  };
}

/** Places in the frame that it comes from. */
export function slotsOf(source: Source): readonly number[] {
  if (source.kind === 'local' || source.kind === 'cell') return [source.slot];
  return source.kind === 'attribute' ? slotsOf(source.of) : [];
}
