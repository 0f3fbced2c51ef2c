import { tupleElements } from './containers.js';
import { dictEntries } from './dict.js';
import { fullName, type ObjectReader } from './object-reader.js';
import { type ObjectType, TypeFlag } from './object-types.js';
import { readInteger } from './scalars.js';

/** What of an object decides how an instruction works on it; see `OperandType` of the profile. */
export interface ReadType {
  /** "module.qualname", without the module for builtins. */
  readonly name: string;
  /** The builtin type that it is derived from, if any; '' for a builtin that is derived from `object` alone. */
  readonly base: string;
  readonly traits: readonly string[];
}

/** What an instruction does with the object: its base name, and the attribute that it is about. */
export interface Use {
  readonly instruction: string;
  readonly attribute: string;
}

/** Tells the types of operands, and what of their classes matters to the instruction that they are for. */
export class OperandTypeReader {
  readonly #reader: ObjectReader;
  /** By type, instruction and attribute. */
  readonly #known = new Map<string, ReadType | undefined>();
  /** By type and attribute. */
  readonly #plain = new Map<string, boolean>();

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  /** @param type address of its type, read in the same instant as the reference to it */
  of(object: bigint, type: bigint, use: Use): ReadType | undefined {
    const key = `${type} ${use.instruction} ${use.attribute}`;
    if (!this.#known.has(key)) {
      if (this.#known.size >= mostKnown) return undefined;
      this.#known.set(key, this.#read(type, use));
    }
    const known = this.#known.get(key);
    const own = known === undefined ? [] : this.#traitsOf(object, known, use);
    return known === undefined || own.length === 0 ? known : { ...known, traits: [...known.traits, ...own] };
  }

  /**
   * The value that an object itself has under a name; 0n where there is none, or its class may give another one for it:
   * a property, or a descriptor of another kind.
   */
  attribute(object: bigint, name: string): bigint {
    const type = this.#reader.types.of(object);
    if (type === undefined || (type.flags & TypeFlag.Type) !== 0 || !this.#isPlain(type, name)) return 0n;
    let left = mostNames;
    for (const [each, value] of this.#reader.attributes(object)) {
      if (each === name) return value;
      if (left-- === 0) break;
    }
    return 0n;
  }

  #isPlain(type: ObjectType, name: string): boolean {
    const key = `${type.address} ${name}`;
    const known = this.#plain.get(key);
    if (known !== undefined) return known;
    const value = this.#inClasses(type, new Set([name])).get(name);
    const descriptor = value === undefined ? '' : (this.#reader.typeName(value) ?? 'property');
    const isPlain = descriptor !== 'property' && !descriptor.includes('.');
    if (this.#plain.size < mostKnown) this.#plain.set(key, isPlain);
    return isPlain;
  }

  #read(address: bigint, use: Use): ReadType | undefined {
    const type = this.#reader.types.at(address);
    if (type === undefined) return undefined;
    return {
      name: fullName(type),
      base: builtinBase(type),
      traits: (type.flags & TypeFlag.Heap) === 0 ? [] : this.#traits(type, use),
    };
  }

  /** Of this very object: a size that matters, and whether it has an attribute that its class would make else. */
  #traitsOf(object: bigint, { name, traits }: ReadType, { instruction, attribute }: Use): readonly string[] {
    const { memory, fields } = this.#reader;
    if (name === 'int') {
      const read = readInteger(memory, fields, object, 1);
      return read !== undefined && 'bits' in read ? ['large'] : [];
    }
    if (instruction === 'CONTAINS_OP' && (name === 'list' || name === 'tuple')) {
      return (memory.size(object + BigInt(fields.varSize)) ?? 0) >= longContainer ? ['long'] : [];
    }
    const isMade = traits.includes('__getattr__') && !traits.includes('class');
    return isMade && this.attribute(object, attribute) !== 0n ? ['instance'] : [];
  }

  #traits(type: ObjectType, { instruction, attribute }: Use): readonly string[] {
    const wanted = new Set([...(special[instruction] ?? []), ...(attribute === '' ? [] : [attribute])]);
    const found = this.#inClasses(type, wanted);
    // Those of types written in C are wrappers: they are no call of Python code.
    const isCode = (value: bigint) => this.#reader.typeName(value) === 'function';
    const traits = [...found].flatMap(([name, value]) => (name !== attribute && isCode(value) ? [name] : []));
    if (type.isEnum) traits.push('enum');
    if (attribute === '') return traits;
    if (type.tupleFields?.includes(attribute)) return [...traits, 'field'];
    const value = found.get(attribute);
    if (value !== undefined)
      return [...traits, this.#reader.typeName(value) === 'property' ? 'property' : 'class'];
    return traits;
  }

  /** Values of names in the type and its bases that are classes of Python, the first that has it. */
  #inClasses(type: ObjectType, wanted: ReadonlySet<string>): ReadonlyMap<string, bigint> {
    const { memory, fields, types } = this.#reader;
    const found = new Map<string, bigint>();
    const order = memory.pointer(type.address + BigInt(fields.type.mro)) ?? 0n;
    let left = mostClasses;
    for (const each of tupleElements(memory, fields, order)?.each ?? []) {
      if (left-- === 0) break;
      const one = types.at(each);
      if (one === undefined || (one.flags & TypeFlag.Heap) === 0) continue;
      let entries = mostNames;
      const dict = memory.pointer(each + BigInt(fields.type.dict)) ?? 0n;
      for (const [key, value] of dictEntries(memory, fields, dict)) {
        if (entries-- === 0) break;
        const name = this.#reader.text(key, longestName);
        if (name !== undefined && wanted.has(name) && !found.has(name)) found.set(name, value);
      }
    }
    return found;
  }
}

/** Methods of classes of Python by which an instruction does not do the usual. */
const special: Readonly<Record<string, readonly string[]>> = {
  LOAD_ATTR: ['__getattr__', '__getattribute__'],
  LOAD_METHOD: ['__getattr__', '__getattribute__'],
  CALL: ['__call__'],
  TO_BOOL: ['__bool__', '__len__'],
  COMPARE_OP: ['__eq__'],
  STORE_SUBSCR: ['__setitem__'],
};

/** To search so many takes longer than to hash one. */
const longContainer = 8;
const mostKnown = 500;
const mostClasses = 32;
const mostNames = 500;
const longestName = 128;

function builtinBase(type: ObjectType): string {
  for (let base = type.base; base !== undefined; base = base.base) {
    if (base.module === 'builtins' && base.name !== 'object') return base.name;
  }
  return '';
}
