import type { Finding } from './finding.js';
import type { HotCode } from './hot-code.js';
import { isSetInLoop } from './operands.js';
import {
  alwaysOf,
  generalText,
  hasNumberForms,
  looksText,
  type SeenOperand,
  seenOperands,
  staysGeneral,
  withText,
} from './seen-types.js';

/** Sums and comparisons of an int with a float, each of which has a form for two of its own type alone. */
export function mixedNumbers(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one, index) => {
    const [left, right] = seenOperands(one) ?? [];
    if (left === undefined || right === undefined || !hasNumberForms(one, code.instructions[index + 1]))
      return [];
    const int = [left, right].find((operand) => alwaysOf(operand)?.name === 'int');
    const float = [left, right].find((operand) => alwaysOf(operand)?.name === 'float');
    if (int === undefined || float === undefined || int.name === '' || !staysGeneral(code, one)) return [];
    // To make it a float in each round takes longer than what it saves.
    if (isSetInLoop(code, one, int.name)) return [];
    return (
      code.finding([one], {
        kind: 'mixed-numbers',
        what: `${withText(one)} is hot and meets an int and a float`,
        evidence: `${generalText(code, one)}, although there is one for two floats: ${looksText(int)}, and ${looksText(float)}`,
        change: `Make "${int.name}" a float where it comes from, or once before the loop: float(${int.name}).`,
      }) ?? []
    );
  });
}

/** The same with numbers of a type that there is no form for. */
export function numberTypes(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one, index) => {
    if (!hasNumberForms(one, code.instructions[index + 1]) || !staysGeneral(code, one)) return [];
    const changes = (seen: SeenOperand) => changeOf(seen, isSetInLoop(code, one, seen.name));
    const operand = seenOperands(one)?.find((seen) => seen.name !== '' && changes(seen) !== undefined);
    const change = operand && changes(operand);
    if (operand === undefined || change === undefined) return [];
    return (
      code.finding([one], {
        kind: 'number-type',
        others: code.called(one),
        what: `${withText(one)} is hot and meets ${alwaysOf(operand)?.name}, for which there is no form`,
        evidence: `${generalText(code, one)}; ${looksText(operand)}`,
        change,
      }) ?? []
    );
  });
}

function changeOf(operand: SeenOperand, isSet: boolean): string | undefined {
  const type = alwaysOf(operand);
  if (type === undefined) return undefined;
  const { name } = operand;
  if (type.name === 'decimal.Decimal') {
    return 'Where it need not be exact, take a float; an amount with a fixed number of places can be an int of the smallest (cents).';
  }
  if (type.name === 'fractions.Fraction') return 'Where it need not be exact, take floats.';
  if (isSet) return undefined;
  if (type.name === 'bool')
    return `Make it an int where it comes from, or once before the loop: int(${name}).`;
  if (type.base === 'int' && type.traits.includes('enum')) {
    return `Take the number out of it where it comes from, or once before the loop: ${name}.value.`;
  }
  return undefined;
}

/** `==` with None, or of members of an Enum: `is` asks the same, without a call. */
export function identities(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const operator = /[=!]=/.exec(one.text)?.[0];
    const operands = seenOperands(one);
    if (one.base !== 'COMPARE_OP' || operator === undefined || operands === undefined) return [];
    if (!staysGeneral(code, one)) return [];
    const none = operands.find(({ name, types }) => name === 'None' && types.length === 0);
    const seen = operands.find((operand) => isComparedByIdentity(operand, none !== undefined));
    if (seen === undefined) return [];
    const is = operator === '==' ? 'is' : 'is not';
    return (
      code.finding([one], {
        kind: 'identity',
        what: `${withText(one)} is hot and ${none === undefined ? 'compares members of an Enum' : 'compares with None'}`,
        evidence: `${generalText(code, one)}; ${looksText(seen)}, which has no __eq__ of its own`,
        change:
          none === undefined
            ? `Where both are members, write ${is}: it is the same for them, and no call.`
            : `Write ${is} None.`,
      }) ?? []
    );
  });
}

function isComparedByIdentity(operand: SeenOperand, withNone: boolean): boolean {
  const type = alwaysOf(operand);
  if (type === undefined || type.traits.includes('__eq__')) return false;
  // The builtin types that can be compared with None are unequal to it, all of them.
  return withNone ? !type.name.includes('.') : type.traits.includes('enum') && type.base === '';
}
