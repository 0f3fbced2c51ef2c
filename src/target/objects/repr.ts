import { type Elements, listElements, setElements, tupleElements } from './containers.js';
import { dateTimeText } from './date-time.js';
import { dictEntries, dictLength } from './dict.js';
import { fullName, type ObjectReader } from './object-reader.js';
import { type ObjectType, TypeFlag } from './object-types.js';
import { complexText, floatText } from './python-literals.js';
import { ReprBudget } from './repr-budget.js';
import { type ReprLimits, usualLimits } from './repr-limits.js';
import {
  type Beginning,
  readByteArray,
  readBytes,
  readComplex,
  readFloat,
  readInteger,
  readText,
} from './scalars.js';
import { shortBytes, shortInteger, shortText } from './shortened.js';

/** Writes one object as `repr` would, without running anything of the target's. For one use. */
export class ReprWriter {
  readonly #reader: ObjectReader;
  readonly #limits: ReprLimits;
  /** Objects that are being written, by address: one that is met again inside itself is `...`. */
  readonly #open = new Set<bigint>();
  readonly #budget: ReprBudget;

  constructor(reader: ObjectReader, limits: Partial<ReprLimits> = {}) {
    this.#reader = reader;
    this.#limits = { ...usualLimits, ...limits };
    this.#budget = new ReprBudget(this.#limits);
  }

  write(address: bigint): string {
    return this.#object(address, 0);
  }

  #object(address: bigint, depth: number): string {
    if (this.#budget.isSpent) return '...';
    this.#budget.takeObject();
    if (address === 0n) return '<NULL>';
    const type = this.#reader.types.of(address);
    if (type === undefined) return unreadable;
    const leaf = this.#leaf(address, type);
    if (leaf !== undefined) return this.#budget.spend(leaf);
    if (this.#open.has(address)) return recursive(type);
    this.#open.add(address);
    const text = this.#budget.nested(() => this.#nested(address, type, depth));
    this.#open.delete(address);
    return text;
  }

  // ---- objects that hold no others

  #leaf(address: bigint, type: ObjectType): string | undefined {
    const { flags } = type;
    const core = builtinBase(type);
    if (type.isEnum) return undefined;
    if ((flags & TypeFlag.Type) !== 0) return this.#type(address);
    if ((flags & TypeFlag.Text) !== 0) return wrapped(type, 'str', this.#text(address));
    if (core === 'bool') return this.#boolean(address);
    if ((flags & TypeFlag.Int) !== 0) return wrapped(type, 'int', this.#integer(address));
    if ((flags & TypeFlag.Bytes) !== 0) return wrapped(type, 'bytes', this.#bytes(address));
    return this.#leafByName(address, type, core);
  }

  #leafByName(address: bigint, type: ObjectType, core: string): string | undefined {
    const { memory, fields } = this.#reader;
    switch (core) {
      case 'NoneType':
        return 'None';
      case 'ellipsis':
        return 'Ellipsis';
      case 'NotImplementedType':
        return 'NotImplemented';
      case 'float': {
        const value = readFloat(memory, fields, address);
        return wrapped(type, core, value === undefined ? undefined : floatText(value));
      }
      case 'complex': {
        const value = readComplex(memory, fields, address);
        return wrapped(type, core, value && complexText(value.real, value.imaginary));
      }
      case 'bytearray':
        return `${type.name}(${this.#bytesText(readByteArray(memory, fields, address, this.#limits.text))})`;
      case 'function':
        return this.#named(address, 'function', fields.functionQualname);
      case 'generator':
      case 'coroutine':
      case 'async_generator':
        return this.#named(address, `${core} object`, fields.generatorQualname);
      case 'code':
        return this.#named(address, 'code object', fields.codeName);
      case 'module':
        return this.#module(address);
      case 'cell':
        return `<cell at ${hex(address)}>`;
      default:
        return undefined;
    }
  }

  #type(address: bigint): string {
    const type = this.#reader.types.at(address);
    if (type === undefined) return unreadable;
    return type.isEnum ? `<enum '${type.name}'>` : `<class '${fullName(type)}'>`;
  }

  #text(address: bigint): string | undefined {
    const { memory, fields } = this.#reader;
    const text = readText(memory, fields, address, this.#limits.text);
    return text && shortText(text, this.#limits.text);
  }

  #bytes(address: bigint): string {
    const { memory, fields } = this.#reader;
    return this.#bytesText(readBytes(memory, fields, address, this.#limits.text));
  }

  #bytesText(bytes: Beginning<Uint8Array> | undefined): string {
    return bytes === undefined ? unreadable : shortBytes(bytes);
  }

