import type { Finding } from './finding.js';
import type { HotCode } from './hot-code.js';
import { isSetInLoop } from './operands.js';
import {
  alwaysOf,
  generalText,
  looksText,
  type SeenOperand,
  seenOperands,
  staysGeneral,
} from './seen-types.js';

/** Calls of objects that pass the call on: there are forms for functions, methods and classes, not for these. */
export function callableObjects(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const called = one.base === 'CALL' ? seenOperands(one)?.[0] : undefined;
    const object = called && objectOf(called, code.isInLoop(one));
    if (called === undefined || object === undefined || !staysGeneral(code, one)) return [];
    if (isSetInLoop(code, one, called.name)) return [];
    return (
      code.finding([one], {
        kind: 'callable-object',
        what: `"${called.name}", which is ${object.what}, is called`,
        evidence: `${generalText(code, one)}; ${looksText(called)}`,
        change: object.change,
      }) ?? []
    );
  });
}

function objectOf(
  called: SeenOperand,
  isInLoop: boolean,
): { readonly what: string; readonly change: string } | undefined {
  const type = alwaysOf(called);
  const { name } = called;
  if (type === undefined || name === '') return undefined;
  if (type.name === 'functools.partial') {
    return { what: 'a functools.partial', change: 'Call the function itself, with all its arguments.' };
  }
  if (type.name === 'operator.itemgetter') {
    return { what: 'an operator.itemgetter', change: 'Write the subscript itself.' };
  }
  if (!isInLoop || !type.traits.includes('__call__')) return undefined;
  return {
    what: 'an object with __call__',
    change: `Take its method before the loop, and call that: ${name}.__call__.`,
  };
}

/** Tests whether an object is true by a method of its class, where often only None is meant (3.13+). */
export function truthMethods(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const tested = one.base === 'TO_BOOL' ? seenOperands(one)?.[0] : undefined;
    const type = alwaysOf(tested);
    const method = ['__bool__', '__len__'].find((name) => type?.traits.includes(name));
    if (tested === undefined || method === undefined || tested.name === '' || !staysGeneral(code, one))
      return [];
    return (
      code.finding([one], {
        kind: 'truth-method',
        others: code.called(one),
        what: `whether "${tested.name}" is true is asked of its ${method}`,
        evidence: `${generalText(code, one)}; ${looksText(tested)}`,
        change: `Where only None is meant, write ${tested.name} is not None.`,
      }) ?? []
    );
  });
}
