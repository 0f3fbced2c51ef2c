import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import type { HotCode } from './hot-code.js';

/**
 * Attributes that one line loads again from the same local variable, with nothing between that could change them: no
 * call, no store, no jump. Only of plain attributes, as which their specialised form shows them (3.11+).
 */
export function repeatedAttributes(code: HotCode): readonly Finding[] {
  const known = new Map<string, ListedInstruction[]>();
  const again: ListedInstruction[][] = [];
  let line = -1;
  for (const [index, one] of code.instructions.entries()) {
    if (one.line !== line || changes(one) || code.isJumpedTo(one)) {
      again.push(...known.values());
      known.clear();
    }
    line = one.line;
    const before = code.instructions[index - 1];
    const name = before && variableOf(before);
    if (name === undefined || !plain.test(one.name)) continue;
    const key = `${name}.${one.text}`;
    known.set(key, [...(known.get(key) ?? []), one]);
  }
  again.push(...known.values());
  return again.flatMap((loads) => {
    const [first, ...rest] = loads;
    if (first === undefined || rest.length === 0) return [];
    const owner = variableOf(code.instructions[code.instructions.indexOf(first) - 1] ?? first);
    const name = `${owner}.${first.text}`;
    return (
      code.finding(rest, {
        kind: 'repeated-attribute',
        what: `"${name}" is loaded ${loads.length} times in one line`,
        evidence: `${first.name} of the same variable at ${loads.map(({ offset }) => offset).join(', ')}, with no call, store or jump between`,
        change: `Put it into a local variable first, and use that.`,
      }) ?? []
    );
  });
}

const plain = /^LOAD_ATTR_(INSTANCE_VALUE|SLOT|WITH_HINT)$/;

/** The local variable that an instruction puts on top of the stack. */
function variableOf({ base, text }: ListedInstruction): string | undefined {
  if (/^LOAD_FAST(_BORROW|_CHECK)?$/.test(base)) return text;
  if (/^(LOAD_FAST_LOAD_FAST|LOAD_FAST_BORROW_LOAD_FAST_BORROW|STORE_FAST_LOAD_FAST)$/.test(base)) {
    return text.split(', ')[1];
  }
  return undefined;
}

/** What runs unknown code, or sets something. */
function changes({ base, specialisation, target }: ListedInstruction): boolean {
  if (/^(CALL|STORE_|DELETE_|YIELD|SEND|IMPORT)/.test(base) || target >= 0) return true;
  return /^(BINARY_OP|COMPARE_OP|CONTAINS_OP|BINARY_SUBSCR)$/.test(base) && specialisation !== 'specialised';
}
