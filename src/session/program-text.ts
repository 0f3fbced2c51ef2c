import type { NativeCode } from '../native.js';
import type { ProfileBuilder } from '../profile/builder.js';
import { codeNames } from '../target/objects/code-names.js';
import { ObjectReader } from '../target/objects/object-reader.js';
import { SourceReader } from '../target/source-reader.js';
import type { Target } from '../target/target.js';

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
  /** By the builder's id. */
  readonly #seen = new Set<number>();
  readonly #leaves: Found[] = [];
  readonly #others: Found[] = [];
  readonly #files = new Set<string>();
  #codesLeft = mostCodes;
  #textLeft = mostText;
  #sourceLeft = mostSource;

  constructor(target: Target, builder: ProfileBuilder) {
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
      if (this.#seen.has(next.id)) continue;
      this.#seen.add(next.id);
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
    this.#readSource(code.filename);
    if (this.#codesLeft <= 0 || this.#textLeft <= 0) return;
    this.#codesLeft--;
    const found = codeNames(this.#objects, this.#target.layout, code.address, code);
    if (found === undefined) return;
    for (const list of Object.values(found)) {
      for (const text of list) this.#textLeft -= text.length;
    }
    this.#builder.addCodeNames({ code: id, ...found });
  }

  #readSource(filename: string): void {
    if (this.#files.has(filename) || this.#files.size >= mostFiles || this.#sourceLeft <= 0) return;
    this.#files.add(filename);
    const source = this.#sources.read(filename);
    if (source === undefined || source.text.length > this.#sourceLeft) return;
    this.#sourceLeft -= source.text.length;
    this.#builder.addSource(filename, source.text, source.changed);
  }
}

interface Found {
  readonly id: number;
  readonly code: NativeCode;
}

const mostCodes = 2000;
const mostAtOnce = 100;
/** Pages of the target's memory. */
const mostReads = 100_000;
/** Characters of all names and constants, and of all source files. */
const mostText = 4_000_000;
const mostSource = 8_000_000;
const mostFiles = 500;
