import type { NativeCode } from '../native.js';
import type { ProfileBuilder } from '../profile/builder.js';
import type { InstructionNames } from '../python/instruction-text.js';
import { codeNames } from '../target/objects/code-names.js';
import { ObjectReader } from '../target/objects/object-reader.js';
import { SourceReader } from '../target/source-reader.js';
import type { Target } from '../target/target.js';

/** What is left to be kept, and what is kept already, by all processes of a profile together. */
export class TextLimits {
  /** By the builder's id. */
  readonly codes = new Set<number>();
  readonly files = new Set<string>();
  codesLeft = 2000;
  /** Characters of all names and constants. */
  textLeft = 4_000_000;
  /** Characters of all source files. */
  sourceLeft = 8_000_000;
}

/**
 * Keeps of the program what views of its source and its instructions show: text of source files, names and constants
 * of code objects. Read soon after a code object is first seen, since it can be gone later, and bounded: leaves
 * first, a few at a time, so many in all.
 */
export class ProgramText {
  readonly #target: Target;
  readonly #builder: ProfileBuilder;
  readonly #objects: ObjectReader;
  readonly #sources: SourceReader;
  readonly #limits: TextLimits;
  readonly #leaves: Found[] = [];
  readonly #others: Found[] = [];

  constructor(target: Target, builder: ProfileBuilder, limits: TextLimits) {
    this.#limits = limits;
    this.#target = target;
    this.#builder = builder;
    this.#objects = new ObjectReader(target, mostReads);
    this.#sources = new SourceReader(target.pid);
  }

  /** A code object that was seen in a stack. */
  found(id: number, code: NativeCode): void {
    this.#others.push({ id, code });
  }

  /** One that was seen on top of a stack. */
  foundLeaf(id: number, code: NativeCode): void {
    this.#leaves.push({ id, code });
  }

  /** Reads some of what was found. */
  readSome(most = mostAtOnce): void {
    this.#objects.memory.forget();
    for (let read = 0; read < most; ) {
      const next = this.#leaves.shift() ?? this.#others.shift();
      if (next === undefined) return;
      if (this.#limits.codes.has(next.id)) continue;
      this.#limits.codes.add(next.id);
      this.#read(next);
      read++;
    }
  }

  /** Reads all that is left, within the bounds, and ends. */
  finish(): void {
    this.readSome(Number.POSITIVE_INFINITY);
    this.close();
  }

  close(): void {
    this.#sources.close();
  }

  #read({ id, code }: Found): void {
    keepSource(this.#builder, this.#limits, this.#sources, code.filename);
    keepNames(this.#builder, this.#limits, id, () =>
      codeNames(this.#objects, this.#target.layout, code.address, code),
    );
  }
}

/** Of a file that was not asked for before, as long as there is room. */
export function keepSource(
  builder: ProfileBuilder,
  limits: TextLimits,
  sources: SourceReader,
  filename: string,
): void {
  if (limits.files.has(filename) || limits.files.size >= mostFiles || limits.sourceLeft <= 0) return;
  limits.files.add(filename);
  const source = sources.read(filename);
  if (source === undefined || source.text.length > limits.sourceLeft) return;
  limits.sourceLeft -= source.text.length;
  builder.addSource(filename, source.text, source.changed);
}

/** @param read is called only where there is room */
export function keepNames(
  builder: ProfileBuilder,
  limits: TextLimits,
  code: number,
  read: () => InstructionNames | undefined,
): void {
  if (limits.codesLeft <= 0 || limits.textLeft <= 0) return;
  limits.codesLeft--;
  const found = read();
  if (found === undefined) return;
  for (const list of Object.values(found)) {
    for (const text of list) limits.textLeft -= text.length;
  }
  builder.addCodeNames({ code, ...found });
}

interface Found {
  readonly id: number;
  readonly code: NativeCode;
}

const mostAtOnce = 100;
/** Pages of the target's memory. */
const mostReads = 100_000;
const mostFiles = 500;
