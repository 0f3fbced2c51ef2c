import type { Layout } from '../../python/layout.js';
import type { ReadMemory } from '../memory.js';
import { attributeEntries, dictOf, slotValues } from './attributes.js';
import { dictEntries, type Entry } from './dict.js';
import { type ObjectFields, objectFields } from './object-fields.js';
import { ObjectMemory } from './object-memory.js';
import { type ObjectType, ObjectTypes, TypeFlag } from './object-types.js';
import { readInteger, readText } from './scalars.js';

/**
 * Reads Python objects out of a target's memory while the target runs on. Objects can change or be freed meanwhile:
 * that gives a wrong or missing value, never an exception, an endless loop or a huge allocation. What it has read
 * it keeps until `memory.forget()`; types for good.
 */
export class ObjectReader {
  readonly memory: ObjectMemory;
  readonly fields: ObjectFields;
  readonly types: ObjectTypes;

  /** @param mostCalls how often the target's memory may be read in all; each call brings a page */
  constructor(target: { readonly read: ReadMemory; readonly layout: Layout }, mostCalls?: number) {
    this.memory = new ObjectMemory(target.read, mostCalls);
    this.fields = objectFields(target.layout);
    this.types = new ObjectTypes(this.memory, this.fields);
  }

  /** "module.qualname", without the module for builtins; nothing when there is no object at `address`. */
  typeName(address: bigint): string | undefined {
    const type = this.types.of(address);
    return type && fullName(type);
  }

  /** A str (or of a subclass), if it is not longer than `most` code points. */
  text(address: bigint, most = 512): string | undefined {
    if (!this.#is(address, TypeFlag.Text)) return undefined;
    const text = readText(this.memory, this.fields, address, most);
    return text !== undefined && text.length <= most ? text.start : undefined;
  }

  /** An int (or of a subclass), if it is not larger than a few thousand bits. */
  integer(address: bigint): bigint | undefined {
    if (!this.#is(address, TypeFlag.Int)) return undefined;
    const integer = readInteger(this.memory, this.fields, address);
    return integer !== undefined && 'value' in integer ? integer.value : undefined;
  }

  /** Addresses of the keys and values of a dict (or of a subclass), in order; nothing for other objects. */
  *entries(address: bigint): Generator<Entry> {
    if (this.#is(address, TypeFlag.Dict)) yield* dictEntries(this.memory, this.fields, address);
  }

  /** Names and addresses of an instance's attributes: `__slots__`, then `__dict__`. */
  *attributes(address: bigint): Generator<readonly [name: string, value: bigint]> {
    const type = this.types.of(address);
    if (type === undefined) return;
    yield* slotValues(this.memory, type, address);
    for (const [key, value] of attributeEntries(this.memory, this.fields, type, address)) {
      const name = this.text(key);
      if (name !== undefined) yield [name, value];
    }
  }

  /** The value in a dict under a str key, which is looked for from the first entry on. */
  item(dict: bigint, key: string): bigint | undefined {
    const lengthAt = BigInt(this.fields.text.length);
    for (const [entry, value] of this.entries(dict)) {
      // Most keys are of another length: with that alone a long dict is gone through much faster.
      if (this.memory.size(entry + lengthAt) !== key.length) continue;
      if (this.text(entry, key.length) === key) return value;
    }
    return undefined;
  }

  /** The dict of a module's globals. */
  moduleDict(address: bigint): bigint | undefined {
    const type = this.types.of(address);
    return type && dictOf(this.memory, this.fields, type, address);
  }

  /** What a cell holds; 0n when it is empty; the object itself when it is no cell. */
  cellContents(address: bigint): bigint | undefined {
    const type = this.types.of(address);
    if (type?.name !== 'cell' || type.module !== 'builtins') return address;
    return this.memory.pointer(address + BigInt(this.fields.cellValue));
  }

  #is(address: bigint, flag: number): boolean {
    const type = this.types.of(address);
    return type !== undefined && (type.flags & flag) !== 0;
  }
}

export function fullName({ module, qualname }: ObjectType): string {
  return module === 'builtins' ? qualname : `${module}.${qualname}`;
}
