import { tupleElements } from './containers.js';
import { dictEntries } from './dict.js';
import type { ObjectFields } from './object-fields.js';
import type { ObjectMemory } from './object-memory.js';
import { readText } from './scalars.js';

/** What a type object says of its instances. */
export interface ObjectType {
  readonly address: bigint;
  /** `__name__`. */
  readonly name: string;
  /** `__qualname__`. */
  readonly qualname: string;
  /** `__module__`; "builtins" for those. */
  readonly module: string;
  readonly flags: number;
  readonly basicSize: number;
  readonly itemSize: number;
  readonly dictOffset: number;
  /** Shared keys of its instances' attributes; 0n for none. */
  readonly cachedKeys: bigint;
  readonly base: ObjectType | undefined;
  /** `__slots__`, its own ones; the fields that a type written in C shows as attributes. */
  readonly slots: readonly { readonly name: string; readonly offset: number }[];
  /** Names of a named tuple's fields, by a base's too. */
  readonly tupleFields: readonly string[] | undefined;
  readonly isDataclass: boolean;
  readonly isEnum: boolean;
}

/** Bits of tp_flags (Include/object.h). */
export const TypeFlag = {
  InlineValues: 1 << 2,
  ManagedDict: 1 << 4,
  Heap: 1 << 9,
  Int: 1 << 24,
  List: 1 << 25,
  Tuple: 1 << 26,
  Bytes: 1 << 27,
  Text: 1 << 28,
  Dict: 1 << 29,
  Exception: 1 << 30,
  Type: 1 << 31,
} as const;

/** The types of a target as they are met. */
export class ObjectTypes {
  readonly #memory: ObjectMemory;
  readonly #fields: ObjectFields;
  readonly #known = new Map<bigint, ObjectType | undefined>();

  constructor(memory: ObjectMemory, fields: ObjectFields) {
    this.#memory = memory;
    this.#fields = fields;
  }

  /** The type of the object at `address`; nothing when what is there cannot be an object. */
  of(address: bigint): ObjectType | undefined {
    if (address % 8n !== 0n) return undefined;
    const type = this.#memory.pointer(address + BigInt(this.#fields.typePointer));
    return type === undefined ? undefined : this.at(type);
  }

  /** The type object at `address`; nothing when what is there is not one. */
  at(address: bigint): ObjectType | undefined {
    return this.#at(address, mostBases);
  }

