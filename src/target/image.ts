import {
  type Elf,
  type ElfProblem,
  readElf,
  readSections,
  readSymbols,
  type Section,
  segmentTypes,
} from './elf.js';
import { exportedSymbols } from './elf-dynamic.js';
import { type MappedFile, openModule } from './files.js';
import type { Module, Range } from './maps.js';
import type { ReadMemory } from './memory.js';

/** A program or library as it lies in the target's memory. Close it when done: it may hold its file open. */
export interface Image {
  readonly module: Module;
  /** Its writable segments, zero-filled parts too. */
  readonly writable: readonly Range[];
  /** Addresses of exported symbols; needs no file. */
  exported(names: readonly string[]): Map<string, bigint>;
  /** Addresses of symbols from the file's tables, local ones too; empty when it has none or is out of reach. */
  symbols(names: readonly string[]): Map<string, bigint>;
  /** Where a section is in memory; nothing when the file has no such section or is out of reach. */
  section(name: string): Range | undefined;
  close(): void;
}

/** Looks at a module: in memory, where its start is mapped as a rule, else in its file. */
export function openImage(pid: number, module: Module, read: ReadMemory): Image | ElfProblem {
  const file = new LazyFile(() => openModule(pid, module, read));
  const elf = headersOf(module, file, read);
  const bias = typeof elf === 'string' ? undefined : biasOf(module, elf);
  if (typeof elf === 'string' || bias === undefined) {
    file.close();
    return typeof elf === 'string' ? elf : 'not-elf';
  }
  return {
    module,
    writable: writableOf(elf, bias),
    exported: (names) => exportedSymbols(read, elf, bias, names),
    symbols: (names) => {
      const found = [...readSymbols(file.readAt, file.sections(elf), names)];
      return new Map(found.map(([name, value]) => [name, BigInt(Math.trunc(value)) + bias]));
    },
    section: (name) => {
      const section = file
        .sections(elf)
        .find((candidate) => candidate.name === name && candidate.address !== 0);
      return section && rangeOf(section.address, section.size, bias);
    },
    close: () => file.close(),
  };
}

/** The file of a module, opened when something first asks for it: most answers are found without. */
class LazyFile {
  readonly #open: () => MappedFile | undefined;
  #file: MappedFile | undefined;
  #opened = false;
  #sections: readonly Section[] | undefined;

  constructor(open: () => MappedFile | undefined) {
    this.#open = open;
  }

  readonly readAt = (offset: number, length: number): Uint8Array | undefined => {
    if (!this.#opened) {
      this.#opened = true;
      this.#file = this.#open();
    }
    return this.#file?.readAt(offset, length);
  };

  /** From the file's own header: one that was found in memory can have been changed there. */
  sections(elf: Elf): readonly Section[] {
    if (this.#sections === undefined) {
      const own = readElf(this.readAt);
      this.#sections = readSections(this.readAt, typeof own === 'string' ? elf : own);
    }
    return this.#sections;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#opened = true;
  }
}

function headersOf(module: Module, file: LazyFile, read: ReadMemory): Elf | ElfProblem {
  const start = module.mappings.find(({ offset, readable }) => offset === 0 && readable);
  const size = start === undefined ? 0 : Number(start.end - start.start);
  const mapped =
    start &&
    readElf((offset, length) =>
      offset + length <= size ? read(start.start + BigInt(offset), length) : undefined,
    );
  return mapped === undefined || mapped === 'not-elf' ? readElf(file.readAt) : mapped;
}

/** What has to be added to an address in the file to get the one in memory. */
function biasOf({ mappings }: Module, { segments, fixed }: Elf): bigint | undefined {
  if (fixed) {
    return 0n;
  }
  const loaded = segments.filter(({ type }) => type === segmentTypes.load);
  for (const { offset, start } of mappings) {
    const segment = loaded.find((candidate) => pageOf(candidate.offset) === offset);
    if (segment !== undefined) {
      return start - BigInt(pageOf(segment.address));
    }
  }
  return undefined;
}

function pageOf(position: number): number {
  return position - (position % 4096);
}

function writableOf({ segments }: Elf, bias: bigint): readonly Range[] {
  return segments
    .filter(({ type, writable }) => type === segmentTypes.load && writable)
    .map(({ address, memorySize }) => rangeOf(address, memorySize, bias));
}

function rangeOf(address: number, size: number, bias: bigint): Range {
  const start = BigInt(Math.trunc(address)) + bias;
  return { start, end: start + BigInt(Math.trunc(size)) };
}
