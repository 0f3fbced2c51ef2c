import type { ObjectFields } from './object-fields.js';
import type { ObjectMemory } from './object-memory.js';

/** The elements of a tuple or list, in order; NULL ones are 0n. It ends early where memory cannot be read. */
export interface Elements {
  readonly length: number;
  readonly each: Iterable<bigint>;
}

export function tupleElements(
  memory: ObjectMemory,
  fields: ObjectFields,
  address: bigint,
): Elements | undefined {
  const length = memory.size(address + BigInt(fields.varSize));
  return elements(memory, length, address + BigInt(fields.tupleItems));
}

export function listElements(
  memory: ObjectMemory,
  fields: ObjectFields,
  address: bigint,
): Elements | undefined {
  const length = memory.size(address + BigInt(fields.varSize));
  const start = memory.pointer(address + BigInt(fields.listItems));
  return start === undefined ? undefined : elements(memory, length, start);
}

function elements(memory: ObjectMemory, length: number | undefined, start: bigint): Elements | undefined {
  if (length === undefined || length < 0) return undefined;
  return { length, each: pointersFrom(memory, start, length) };
}

function* pointersFrom(memory: ObjectMemory, start: bigint, length: number): Generator<bigint> {
  for (let index = 0; index < length; index++) {
    const pointer = memory.pointer(start + BigInt(index) * 8n);
    if (pointer === undefined) return;
    yield pointer;
  }
}

/** The elements of a set or frozenset, in the order in which Python iterates over them. */
export function setElements(
  memory: ObjectMemory,
  { set }: ObjectFields,
  address: bigint,
): Elements | undefined {
  const length = memory.size(address + BigInt(set.used));
  const mask = memory.size(address + BigInt(set.mask));
  const table = memory.pointer(address + BigInt(set.table));
  if (length === undefined || length < 0 || mask === undefined || mask < 0 || table === undefined)
    return undefined;
  return { length, each: setEntries(memory, table, Math.min(mask + 1, mostSetSlots)) };
}

function* setEntries(memory: ObjectMemory, table: bigint, slots: number): Generator<bigint> {
  for (let slot = 0; slot < slots; slot++) {
    const entry = memory.view(table + BigInt(slot) * 16n, 16);
    if (entry === undefined) return;
    const key = entry.getBigUint64(0, true);
    // A removed element leaves a dummy with the hash -1, which no element has (Objects/setobject.c).
    if (key !== 0n && entry.getBigInt64(8, true) !== -1n) yield key;
  }
}

/** Free slots are passed over, so a sparse table takes longer than its elements are worth. */
const mostSetSlots = 1 << 17;
