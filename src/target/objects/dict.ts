import type { ObjectFields } from './object-fields.js';
import type { ObjectMemory } from './object-memory.js';

/** Addresses of a key and its value. */
export type Entry = readonly [key: bigint, value: bigint];

/** The number of entries of a dict object. */
export function dictLength(
  memory: ObjectMemory,
  { dict }: ObjectFields,
  address: bigint,
): number | undefined {
  const used = memory.size(address + BigInt(dict.used));
  return used === undefined || used < 0 ? undefined : used;
}

/**
 * The entries of a dict object (or one of a subclass) in order of insertion. It ends early where memory cannot be
 * read, and after `mostEntries`.
 */
export function* dictEntries(memory: ObjectMemory, fields: ObjectFields, address: bigint): Generator<Entry> {
  const keys = memory.pointer(address + BigInt(fields.dict.keys));
  const values = memory.pointer(address + BigInt(fields.dict.values));
  if (keys === undefined || values === undefined) return;
  if (values === 0n) {
    yield* combinedEntries(memory, fields, keys);
  } else {
    yield* splitEntries(memory, fields, keys, values);
  }
}

/** A damaged count ends nowhere: this is where reading stops. */
const mostEntries = 1 << 17;

interface Keys {
  readonly first: bigint;
  readonly count: number;
  readonly form: { readonly size: number; readonly key: number; readonly value: number };
}

/** Where the entries of a PyDictKeysObject are (internal/pycore_dict.h; to 3.10 Objects/dict-common.h). */
function keysAt(memory: ObjectMemory, { dict }: ObjectFields, address: bigint): Keys | undefined {
  const count = memory.size(address + BigInt(dict.entryCount));
  const indexBytes = indexBytesOf(memory, dict, address);
  if (count === undefined || count < 0 || indexBytes === undefined) return undefined;
  // 3.11+: DICT_KEYS_GENERAL is 0; the other kinds have only str for keys, whose hash is not stored.
  const general = dict.kind < 0 || memory.bytes(address + BigInt(dict.kind), 1)?.[0] === 0;
  return {
    first: address + BigInt(dict.indices) + indexBytes,
    count: Math.min(count, mostEntries),
    form: general ? dict.entry : dict.textEntry,
  };
}

function indexBytesOf(memory: ObjectMemory, dict: ObjectFields['dict'], address: bigint): bigint | undefined {
  if (dict.tableSize < 0) {
    const log2 = memory.bytes(address + BigInt(dict.log2IndexBytes), 1)?.[0];
    return log2 === undefined || log2 > 40 ? undefined : 1n << BigInt(log2);
  }
  const size = memory.size(address + BigInt(dict.tableSize));
  if (size === undefined || size < 0 || size > 2 ** 40) return undefined;
  const width = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffff_ffff ? 4 : 8;
  return BigInt(size * width);
}

function* combinedEntries(memory: ObjectMemory, fields: ObjectFields, address: bigint): Generator<Entry> {
  const keys = keysAt(memory, fields, address);
  if (keys === undefined) return;
  const { size, key, value } = keys.form;
  for (let index = 0; index < keys.count; index++) {
    const entry = memory.view(keys.first + BigInt(index * size), size);
    if (entry === undefined) return;
    const found: Entry = [entry.getBigUint64(key, true), entry.getBigUint64(value, true)];
    if (found[0] !== 0n && found[1] !== 0n) yield found;
  }
}

/** Keys that a class's instances share, with the values of one of them (`values` as in `ma_values`). */
export function* splitEntries(
  memory: ObjectMemory,
  fields: ObjectFields,
  keysAddress: bigint,
  values: bigint,
): Generator<Entry> {
  const keys = keysAt(memory, fields, keysAddress);
  if (keys === undefined) return;
  const first = values + BigInt(Math.max(fields.dict.valuesStart, 0));
  for (const index of valueOrder(memory, fields, values, keys.count)) {
    if (index >= keys.count) continue;
    const key = memory.pointer(keys.first + BigInt(index * keys.form.size + keys.form.key));
    const value = memory.pointer(first + BigInt(index * 8));
    if (key === undefined || value === undefined) return;
    if (key !== 0n && value !== 0n) yield [key, value];
  }
}

/** A class shares at most 30 keys (SHARED_KEYS_MAX_SIZE); to 3.10 there was no such bound, but a size all the same. */
const mostSharedKeys = 4096;

/** Indices of the values in order of insertion; to 3.10 that is the order of the keys. */
function valueOrder(
  memory: ObjectMemory,
  { dict }: ObjectFields,
  values: bigint,
  count: number,
): Iterable<number> {
  if (!dict.hasOrder) return Array.from({ length: Math.min(count, mostSharedKeys) }, (_, index) => index);
  if (dict.valuesCapacity < 0) {
    // 3.11, 3.12: a prefix before the values, growing downwards: [-1] its size, [-2] the count, [-3 - i] the order.
    const used = memory.bytes(values - 2n, 1)?.[0] ?? 0;
    return (
      memory
        .bytes(values - 2n - BigInt(used), used)
        ?.slice()
        .reverse() ?? []
    );
  }
  const used = memory.bytes(values + BigInt(dict.valuesSize), 1)?.[0] ?? 0;
  const capacity = memory.bytes(values + BigInt(dict.valuesCapacity), 1)?.[0] ?? 0;
  return memory.bytes(values + BigInt(dict.valuesStart + capacity * 8), used) ?? [];
}
