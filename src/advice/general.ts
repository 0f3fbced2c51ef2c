import { percent } from '../lib/quantities.js';
import type { ListedInstruction } from '../profile/listing.js';
import type { Finding } from './finding.js';
import type { HotCode } from './hot-code.js';
import {
  attemptsText,
  generalText,
  hasNumberForms,
  looksText,
  seenOperands,
  staysGeneral,
  wasAnother,
  withText,
} from './seen-types.js';

/**
 * Comparisons and sums with a number in the code that stay general although they are hot. There are forms for two ints
 * and for two floats, so that number is of another type than what meets it.
 */
export function general(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one, index) => {
    const [before, after] = [code.instructions[index - 1], code.instructions[index + 1]];
    const constant = before && numberIn(before);
    if (constant === undefined || !hasNumberForms(one, after) || !staysGeneral(code, one)) return [];
    const type = /^-?\d+$/.test(constant) ? 'int' : 'float';
    const other = seenOperands(one, fewestLooks)?.[0];
    if (wasAnother(one, 0, type === 'int' ? 'float' : 'int')) return [];
    const shown =
      other === undefined || other.types.length === 0
        ? `what meets ${constant} is no ${type}${type === 'int' ? ', or a large one' : ''}`
        : looksText(other);
    return (
      code.finding([one], {
        kind: 'general',
        what: `${withText(one)} with ${constant} is hot and not specialised`,
        evidence: `${generalText(code, one)}, although there is one for two ${type}s: ${shown}`,
        change: changeOf(constant, type, (other?.types.length ?? 0) > 0),
      }) ?? []
    );
  });
}

/** That the value is of another type than the number follows from the form alone. */
const fewestLooks = 3;

function changeOf(constant: string, type: 'int' | 'float', isKnown: boolean): string {
  if (type === 'float') {
    const int = constant.endsWith('.0') ? `; where it is an int, write ${constant.slice(0, -2)}` : '';
    return `Let the other one be a float, too${int}.`;
  }
  return isKnown
    ? `Write ${constant}.0.`
    : `Where the other one is a float, write ${constant}.0; where it can be an int, make it one; of any other type, leave it.`;
}

/**
 * Sums and comparisons that ran in forms for several types: the interpreter puts one in place of the other again and
 * again, and none of them fits for long.
 */
export function severalTypes(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const time = code.time(one);
    if (time === undefined || !/^(BINARY_OP|COMPARE_OP)$/.test(one.base)) return [];
    const types = [...time.forms].filter(
      ([form, weight]) => ofType.test(form) && weight >= leastOfTypes * time.weight,
    );
    if (types.length < 2 || time.count < fewestOfTypes) return [];
    const shares = types.map(([form, weight]) => `as ${form} in ${percent(weight / time.weight)}`);
    return (
      code.finding([one], {
        kind: 'several-types',
        what: `${withText(one)} meets values of several types`,
        evidence: `it ran ${shares.join(' and ')} of its time: each form fits one type alone${attemptsText(one)}`,
        change: `Go through the values of each type in a loop of their own${one.base === 'COMPARE_OP' ? '; or let all be of one type where they are made' : ''}.`,
      }) ?? []
    );
  });
}

/** Each of them checks that both values are of its type; COMPARE_OP_…_JUMP are those of 3.11. */
const ofType = /^(BINARY_OP_(ADD|SUBTRACT|MULTIPLY)|COMPARE_OP)_(INT|FLOAT|UNICODE|STR)(_JUMP)?$/;
/** Of its time: a form that it had before something changed for good has less. */
const leastOfTypes = 0.1;
const fewestOfTypes = 50;

/** An int or a float that an instruction puts on top of the stack. */
function numberIn({ base, arg, text }: ListedInstruction): string | undefined {
  if (base === 'LOAD_SMALL_INT') return String(arg);
  return base === 'LOAD_CONST' && /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
}