  #boolean(address: bigint): string {
    const { memory, fields } = this.#reader;
    const integer = readInteger(memory, fields, address);
    if (integer === undefined || !('value' in integer)) return unreadable;
    return integer.value === 0n ? 'False' : 'True';
  }

  #integer(address: bigint): string | undefined {
    const { memory, fields } = this.#reader;
    const integer = readInteger(memory, fields, address);
    return integer && shortInteger(integer, this.#limits.text);
  }

  /** `<function main at 0x…>`: `offset` is that of its name. */
  #named(address: bigint, what: string, offset: number): string {
    const name = this.#reader.memory.pointer(address + BigInt(offset));
    const text = name === undefined ? undefined : this.#reader.text(name);
    return `<${what} ${text ?? '?'} at ${hex(address)}>`;
  }

  #module(address: bigint): string {
    const dict = this.#reader.moduleDict(address) ?? 0n;
    const of = (key: string) => {
      const value = dict === 0n ? undefined : this.#reader.item(dict, key);
      return value === undefined || this.#reader.text(value) === undefined ? undefined : this.#text(value);
    };
    const file = of('__file__');
    return `<module ${of('__name__') ?? "'?'"}${file === undefined ? '' : ` from ${file}`}>`;
  }

  // ---- objects that hold others

  #nested(address: bigint, type: ObjectType, depth: number): string {
    const { flags } = type;
    const core = builtinBase(type);
    if (type.isEnum) return this.#enumMember(address, type, depth);
    if ((flags & TypeFlag.Tuple) !== 0) return this.#tuple(address, type, depth);
    if ((flags & TypeFlag.List) !== 0) {
      const { memory, fields } = this.#reader;
      return wrapped(type, 'list', this.#sequence('[', ']', listElements(memory, fields, address), depth));
    }
    if ((flags & TypeFlag.Dict) !== 0) return wrapped(type, 'dict', this.#dict(address, depth));
    if ((flags & TypeFlag.Exception) !== 0) return this.#exception(address, type, depth);
    return this.#nestedByName(address, type, core, depth);
  }

  #nestedByName(address: bigint, type: ObjectType, core: string, depth: number): string {
    const { fields } = this.#reader;
    switch (core) {
      case 'set':
      case 'frozenset':
        return this.#set(address, type, core, depth);
      case 'frozendict':
        return `${type.name}(${this.#dict(address, depth)})`;
      case 'range':
        return this.#range(address, depth);
      case 'slice':
        return this.#calls('slice', this.#reader.memory.pointers(address + BigInt(fields.slice), 3), depth);
      case 'method':
        return this.#method(address, depth);
      case 'builtin_function_or_method':
        return this.#builtin(address);
      default: {
        const dateTime = dateTimeText(this.#reader, core, address, (part) => this.#object(part, depth + 1));
        return dateTime === undefined ? this.#instance(address, type, depth) : wrapped(type, core, dateTime);
      }
    }
  }

  #tuple(address: bigint, type: ObjectType, depth: number): string {
    const { memory, fields } = this.#reader;
    const elements = tupleElements(memory, fields, address);
    const names = type.tupleFields;
    if (names !== undefined && elements !== undefined && elements.length === names.length) {
      return type.name + this.#sequence('(', ')', elements, depth, (index) => `${names[index]}=`);
    }
    const text = this.#sequence('(', elements?.length === 1 ? ',)' : ')', elements, depth);
    return wrapped(type, 'tuple', text);
  }

  #set(address: bigint, type: ObjectType, core: string, depth: number): string {
    const { memory, fields } = this.#reader;
    const elements = setElements(memory, fields, address);
    if (elements?.length === 0) return `${type.name}()`;
    const text = this.#sequence('{', '}', elements, depth);
    return type.name === 'set' && core === 'set' ? text : `${type.name}(${text})`;
  }

  #dict(address: bigint, depth: number): string {
    const { memory, fields } = this.#reader;
    const length = dictLength(memory, fields, address);
    if (length === undefined) return unreadable;
    return this.#budget.items(
      '{',
      '}',
      length,
      dictEntries(memory, fields, address),
      depth,
      ([key, value]) => {
        return `${this.#object(key, depth + 1)}: ${this.#object(value, depth + 1)}`;
      },
    );
  }

  #exception(address: bigint, type: ObjectType, depth: number): string {
    const { memory, fields } = this.#reader;
    const values = memory.pointer(address + BigInt(fields.exceptionArguments));
    const elements = values === undefined ? undefined : tupleElements(memory, fields, values);
    return type.name + this.#sequence('(', ')', elements, depth);
  }

  /** Objects/rangeobject.c: start, stop, step and length behind the object's head. */
  #range(address: bigint, depth: number): string {
    const parts = this.#reader.memory.pointers(address + BigInt(this.#reader.fields.objectSize), 3);
    const step = parts?.[2] === undefined ? undefined : this.#reader.integer(parts[2]);
    return this.#calls('range', step === 1n ? parts?.slice(0, 2) : parts, depth);
  }

  #method(address: bigint, depth: number): string {
    const { memory, fields } = this.#reader;
    const called = memory.pointer(address + BigInt(fields.method.function)) ?? 0n;
    const self = memory.pointer(address + BigInt(fields.method.self)) ?? 0n;
    const isFunction = this.#reader.typeName(called) === 'function';
    const name = isFunction ? memory.pointer(called + BigInt(fields.functionQualname)) : undefined;
    const text = (name && this.#reader.text(name)) ?? '?';
    return `<bound method ${text} of ${this.#budget.isWithin(depth) ? this.#object(self, depth + 1) : '...'}>`;
  }

  /** As meth_repr() in Objects/methodobject.c: `m_self` is a module, or NULL, for what is not bound. */
  #builtin(address: bigint): string {
    const { memory, fields } = this.#reader;
    const definition = memory.pointer(address + BigInt(fields.builtin.definition)) ?? 0n;
    const name = memory.cString(memory.pointer(definition + BigInt(fields.builtin.name)) ?? 0n) ?? '?';
    const self = memory.pointer(address + BigInt(fields.builtin.self)) ?? 0n;
    const owner = self === 0n ? 'module' : this.#reader.typeName(self);
    return owner === undefined || owner === 'module'
      ? `<built-in function ${name}>`
      : `<built-in method ${name} of ${owner} object at ${hex(self)}>`;
  }

  #enumMember(address: bigint, type: ObjectType, depth: number): string {
    const attributes = new Map(first(this.#reader.attributes(address), 16));
    const name = attributes.get('_name_');
    const value = attributes.get('_value_');
    if (name === undefined || value === undefined) return this.#instance(address, type, depth);
    const nameText = this.#reader.text(name) ?? 'None';
    return `<${type.name}.${nameText}: ${this.#budget.isWithin(depth) ? this.#object(value, depth + 1) : '...'}>`;
  }

  #instance(address: bigint, type: ObjectType, depth: number): string {
    const head = `<${fullName(type)} object at ${hex(address)}`;
    const named = type.isDataclass;
    if (!named && !this.#limits.attributes) return `${head}>`;
    const attributes = first(this.#reader.attributes(address), this.#limits.items + 1);
    if (!named && attributes.length === 0) return `${head}>`;
    const open = named ? `${type.qualname}(` : `${head} `;
    return this.#budget.items(
      open,
      named ? ')' : '>',
      attributes.length,
      attributes,
      depth,
      ([name, value]) => {
        return this.#budget.spend(`${name}=`) + this.#object(value, depth + 1);
      },
    );
  }

  // ---- parts

  #calls(name: string, values: readonly bigint[] | undefined, depth: number): string {
    return name + this.#sequence('(', ')', values && { length: values.length, each: values }, depth);
  }

  #sequence(
    open: string,
    close: string,
    elements: Elements | undefined,
    depth: number,
    before: (index: number) => string = () => '',
  ): string {
    if (elements === undefined) return unreadable;
    return this.#budget.items(open, close, elements.length, elements.each, depth, (element, index) => {
      return this.#budget.spend(before(index)) + this.#object(element, depth + 1);
    });
  }
}

const unreadable = '<unreadable>';

const hex = (address: bigint) => `0x${address.toString(16)}`;

/** What an instance of a class of the target's own is underneath: the name of its first base that is written in C. */
function builtinBase(type: ObjectType): string {
  let base: ObjectType | undefined = type;
  while (base !== undefined && (base.flags & TypeFlag.Heap) !== 0) base = base.base;
  return base === undefined ? '' : fullName(base);
}

/** An instance of a subclass of `core` shows its class: what that makes of `repr` is not known. */
function wrapped(type: ObjectType, core: string, text: string | undefined): string {
  if (text === undefined) return unreadable;
  return fullName(type) === core ? text : `${type.name}(${text})`;
}

function recursive({ flags }: ObjectType): string {
  if ((flags & TypeFlag.List) !== 0) return '[...]';
  if ((flags & TypeFlag.Dict) !== 0) return '{...}';
  return (flags & TypeFlag.Tuple) !== 0 ? '(...)' : '...';
}

function first<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= count) break;
    taken.push(item);
  }
  return taken;
}
