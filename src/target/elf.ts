import { viewOf } from './memory.js';

/**
 * Reads the parts of an ELF file that say where things are in memory: program headers, sections, symbols. Only
 * 64-bit little-endian x86-64. The file is the target's, so every number in it is only believed within bounds;
 * what is beyond them, or not there, comes out as nothing.
 */

/** Exactly `length` bytes at `offset`, or nothing. */
export type ReadAt = (offset: number, length: number) => Uint8Array | undefined;

export interface Elf {
  /** Loaded where its addresses say, not moved. */
  readonly fixed: boolean;
  readonly segments: readonly Segment[];
  readonly sectionTable: { readonly offset: number; readonly count: number; readonly names: number };
}

/** One program header. */
export interface Segment {
  readonly type: number;
  readonly writable: boolean;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** Why a file cannot be read as an ELF of this machine. */
export type ElfProblem = 'not-elf' | '32-bit' | 'other-machine';

export const segmentTypes = { load: 1, dynamic: 2 } as const;
const sectionTypes = { symbols: 2, dynamicSymbols: 11 } as const;

const limits = {
  segments: 1024,
  sections: 65_535,
  names: 4 << 20,
  symbols: 256 << 20,
  occurrences: 4096,
} as const;
const headerSize = 64;
const segmentSize = 56;
const sectionSize = 64;
const symbolSize = 24;
const chunkSize = 1 << 20;

/** Reads the header and the program headers. */
export function readElf(readAt: ReadAt): Elf | ElfProblem {
  const header = readAt(0, headerSize);
  if (header === undefined) {
    return 'not-elf';
  }
  const view = viewOf(header);
  const problem = problemOf(view);
  if (problem !== undefined) {
    return problem;
  }
  const segments = readSegments(
    readAt,
    number64(view, 32),
    view.getUint16(54, true),
    view.getUint16(56, true),
  );
  const usableSections = view.getUint16(58, true) === sectionSize;
  return {
    fixed: view.getUint16(16, true) === 2,
    segments,
    sectionTable: {
      offset: usableSections ? number64(view, 40) : 0,
      count: view.getUint16(60, true),
      names: view.getUint16(62, true),
    },
  };
}

/** The section headers; empty when the file has none. */
export function readSections(readAt: ReadAt, { sectionTable }: Elf): readonly Section[] {
  const { offset, count, names } = sectionTable;
  const table = offset === 0 || count > limits.sections ? undefined : readAt(offset, count * sectionSize);
  if (table === undefined) {
    return [];
  }
  const view = viewOf(table);
  const nameSection = names < count ? sectionAt(view, names, '') : undefined;
  const readsNames = nameSection !== undefined && nameSection.size <= limits.names;
  const text = readsNames ? readAt(nameSection.offset, nameSection.size) : undefined;
  return Array.from({ length: count }, (_, index) =>
    sectionAt(view, index, nameAt(text, view.getUint32(index * sectionSize, true))),
  );
}

/**
 * Values of the named symbols which the file defines, local ones too. Names are looked for in the string table
 * first, and the symbol table is then compared by number: it can have hundreds of thousands of entries.
 */
export function readSymbols(
  readAt: ReadAt,
  sections: readonly Section[],
  names: readonly string[],
): Map<string, number> {
  const found = new Map<string, number>();
  const tables = sections.filter(
    ({ type }) => type === sectionTypes.symbols || type === sectionTypes.dynamicSymbols,
  );
  for (const table of tables) {
    const strings = sections[table.link];
    if (strings === undefined || strings.size > limits.symbols || table.size > limits.symbols) {
      continue;
    }
    const wanted = findNames(readAt, strings, names);
    if (wanted.size > 0) {
      collectSymbols(readAt, table, wanted, found);
    }
  }
  return found;
}

function problemOf(view: DataView): ElfProblem | undefined {
  if (view.getUint32(0, false) !== 0x7f45_4c46) {
    return 'not-elf';
  }
  const [bits, byteOrder, machine] = [view.getUint8(4), view.getUint8(5), view.getUint16(18, true)];
  if (bits === 1) {
    return '32-bit';
  }
  return bits !== 2 || byteOrder !== 1 || machine !== 62 ? 'other-machine' : undefined;
}

function readSegments(readAt: ReadAt, offset: number, entrySize: number, count: number): readonly Segment[] {
  const usable = entrySize === segmentSize && count <= limits.segments;
  const table = usable ? readAt(offset, count * segmentSize) : undefined;
  if (table === undefined) {
    return [];
  }
  const view = viewOf(table);
  return Array.from({ length: count }, (_, index) => {
    const at = index * segmentSize;
    return {
      type: view.getUint32(at, true),
      writable: (view.getUint32(at + 4, true) & 2) !== 0,
      offset: number64(view, at + 8),
      address: number64(view, at + 16),
      fileSize: number64(view, at + 32),
      memorySize: number64(view, at + 40),
    };
  });
}

function sectionAt(view: DataView, index: number, name: string): Section {
  const at = index * sectionSize;
  return {
    name,
    type: view.getUint32(at + 4, true),
    address: number64(view, at + 16),
    offset: number64(view, at + 24),
    size: number64(view, at + 32),
    link: view.getUint32(at + 40, true),
  };
}

function nameAt(text: Uint8Array | undefined, offset: number): string {
  if (text === undefined || offset >= text.length) {
    return '';
  }
  const end = text.indexOf(0, offset);
  return Buffer.from(text.subarray(offset, Math.min(end < 0 ? text.length : end, offset + 256))).toString(
    'latin1',
  );
}

/** Where in the string table each name is. A name can be the end of a longer one: linkers merge such. */
function findNames(readAt: ReadAt, strings: Section, names: readonly string[]): Map<number, string> {
  const wanted = new Map<number, string>();
  const patterns = names.map((name) => ({ name, bytes: Buffer.from(`${name}\0`, 'latin1') }));
  const overlap = Math.max(...patterns.map(({ bytes }) => bytes.length));
  forEachChunk(readAt, strings, overlap, (chunk, start) => {
    for (const { name, bytes } of patterns) {
      for (
        let at = chunk.indexOf(bytes);
        at >= 0 && wanted.size < limits.occurrences;
        at = chunk.indexOf(bytes, at + 1)
      ) {
        wanted.set(start + at, name);
      }
    }
  });
  return wanted;
}

function collectSymbols(
  readAt: ReadAt,
  table: Section,
  wanted: Map<number, string>,
  found: Map<string, number>,
): void {
  forEachChunk(readAt, table, 0, (chunk) => {
    const view = viewOf(chunk);
    for (let at = 0; at + symbolSize <= chunk.length; at += symbolSize) {
      const name = wanted.get(view.getUint32(at, true));
      if (name === undefined) {
        continue;
      }
      const value = definedValue(view, at);
      const isGlobal = (chunk[at + 4] ?? 0) >> 4 !== 0;
      if (value !== undefined && (isGlobal || !found.has(name))) {
        found.set(name, value);
      }
    }
  });
}

/** The value of the symbol entry at `at`, unless another file defines it. */
export function definedValue(view: DataView, at: number): number | undefined {
  const isDefined = view.getUint16(at + 6, true) !== 0;
  const value = number64(view, at + 8);
  return isDefined && value !== 0 ? value : undefined;
}

/** Goes through a section in chunks that are whole symbols long, each with `overlap` bytes of the one before. */
function forEachChunk(
  readAt: ReadAt,
  section: Section,
  overlap: number,
  use: (chunk: Buffer, start: number) => void,
): void {
  const step = chunkSize - (chunkSize % symbolSize);
  for (let start = 0; start < section.size; start += step) {
    const from = Math.max(0, start - overlap);
    const bytes = readAt(section.offset + from, Math.min(section.size, start + step) - from);
    if (bytes === undefined) {
      return;
    }
    use(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), from);
  }
}

/** Addresses of user space and file offsets fit a number; what does not is garbage and lies beyond every bound. */
export function number64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
