import { definedValue, type Elf, number64, segmentTypes } from './elf.js';
import { type ReadMemory, viewOf } from './memory.js';

/**
 * Addresses of the named symbols that a loaded ELF exports, found in the target's memory as its dynamic linker
 * does, through the hash table: a few small reads, and no file, which may be out of reach or replaced.
 */
export function exportedSymbols(
  read: ReadMemory,
  elf: Elf,
  bias: bigint,
  names: readonly string[],
): Map<string, bigint> {
  const found = new Map<string, bigint>();
  const tables = readDynamic(read, elf, bias);
  if (tables === undefined) {
    return found;
  }
  for (const name of names) {
    const value =
      tables.gnuHash === undefined ? findByHash(read, tables, name) : findByGnuHash(read, tables, name);
    if (value !== undefined) {
      found.set(name, BigInt(value) + bias);
    }
  }
  return found;
}

/** Addresses in the target's memory. */
interface DynamicTables {
  readonly symbols: bigint;
  readonly strings: bigint;
  readonly gnuHash: bigint | undefined;
  readonly hash: bigint | undefined;
}

const tags = { end: 0, hash: 4, strings: 5, symbols: 6, gnuHash: 0x6fff_fef5 } as const;
const largestDynamic = 64 * 1024;
/** A name's chain is a few entries long in any table that a linker made. */
const longestChain = 4096;

function readDynamic(read: ReadMemory, { segments }: Elf, bias: bigint): DynamicTables | undefined {
  const segment = segments.find(({ type }) => type === segmentTypes.dynamic);
  const size = Math.min(segment?.memorySize ?? 0, largestDynamic);
  const bytes = segment && read(BigInt(Math.trunc(segment.address)) + bias, size);
  if (bytes === undefined) {
    return undefined;
  }
  const view = viewOf(bytes);
  const values = new Map<number, bigint>();
  for (let at = 0; at + 16 <= size && number64(view, at) !== tags.end; at += 16) {
    values.set(number64(view, at), view.getBigUint64(at + 8, true));
  }
  // glibc turns these values into addresses in place, musl leaves them as they are in the file.
  const address = (tag: number) => {
    const value = values.get(tag);
    return value !== undefined && value < bias ? value + bias : value;
  };
  const [symbols, strings] = [address(tags.symbols), address(tags.strings)];
  const [gnuHash, hash] = [address(tags.gnuHash), address(tags.hash)];
  return symbols === undefined || strings === undefined ? undefined : { symbols, strings, gnuHash, hash };
}

/** Layout: buckets, first symbol, words of the Bloom filter, its shift; the filter; the buckets; the chains. */
function findByGnuHash(read: ReadMemory, tables: DynamicTables, name: string): number | undefined {
  const start = tables.gnuHash ?? 0n;
  const header = numbers32(read, start, 4);
  const [buckets = 0, firstSymbol = 0, filterWords = 0] = header ?? [];
  if (buckets === 0) {
    return undefined;
  }
  const hash = gnuHashOf(name);
  const bucketTable = start + 16n + 8n * BigInt(filterWords);
  const chainTable = bucketTable + 4n * BigInt(buckets);
  const bucket = numbers32(read, bucketTable + 4n * BigInt(hash % buckets), 1)?.[0] ?? 0;
  for (
    let symbol = bucket;
    symbol >= firstSymbol && symbol < bucket + longestChain && bucket !== 0;
    symbol++
  ) {
    const link = numbers32(read, chainTable + 4n * BigInt(symbol - firstSymbol), 1)?.[0];
    if (link === undefined) {
      return undefined;
    }
    const value = (link | 1) === (hash | 1) ? valueIfNamed(read, tables, symbol, name) : undefined;
    if (value !== undefined || (link & 1) !== 0) {
      return value;
    }
  }
  return undefined;
}

/** The older table, System V ABI: buckets, chains, then both. */
function findByHash(read: ReadMemory, tables: DynamicTables, name: string): number | undefined {
  const start = tables.hash ?? 0n;
  const [buckets = 0, chains = 0] = numbers32(read, start, 2) ?? [];
  if (buckets === 0) {
    return undefined;
  }
  const entry = (index: number) => numbers32(read, start + 8n + 4n * BigInt(index), 1)?.[0] ?? 0;
  let symbol = entry(systemVHashOf(name) % buckets);
  for (let steps = 0; symbol !== 0 && symbol < chains && steps < longestChain; steps++) {
    const value = valueIfNamed(read, tables, symbol, name);
    if (value !== undefined) {
      return value;
    }
    symbol = entry(buckets + symbol);
  }
  return undefined;
}

function valueIfNamed(
  read: ReadMemory,
  tables: DynamicTables,
  symbol: number,
  name: string,
): number | undefined {
  const entry = read(tables.symbols + 24n * BigInt(symbol), 24);
  if (entry === undefined) {
    return undefined;
  }
  const view = viewOf(entry);
  const text = read(tables.strings + BigInt(view.getUint32(0, true)), name.length + 1);
  return text !== undefined && Buffer.from(text).toString('latin1') === `${name}\0`
    ? definedValue(view, 0)
    : undefined;
}

function numbers32(read: ReadMemory, address: bigint, count: number): readonly number[] | undefined {
  const bytes = read(address, 4 * count);
  if (bytes === undefined) {
    return undefined;
  }
  const view = viewOf(bytes);
  return Array.from({ length: count }, (_, index) => view.getUint32(4 * index, true));
}

function gnuHashOf(name: string): number {
  let hash = 5381;
  for (const byte of Buffer.from(name)) {
    hash = (Math.imul(hash, 33) + byte) >>> 0;
  }
  return hash;
}

function systemVHashOf(name: string): number {
  let hash = 0;
  for (const byte of Buffer.from(name)) {
    hash = ((hash << 4) + byte) >>> 0;
    const high = hash & 0xf000_0000;
    hash = (hash ^ (high >>> 24)) & ~high;
  }
  return hash >>> 0;
}
