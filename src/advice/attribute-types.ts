import type { ListedInstruction } from '../profile/listing.js';
import type { OperandType } from '../profile/profile.js';
import type { Finding } from './finding.js';
import { type HotCode, instructionOffsets, nameIn } from './hot-code.js';
import {
  alwaysOf,
  everHad,
  generalText,
  looksText,
  type SeenOperand,
  seenOperands,
  staysGeneral,
} from './seen-types.js';

/**
 * Attributes of objects of several classes in turn. A form fits one class: each other one is a miss, which takes the
 * general way after it, and after some the form is made anew.
 */
export function severalClasses(code: HotCode): readonly Finding[] {
  return byOwner(code).flatMap(([owner, every]) => {
    const all = every.filter(isUnsettled);
    if (!isSeveral(owner)) return [];
    return (
      code.finding(all, {
        kind: 'several-classes',
        what: `attributes of "${owner.name}", which is of several classes, are hot`,
        evidence: severalText(owner, all),
        change: 'Go through the objects of each class in a loop of their own.',
      }) ?? []
    );
  });
}

/** The same of unpackings of lists and tuples. */
export function severalSequences(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const unpacked = one.base === 'UNPACK_SEQUENCE' ? seenOperands(one)?.[0] : undefined;
    if (unpacked === undefined || !isSeveral(unpacked) || !isUnsettled(one)) return [];
    return (
      code.finding([one], {
        kind: 'several-classes',
        what: `"${unpacked.name}", which is of several types, is unpacked`,
        evidence: severalText(unpacked, [one]),
        change: 'Let all be of one type where they are made, lists or tuples.',
      }) ?? []
    );
  });
}

function isSeveral({ name, types, looks }: SeenOperand): boolean {
  const often = types.filter((one) => one.looks >= fewestOf(looks));
  return name !== '' && often.length >= 2;
}

function severalText(owner: SeenOperand, all: readonly ListedInstruction[]): string {
  return `${looksText(owner)}; a form of ${basesOf(all)} fits one class alone, and the cache was another nearly each time`;
}

/**
 * Whether its cache was another from look to look: then misses are frequent. Where objects of one class come for long,
 * and then those of another, it is the same nearly always.
 */
function isUnsettled({ operands }: ListedInstruction): boolean {
  return operands !== undefined && operands.changes >= leastOfChanges * operands.looks;
}

const leastOfChanges = 0.5;
/**
 * Looks at a class that come of a share of less than a tenth three times of a hundred at most: a few looks show by chance
 * what is seldom, and that takes longer each time.
 */
function fewestOf(looks: number): number {
  return leastOfClasses * looks + 2 * Math.sqrt(leastOfClasses * (1 - leastOfClasses) * looks);
}

/** Even one object of ten that is of another class costs a fifth more (docs/advice.md). */
const leastOfClasses = 0.1;

/** Fields of a named tuple, each of which is a call of a descriptor. */
export function tupleFields(code: HotCode): readonly Finding[] {
  return byOwner(code).flatMap(([owner, all]) => {
    const general = all.filter((one) => isAlways(one, 'field') && staysGeneral(code, one));
    const [first] = general;
    if (first === undefined || owner.name === '') return [];
    return (
      code.finding(general, {
        kind: 'tuple-field',
        what: `fields of the named tuple "${owner.name}" are looked up by name`,
        evidence: `${generalText(code, first)}; ${looksText(owner)}, whose fields are descriptors`,
        change: 'Let it be a class with __slots__, whose attributes have a form.',
      }) ?? []
    );
  });
}

/** Attributes that a method of the class makes or takes each time. */
export function dynamicAttributes(code: HotCode): readonly Finding[] {
  return code.instructions.flatMap((one) => {
    const owner = isAttribute(one) ? seenOperands(one)?.[0] : undefined;
    const type = alwaysOf(owner);
    const method = type && methodOf(one, type);
    if (owner === undefined || method === undefined || owner.name === '' || !staysGeneral(code, one))
      return [];
    const name = nameIn(one);
    return (
      code.finding([one], {
        kind: 'dynamic-attribute',
        others: code.called(one),
        what: `"${owner.name}.${name}" runs a method of its class: ${method.what}`,
        evidence: `${generalText(code, one)}; ${looksText(owner)}, ${method.evidence}`,
        change: method.change,
      }) ?? []
    );
  });
}

interface Method {
  readonly what: string;
  readonly evidence: string;
  readonly change: string;
}

function methodOf(one: ListedInstruction, { traits }: OperandType): Method | undefined {
  const name = nameIn(one);
  if (one.base === 'STORE_ATTR') {
    if (!traits.includes('property')) return undefined;
    return {
      what: 'a setter',
      evidence: `in whose class "${name}" is a property`,
      change:
        'Where the setter only keeps the value, set the attribute that it keeps it in, or make it a plain one.',
    };
  }
  const isFound = ['instance', 'class', 'property', 'field', '__getattribute__'].some((trait) =>
    everHad(one, 0, trait),
  );
  if (isFound || !traits.includes('__getattr__')) return undefined;
  return {
    what: '__getattr__',
    evidence: `which has no "${name}" of its own, nor has its class, but has a __getattr__`,
    change: `Set it as a plain attribute, in __init__ or when __getattr__ first makes it; or read it once before the loop.`,
  };
}

/** Instructions on attributes of one variable, by what it was in the first of them that was looked at. */
function byOwner(code: HotCode): readonly (readonly [SeenOperand, readonly ListedInstruction[]])[] {
  const owners = new Map<string, { seen: SeenOperand; all: ListedInstruction[] }>();
  for (const one of code.instructions) {
    const seen = isAttribute(one) ? seenOperands(one)?.[0] : undefined;
    if (seen === undefined) continue;
    const types = seen.types.map(({ type }) => type.name).sort();
    const key = `${seen.name} ${types.join()}`;
    const owner = owners.get(key) ?? { seen, all: [] };
    owners.set(key, owner);
    owner.all.push(one);
  }
  return [...owners.values()].map(({ seen, all }) => [seen, all]);
}

function isAttribute({ base }: ListedInstruction): boolean {
  return base === 'LOAD_ATTR' || base === 'LOAD_METHOD' || base === 'STORE_ATTR';
}

function isAlways(one: ListedInstruction, trait: string): boolean {
  return alwaysOf(seenOperands(one)?.[0])?.traits.includes(trait) === true;
}

function basesOf(all: readonly ListedInstruction[]): string {
  return `${[...new Set(all.map(({ base }) => base))].join(' or ')} (at ${instructionOffsets(all)})`;
}
