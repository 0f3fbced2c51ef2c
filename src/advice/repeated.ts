import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import { type HotCode, instructionOffsets } from './hot-code.js';
import { isSubscript, operandsBefore } from './operands.js';

/**
 * Attributes that one line loads again from the same local variable, with nothing between that could change them: no
 * call, no store, no jump. Only of plain attributes, as which their specialised form shows them (3.11+).
 */
export function repeatedAttributes(code: HotCode): readonly Finding[] {
  return repeated(code, 'repeated-attribute', (one, index) => {
    if (!plainAttribute.test(one.name)) return undefined;
    const [owner] = operandsBefore(code, index, 1)?.operands ?? [];
    return owner?.variable ? `${owner.text}.${one.text}` : undefined;
  });
}

const plainAttribute = /^LOAD_ATTR_(INSTANCE_VALUE|SLOT|WITH_HINT)$/;

/** The same of subscripts of lists, tuples, dicts and strings (a specialised form shows them) by a variable or constant. */
export function repeatedSubscripts(code: HotCode): readonly Finding[] {
  return repeated(code, 'repeated-subscript', (one, index) => {
    if (!isSubscript(one) || !plainSubscript.test(one.name)) return undefined;
    const [container, key] = operandsBefore(code, index, 2)?.operands ?? [];
    return container?.variable && key ? `${container.text}[${key.text}]` : undefined;
  });
}

const plainSubscript = /^BINARY_(OP_)?SUBSCR_(LIST_INT|TUPLE_INT|STR_INT|USTR_INT|DICT)$/;

type NameOf = (one: ListedInstruction, index: number) => string | undefined;

function repeated(
  code: HotCode,
  kind: 'repeated-attribute' | 'repeated-subscript',
  nameOf: NameOf,
): readonly Finding[] {
  return stretches(code).flatMap((stretch) => {
    const known = new Map<string, ListedInstruction[]>();
    for (const index of stretch) {
      const one = code.instructions[index] as ListedInstruction;
      const name = nameOf(one, index);
      if (name !== undefined) known.set(name, [...(known.get(name) ?? []), one]);
    }
    return [...known].flatMap(([name, [first, ...rest]]) => {
      if (first === undefined || rest.length === 0) return [];
      return (
        code.finding(rest, {
          kind,
          what: `"${name}" is loaded ${rest.length + 1} times in one line`,
          evidence: `${first.name} of the same variable at ${instructionOffsets([first, ...rest])}, with no call, store or jump between`,
          change: 'Put it into a local variable first, and use that.',
        }) ?? []
      );
    });
  });
}

/** Runs of instructions of one line, by index, in which nothing is set and no unknown code runs. */
function stretches(code: HotCode): readonly (readonly number[])[] {
  const runs: number[][] = [];
  let line = -1;
  for (const [index, one] of code.instructions.entries()) {
    if (index === 0 || one.line !== line || !isHarmless(one) || code.isJumpedTo(one)) runs.push([]);
    line = one.line;
    if (isHarmless(one)) runs[runs.length - 1]?.push(index);
  }
  return runs;
}

/**
 * What cannot change an attribute or an item: forms for built-in types run no code of a class, but for `__hash__` of a
 * key.
 */
function isHarmless({ base, name, specialisation, target }: ListedInstruction): boolean {
  if (target >= 0) return false;
  if (base === 'LOAD_ATTR') return plainAttribute.test(name) || /^LOAD_ATTR_(MODULE|CLASS)$/.test(name);
  if (quiet.test(base)) return true;
  return ofValues.test(base) && specialisation === 'specialised' && !name.endsWith('_GETITEM');
}

const quiet =
  /^(LOAD_(FAST|CONST|SMALL_INT|COMMON_CONSTANT|DEREF|GLOBAL)|(NOP|COPY|SWAP|POP_TOP|PUSH_NULL|IS_OP|NOT_TAKEN|CACHE|EXTENDED_ARG)$|BUILD_(LIST|TUPLE)$)/;
const ofValues = /^(BINARY_OP|BINARY_SUBSCR|COMPARE_OP|TO_BOOL)$/;