  #at(address: bigint, basesLeft: number): ObjectType | undefined {
    if (this.#known.has(address)) return this.#known.get(address);
    if (this.#known.size >= mostTypes) this.#known.clear();
    const type = basesLeft > 0 && this.#isType(address) ? this.#read(address, basesLeft) : undefined;
    this.#known.set(address, type);
    return type;
  }

  /** Its own type is one whose instances are types. */
  #isType(address: bigint): boolean {
    if (address === 0n || address % 8n !== 0n) return false;
    const metatype = this.#memory.pointer(address + BigInt(this.#fields.typePointer));
    if (metatype === undefined || metatype === 0n) return false;
    return ((this.#flags(metatype) ?? 0) & TypeFlag.Type) !== 0;
  }

  #flags(type: bigint): number | undefined {
    return this.#memory.view(type + BigInt(this.#fields.type.flags), 4)?.getUint32(0, true);
  }

  #read(address: bigint, basesLeft: number): ObjectType | undefined {
    const fields = this.#fields.type;
    const view = this.#memory.view(address, fields.size);
    if (view === undefined) return undefined;
    const size = (offset: number) => Number(view.getBigInt64(offset, true));
    const flags = view.getUint32(fields.flags, true);
    const cName = this.#memory.cString(view.getBigUint64(fields.name, true));
    const basicSize = size(fields.basicSize);
    if (cName === undefined || cName === '' || basicSize < 0 || basicSize > largestInstance) return undefined;
    const heap = (flags & TypeFlag.Heap) !== 0;
    const base = view.getBigUint64(fields.base, true);
    const inherited = base === 0n ? undefined : this.#at(base, basesLeft - 1);
    const traits = heap ? this.#traits(view.getBigUint64(fields.dict, true)) : noTraits;
    return {
      address,
      ...this.#names(address, cName, heap, traits.module),
      flags,
      basicSize,
      itemSize: size(fields.itemSize),
      dictOffset: size(fields.dictOffset),
      cachedKeys: heap ? (this.#memory.pointer(address + BigInt(fields.cachedKeys)) ?? 0n) : 0n,
      base: inherited,
      slots: heap ? this.#slots(address) : [],
      tupleFields: traits.tupleFields ?? inherited?.tupleFields,
      isDataclass: traits.isDataclass || (inherited?.isDataclass ?? false),
      isEnum: traits.isEnum || (inherited?.isEnum ?? false),
    };
  }

  /** As type_module() and type_name() in Objects/typeobject.c: a static type's tp_name has its module in front. */
  #names(address: bigint, cName: string, heap: boolean, module: string | undefined) {
    const dot = cName.lastIndexOf('.');
    const name = cName.slice(dot + 1);
    if (!heap) return { name, qualname: name, module: dot < 0 ? 'builtins' : cName.slice(0, dot) };
    const qualname = this.#memory.pointer(address + BigInt(this.#fields.type.qualname));
    return {
      name,
      qualname: (qualname && this.#text(qualname)) || name,
      module: module ?? (dot < 0 ? 'builtins' : cName.slice(0, dot)),
    };
  }

  #traits(dict: bigint): Traits {
    let { module, tupleFields, isDataclass, isEnum } = noTraits;
    let left = mostClassNames;
    for (const [key, value] of dictEntries(this.#memory, this.#fields, dict)) {
      if (left-- === 0) break;
      const name = this.#text(key);
      if (name === '__module__') module = this.#text(value);
      else if (name === '_fields') tupleFields = this.#texts(value);
      else if (name === '__dataclass_fields__') isDataclass = true;
      else if (name === '_member_map_') isEnum = true;
    }
    return { module, tupleFields, isDataclass, isEnum };
  }

  /** The PyMemberDefs of `__slots__` stand behind a heap type, which has as many as its ob_size says. */
  #slots(address: bigint): ObjectType['slots'] {
    const memory = this.#memory;
    const { member, basicSize } = this.#fields.type;
    const metatype = memory.pointer(address + BigInt(this.#fields.typePointer));
    const start = metatype === undefined ? undefined : memory.size(metatype + BigInt(basicSize));
    const count = memory.size(address + BigInt(this.#fields.varSize)) ?? 0;
    if (start === undefined || start < 0 || start > largestInstance || count <= 0 || count > mostSlots)
      return [];
    return Array.from({ length: count }, (_, index) => {
      const definition = address + BigInt(start + index * member.size);
      const type = memory.int32(definition + BigInt(member.type)) ?? 0;
      if (!objectMembers.includes(type)) return { name: '', offset: 0 };
      const name = memory.cString(memory.pointer(definition + BigInt(member.name)) ?? 0n) ?? '';
      return { name, offset: memory.size(definition + BigInt(member.offset)) ?? 0 };
    }).filter(({ name, offset }) => name !== '' && offset > 0 && offset < largestInstance);
  }

  #text(address: bigint): string | undefined {
    const type = this.#memory.pointer(address + BigInt(this.#fields.typePointer));
    if (type === undefined || ((this.#flags(type) ?? 0) & TypeFlag.Text) === 0) return undefined;
    return readText(this.#memory, this.#fields, address, longestName)?.start;
  }

  #texts(address: bigint): readonly string[] | undefined {
    const type = this.#memory.pointer(address + BigInt(this.#fields.typePointer));
    if (type === undefined || ((this.#flags(type) ?? 0) & TypeFlag.Tuple) === 0) return undefined;
    const elements = tupleElements(this.#memory, this.#fields, address);
    if (elements === undefined || elements.length > mostSlots) return undefined;
    return [...elements.each].map((element) => this.#text(element) ?? '');
  }
}

interface Traits {
  readonly module: string | undefined;
  readonly tupleFields: readonly string[] | undefined;
  readonly isDataclass: boolean;
  readonly isEnum: boolean;
}

const noTraits: Traits = { module: undefined, tupleFields: undefined, isDataclass: false, isEnum: false };

/** T_OBJECT and T_OBJECT_EX of structmember.h: a slot is the latter, other types of C fields are no objects. */
const objectMembers: readonly number[] = [6, 16];

const mostTypes = 10_000;
const mostBases = 32;
const mostClassNames = 2_000;
const mostSlots = 256;
const longestName = 512;
/** Bytes. */
const largestInstance = 1 << 24;
