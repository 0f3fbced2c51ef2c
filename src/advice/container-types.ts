import type { OperandType } from '../profile/profile.js';
import { isRead } from './containers.js';
import type { Finding } from './finding.js';
import { type HotCode, nameIn } from './hot-code.js';
import { isSetInLoop, isSubscript, operandsOf } from './operands.js';
import { alwaysOf, generalText, looksText, seenOperands, staysGeneral } from './seen-types.js';

/** Subscripts and unpackings of what is nearly a tuple or a list, but for which there is no form. */
export function containerTypes(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const unpacks = one.base === 'UNPACK_SEQUENCE';
    if ((!unpacks && !isSubscript(one)) || !code.isInLoop(one) || !staysGeneral(code, one)) return [];
    const container = seenOperands(one)?.[0];
    const type = alwaysOf(container);
    const plain = type && plainType(type, unpacks);
    if (container === undefined || container.name === '' || type === undefined || plain === undefined)
      return [];
    const isSame = !isSetInLoop(code, one, container.name);
    // One that is another in each round would have to be made anew in each.
    if (plain === 'list' && (!isSame || !isOnlyRead(code, container.name))) return [];
    return (
      code.finding([one], {
        kind: 'container-type',
        what: `${unpacks ? 'an unpacking' : 'a subscript'} of "${container.name}" is hot and not specialised`,
        evidence: `${generalText(code, one)}, although there is one for a ${plain}; ${looksText(container)}`,
        change: isSame
          ? `Take a ${plain} of it before the loop, ${plain}(${container.name}), where nothing else changes it meanwhile.`
          : 'Let it be a plain tuple where it is made.',
      }) ?? []
    );
  });
}

/** Stores into a dict of a subclass, for which there is no form. One of a `defaultdict` takes no longer, all the same. */
export function storedItems(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const container = one.base === 'STORE_SUBSCR' ? seenOperands(one)?.[0] : undefined;
    const type = alwaysOf(container);
    if (container === undefined || container.name === '' || type?.base !== 'dict') return [];
    if (type.name === 'collections.defaultdict' || type.traits.includes('__setitem__')) return [];
    if (!staysGeneral(code, one)) return [];
    return (
      code.finding([one], {
        kind: 'container-type',
        what: `a store into "${container.name}" is hot and not specialised`,
        evidence: `${generalText(code, one)}, although there is one for a dict; ${looksText(container)}`,
        change: `Let it be a plain dict, where no more than its items is needed: it keeps their order, too.`,
      }) ?? []
    );
  });
}

/** Whether each use of a variable, such as `x` or `self.x`, only looks into it, as far as this code shows. */
function isOnlyRead(code: HotCode, name: string): boolean {
  const dot = name.lastIndexOf('.');
  if (dot >= 0) return isAttributeOnlyRead(code, name.slice(dot + 1));
  return code.instructions.every((one, index) => {
    if (!/^(LOAD|STORE_FAST_LOAD)_(FAST|DEREF|GLOBAL|CLOSURE)/.test(one.base)) return true;
    if (!nameIn(one).split(', ').includes(name)) return true;
    if (one.base === 'LOAD_GLOBAL') return code.instructions[index + 1]?.base === 'CONTAINS_OP';
    return one.base.includes('_FAST') && isRead(code, index, name);
  });
}

/** The same of all attributes with this name: what follows searches in them, or takes an item by a variable or constant. */
function isAttributeOnlyRead(code: HotCode, name: string): boolean {
  return code.instructions.every((one, index) => {
    if (!/^(LOAD_ATTR|LOAD_METHOD|STORE_ATTR)$/.test(one.base) || nameIn(one) !== name) return true;
    const [next, after] = code.instructions.slice(index + 1, index + 3);
    if (one.base !== 'LOAD_ATTR' || next === undefined) return false;
    if (next.base === 'CONTAINS_OP') return true;
    return operandsOf(next)?.length === 1 && after !== undefined && isSubscript(after);
  });
}

/** What has a form, and the same under each index. */
function plainType({ name, base }: OperandType, unpacks: boolean): 'tuple' | 'list' | undefined {
  if (base === 'tuple') return 'tuple';
  return !unpacks && sequences.includes(name) ? 'list' : undefined;
}

/** Measured: docs/advice.md. */
const sequences: readonly string[] = [
  'array.array',
  'bytearray',
  'bytes',
  'collections.deque',
  'memoryview',
  'range',
];

/** `in` with a list or tuple of many values: each is compared, where a set is asked once. */
export function searchedLists(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const container = one.base === 'CONTAINS_OP' ? seenOperands(one)?.[1] : undefined;
    const type = alwaysOf(container);
    if (container === undefined || type === undefined || container.name === '') return [];
    if (!type.traits.includes('long') || !isOnlyRead(code, container.name)) return [];
    return (
      code.finding([one], {
        kind: 'searched-list',
        what: `"${container.name}" is searched from its beginning, value by value`,
        evidence: `${looksText(container)}, with 8 or more values in it`,
        change: `Search in a set of the same values that is made once, set(${container.name}), where they can be hashed and nothing else changes them. For the first of them it is no quicker.`,
      }) ?? []
    );
  });
}
