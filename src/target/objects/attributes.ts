import { dictEntries, type Entry, splitEntries } from './dict.js';
import type { ObjectFields } from './object-fields.js';
import type { ObjectMemory } from './object-memory.js';
import { type ObjectType, TypeFlag } from './object-types.js';

/** Addresses of the dict that holds an instance's attributes, or of keys and values that stand for one. */
type Attributes = { readonly dict: bigint } | { readonly keys: bigint; readonly values: bigint };

/** The values of an instance's `__slots__`, those of its type's bases first; those unset are left out. */
export function* slotValues(
  memory: ObjectMemory,
  type: ObjectType,
  address: bigint,
): Generator<readonly [name: string, value: bigint]> {
  const types = [];
  for (let next: ObjectType | undefined = type; next !== undefined; next = next.base) types.unshift(next);
  for (const { name, offset } of types.flatMap(({ slots }) => slots)) {
    const value = memory.pointer(address + BigInt(offset));
    if (value !== undefined && value !== 0n) yield [name, value];
  }
}

/** The entries of an instance's `__dict__`, whether there is such an object or not. */
export function* attributeEntries(
  memory: ObjectMemory,
  fields: ObjectFields,
  type: ObjectType,
  address: bigint,
): Generator<Entry> {
  const found = attributesOf(memory, fields, type, address);
  if (found === undefined) return;
  if ('dict' in found) {
    if (found.dict !== 0n) yield* dictEntries(memory, fields, found.dict);
  } else {
    yield* splitEntries(memory, fields, found.keys, found.values);
  }
}

/** The `__dict__` of an instance whose type keeps a pointer to it, such as a module's; 0n when it has none yet. */
export function dictOf(
  memory: ObjectMemory,
  fields: ObjectFields,
  type: ObjectType,
  address: bigint,
): bigint | undefined {
  const found = attributesOf(memory, fields, type, address);
  return found !== undefined && 'dict' in found ? found.dict : undefined;
}

function attributesOf(
  memory: ObjectMemory,
  fields: ObjectFields,
  type: ObjectType,
  address: bigint,
): Attributes | undefined {
  const managed = fields.attributes !== 'dict' && (type.flags & TypeFlag.ManagedDict) !== 0;
  if (!managed) return dictAtOffset(memory, fields, type, address);
  const pointer = memory.pointer(address + BigInt(fields.managedDict));
  if (pointer === undefined) return undefined;
  switch (fields.attributes) {
    case 'two-pointers': {
      // _PyObject_ValuesPointer, 3.11: one word before that of the dict.
      const values = memory.pointer(address + BigInt(fields.managedDict - 8));
      return values ? { keys: type.cachedKeys, values } : { dict: pointer };
    }
    case 'tagged-pointer':
      // _PyDictOrValues_IsValues, 3.12: the byte before the values is what an odd pointer points at.
      return pointer % 2n === 1n ? { keys: type.cachedKeys, values: pointer + 1n } : { dict: pointer };
    default:
      return pointer !== 0n ? { dict: pointer } : inlineValues(memory, fields, type, address);
  }
}

/** _PyObject_InlineValues, 3.13+: behind the instance's own fields. */
function inlineValues(
  memory: ObjectMemory,
  fields: ObjectFields,
  type: ObjectType,
  address: bigint,
): Attributes | undefined {
  if ((type.flags & TypeFlag.InlineValues) === 0) return undefined;
  const values = address + BigInt(type.basicSize);
  const valid = memory.bytes(values + BigInt(fields.dict.valuesValid), 1)?.[0];
  return valid ? { keys: type.cachedKeys, values } : undefined;
}

/** _PyObject_GetDictPtr: a negative offset counts from the end of an object of variable size. */
function dictAtOffset(
  memory: ObjectMemory,
  fields: ObjectFields,
  type: ObjectType,
  address: bigint,
): Attributes | undefined {
  const { dictOffset, basicSize, itemSize } = type;
  if (dictOffset === 0) return undefined;
  let offset = dictOffset;
  if (dictOffset < 0) {
    const count = Math.abs(memory.size(address + BigInt(fields.varSize)) ?? 0);
    offset += Math.ceil((basicSize + itemSize * count) / 8) * 8;
  }
  if (!(offset > 0 && offset < 2 ** 40) || offset % 8 !== 0) return undefined;
  const dict = memory.pointer(address + BigInt(offset));
  return dict === undefined ? undefined : { dict };
}
