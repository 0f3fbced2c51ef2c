import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import type { HotCode } from './hot-code.js';
import { isSubscript, type Operand, operandsBefore, operandsOf, variablesSet } from './operands.js';

/**
 * Lists, dicts, sets and tuples that a hot loop builds anew in each round although they are the same each time, or
 * are only searched: nothing but reading is done with them, so nobody can tell one from another.
 */
export function containersInLoops(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one, index) => {
    const loop = code.loopAround(one);
    const built = loop && builtAt(code, index);
    if (loop === undefined || built === undefined) return [];
    const use = useOf(code, built);
    if (use === undefined) return [];
    const isSame = built.operands.every((operand) => isSetBefore(code, operand, loop.start));
    const { type } = built;
    // A tuple in its place has the same values in it, but gives them in another order, and equal ones twice.
    if (!isSame && (type !== 'set' || use.what !== 'only searched')) return [];
    const same = built.operands.some(({ variable }) => variable)
      ? 'of variables that the loop does not set'
      : 'of constants';
    return (
      code.finding([...built.at, ...use.at], {
        at: one,
        kind: 'container-in-loop',
        what: `a ${type} is built anew in each round of a loop, and ${use.what}`,
        evidence: `${one.base} ${isSame ? `${same} ` : ''}at ${one.offset} lies between a jump back and where it leads to; ${use.evidence}`,
        change: isSame
          ? `Build it once, before the loop.`
          : `Write the values in parentheses, as a tuple: it needs no hashes.`,
      }) ?? []
    );
  });
}

interface Built {
  readonly type: 'list' | 'dict' | 'set' | 'tuple';
  readonly operands: readonly Operand[];
  readonly at: readonly ListedInstruction[];
  /** Index of what follows. */
  readonly next: number;
}

/** The container that an instruction builds of variables and constants. */
function builtAt(code: HotCode, index: number): Built | undefined {
  const one = code.instructions[index] as ListedInstruction;
  const type = types[one.base];
  if (type === undefined) return undefined;
  if (one.arg === 0) return builtOfConstant(code, index, type);
  const count = { BUILD_MAP: 2 * one.arg, BUILD_CONST_KEY_MAP: one.arg + 1 }[one.base] ?? one.arg;
  const before = operandsBefore(code, index, count);
  return before && { type, operands: before.operands, at: [one, ...before.loads], next: index + 1 };
}

const types: Readonly<Record<string, Built['type']>> = {
  BUILD_LIST: 'list',
  BUILD_MAP: 'dict',
  BUILD_CONST_KEY_MAP: 'dict',
  BUILD_SET: 'set',
  BUILD_TUPLE: 'tuple',
};

/** From three constants on the compiler makes one of them: an empty container takes it in. */
function builtOfConstant(code: HotCode, index: number, type: Built['type']): Built | undefined {
  const [build, load, extend] = code.instructions.slice(index, index + 3);
  if (build === undefined || load === undefined || extend === undefined) return undefined;
  if (load.base !== 'LOAD_CONST' || !/^(LIST_EXTEND|SET_UPDATE)$/.test(extend.base)) return undefined;
  if (code.isJumpedTo(load) || code.isJumpedTo(extend)) return undefined;
  return { type, operands: operandsOf(load) ?? [], at: [build, load, extend], next: index + 3 };
}

interface Use {
  readonly what: string;
  readonly evidence: string;
  /** What goes with it: what stores it, or frees it when it has used it. */
  readonly at: readonly ListedInstruction[];
}

/** How a container is used that is only read; undefined where more could be done with it. */
function useOf(code: HotCode, { next }: Built): Use | undefined {
  const { instructions } = code;
  const use = instructions[next];
  if (use === undefined || code.isJumpedTo(use)) return undefined;
  if (isSearch(use)) {
    return { what: 'only searched', evidence: `${use.base} takes it at once`, at: [use] };
  }
  const reader = takenBy(code, next, 0);
  if (reader !== undefined)
    return { what: 'only read', evidence: `${reader.base} takes it at once`, at: [reader] };
  const [name] = variablesSet(use);
  if (name === undefined || !/^STORE_FAST(_LOAD_FAST)?$/.test(use.base)) return undefined;
  if (instructions.filter((one) => variablesSet(one).includes(name)).length !== 1) return undefined;
  const loads = instructions.flatMap((one, index) =>
    one.base.includes('_FAST') && one.text.split(', ').includes(name) ? [index] : [],
  );
  const isOnlyRead = loads.every((index) =>
    index === next ? !loadsToo(use, name) : isRead(code, index, name),
  );
  if (!isOnlyRead || loads.some((index) => index < next)) return undefined;
  return {
    what: 'only read',
    evidence: `every use of "${name}" is a subscript, a search or a loop over it`,
    at: [use],
  };
}

function loadsToo({ base, text }: ListedInstruction, name: string): boolean {
  return base === 'STORE_FAST_LOAD_FAST' && text.split(', ')[1] === name;
}

/** Whether what a load brings is only looked into by what takes it. */
export function isRead(code: HotCode, index: number, name: string): boolean {
  const load = code.instructions[index] as ListedInstruction;
  const pushed = operandsOf(load) ?? (load.base === 'STORE_FAST_LOAD_FAST' ? [{ text: name }] : undefined);
  if (pushed === undefined || pushed.filter(({ text }) => text === name).length !== 1) return false;
  const above = pushed.length - 1 - pushed.findIndex(({ text }) => text === name);
  return takenBy(code, index + 1, above) !== undefined;
}

/** What looks into a container that has `above` values on the stack above it; undefined where that is not sure. */
function takenBy(code: HotCode, index: number, above: number): ListedInstruction | undefined {
  let depth = above;
  for (const one of code.instructions.slice(index)) {
    if (code.isJumpedTo(one)) return undefined;
    const more = operandsOf(one)?.length;
    if (more !== undefined) {
      depth += more;
    } else if (takesTwo.test(one.base) && depth >= 2) {
      depth--;
    } else if (!/^(NOP|UNARY_\w+)$/.test(one.base) || depth === 0) {
      const looks = depth === 0 ? isSearch(one) || one.base === 'GET_ITER' : depth === 1 && isSubscript(one);
      return looks ? one : undefined;
    }
  }
  return undefined;
}

/** One of two values, whichever they are (to 3.10 operators have instructions of their own). */
const takesTwo = /^(BINARY_(?!SLICE)\w+|COMPARE_OP)$/;

/** `in`: to 3.8 a comparison. */
function isSearch({ base, text }: ListedInstruction): boolean {
  return base === 'CONTAINS_OP' || (base === 'COMPARE_OP' && /^(not )?in$/.test(text));
}

/** Whether it has its value before the loop, and keeps it: nothing sets it from there on. */
function isSetBefore({ instructions }: HotCode, { variable, text }: Operand, start: number): boolean {
  return !variable || !instructions.some((one) => one.offset >= start && variablesSet(one).includes(text));
}
