import { createHash } from 'node:crypto';
import { Interner } from '../lib/interner.js';
import { PairTable } from '../lib/pair-table.js';
import { lineRanges } from '../python/linetable.js';
import type { PythonVersion } from '../python/version.js';
import type {
  CodeNames,
  CodeTable,
  FrameTable,
  Opcode,
  OperandTypes,
  Profile,
  ProfileMeta,
  SourceFile,
  StackTable,
  Thread,
} from './profile.js';
import { SampleRows } from './sample-rows.js';
import { WaitRows } from './wait-rows.js';

/** A code object as the interpreter has it. */
export interface CodeObject {
  readonly name: string;
  /** co_qualname; the same as `name` where the interpreter has none (to 3.10). */
  readonly qualname: string;
  readonly filename: string;
  readonly firstLine: number;
  readonly bytecode: Uint8Array;
  readonly lineTable: Uint8Array;
}

export interface BuilderOptions {
  /** The target's CPython version: it decides how line tables are read. */
  readonly version: PythonVersion;
  /** Rows of samples kept before they are folded in time; see `SampleRows`. */
  readonly maxRows?: number;
}

/**
 * Gathers a profile. Every `add…` returns the id (the row) that later calls refer to, and gives equal things
 * the same id, save for threads. Ids stay valid for the builder's life; `build` may be called at any time.
 */
export class ProfileBuilder {
  readonly #version: PythonVersion;
  readonly #strings = new Interner<string>();
  readonly #opcodes = new Interner<Opcode>();
  readonly #codes = new Interner<CodeObject>();
  readonly #lines: LineMap[] = [];
  /** (code, offset) */
  readonly #frames = new PairTable();
  readonly #frameLines: number[] = [];
  /** (parent, frame) */
  readonly #stacks = new PairTable();
  readonly #threads: Thread[] = [];
  readonly #codeNames = new Map<number, CodeNames>();
  readonly #operandTypes = new Map<string, OperandTypes>();
  readonly #sources = new Map<number, SourceFile>();
  readonly #rows: SampleRows;
  readonly #waits = new WaitRows();

  constructor(options: BuilderOptions) {
    this.#version = options.version;
    this.#rows = new SampleRows(options.maxRows ?? 1 << 16);
  }

  /** Names of an instruction as it runs and as the compiler emitted it. */
  addOpcode(name: string, base: string): number {
    return this.#opcodes.add(`${name} ${base}`, () => Object.freeze({ name, base }));
  }

  /**
   * A code object. One that was seen before (read again later, or a copy at another address) keeps its id, and
   * its bytecode becomes the one given now: it is specialised in place.
   */
  addCode(code: CodeObject): number {
    const id = this.#codes.add(identity(code, this.#version), () => code);
    this.#codes.replace(id, code);
    return id;
  }

  /** The instruction at byte `offset` of a code object; -1 for a frame that has not begun to run. */
  addFrame(code: number, offset: number): number {
    const id = this.#frames.add(code, offset);
    if (id === this.#frameLines.length) {
      this.#frameLines.push(this.#lineOf(code, offset));
    }
    return id;
  }

  /** A frame on top of the stack `parent`, which is -1 for a root. */
  addStack(parent: number, frame: number): number {
    return this.#stacks.add(parent, frame);
  }

  addThread(thread: Thread): number {
    return this.#threads.push(Object.freeze({ ...thread })) - 1;
  }

  /** Replaces what is known of a thread: Python may name it after its first sample. */
  updateThread(id: number, changes: Partial<Thread>): void {
    const thread = this.#threads[id];
    if (thread !== undefined) {
      this.#threads[id] = Object.freeze({ ...thread, ...changes });
    }
  }

  /**
   * `count` samples of one thread, which stand for `weight` nanoseconds from `time` on. `stack` is -1 when the
   * thread could not be read, `opcode` -1 when the leaf's instruction is not known; `flags` of `SampleFlag`.
   */
  addSample(
    thread: number,
    stack: number,
    opcode: number,
    flags: number,
    time: number,
    weight: number,
    count: number,
  ): void {
    this.#rows.add(thread, stack, opcode, flags, time, weight, count);
  }

  /** A wait of `length` nanoseconds, whose time is in samples already; their `stack` and `flags`. */
  addWait(stack: number, flags: number, length: number): void {
    this.#waits.add(stack, flags, length);
  }

  /** What arguments in a code object stand for. */
  addCodeNames(names: CodeNames): void {
    this.#codeNames.set(names.code, Object.freeze(names));
  }

  /** Of which types the operands of an instruction were. Of copies of one code object those looked at most are kept. */
  addOperandTypes(row: OperandTypes): void {
    const key = `${row.code} ${row.offset}`;
    if ((this.#operandTypes.get(key)?.looks ?? 0) < row.looks)
      this.#operandTypes.set(key, Object.freeze(row));
  }

  /** The text of a file, named as code objects name it. */
  addSource(filename: string, text: string, changed: boolean): void {
    const file = this.#strings.add(filename, () => filename);
    this.#sources.set(file, Object.freeze({ file, text, changed }));
  }

  /** The profile as it stands: copies, so that more may be added and built again. */
  build(meta: ProfileMeta): Profile {
    const codes = this.#codeTable();
    return Object.freeze({
      meta: Object.freeze(meta),
      strings: Object.freeze([...this.#strings.rows]),
      opcodes: Object.freeze([...this.#opcodes.rows]),
      codes,
      frames: this.#frameTable(),
      stacks: this.#stackTable(),
      threads: Object.freeze([...this.#threads]),
      samples: Object.freeze(this.#rows.table()),
      ...(this.#waits.length > 0 ? { waits: Object.freeze(this.#waits.table()) } : {}),
      ...(this.#codeNames.size > 0 ? { codeNames: Object.freeze([...this.#codeNames.values()]) } : {}),
      ...(this.#sources.size > 0 ? { sources: Object.freeze([...this.#sources.values()]) } : {}),
      ...(this.#operandTypes.size > 0
        ? { operandTypes: Object.freeze([...this.#operandTypes.values()]) }
        : {}),
    });
  }

  #lineOf(code: number, offset: number): number {
    let lines = this.#lines[code];
    const object = this.#codes.rows[code];
    if (object === undefined) {
      return 0;
    }
    if (lines === undefined) {
      lines = new LineMap(object, this.#version);
      this.#lines[code] = lines;
    }
    return lines.at(offset);
  }

  #codeTable(): CodeTable {
    const codes = this.#codes.rows;
    const ids = (text: (code: CodeObject) => string) =>
      Uint32Array.from(codes, (code) => this.#strings.add(text(code), () => text(code)));
    return Object.freeze({
      length: codes.length,
      name: ids((code) => code.name),
      qualname: ids((code) => code.qualname),
      filename: ids((code) => code.filename),
      firstLine: Int32Array.from(codes, (code) => code.firstLine),
      bytecode: Object.freeze(codes.map((code) => code.bytecode)),
      lineTable: Object.freeze(codes.map((code) => code.lineTable)),
    });
  }

  #frameTable(): FrameTable {
    const { first, second } = this.#frames.columns();
    return Object.freeze({
      length: first.length,
      code: Uint32Array.from(first),
      offset: second,
      line: Int32Array.from(this.#frameLines),
    });
  }

  #stackTable(): StackTable {
    const { first, second } = this.#stacks.columns();
    return Object.freeze({ length: first.length, parent: first, frame: Uint32Array.from(second) });
  }
}

/**
 * What two reads of one code object have in common. From 3.11 on its bytecode changes as it runs, so it counts
 * by its length only; the line table there has columns, which tells two functions on one line apart.
 */
function identity(code: CodeObject, version: PythonVersion): string {
  const specialises = version.major > 3 || version.minor >= 11;
  const hash = createHash('sha1');
  hash.update(
    JSON.stringify([code.name, code.qualname, code.filename, code.firstLine, code.bytecode.length]),
  );
  hash.update(code.lineTable);
  if (!specialises) {
    hash.update(code.bytecode);
  }
  return hash.digest('base64');
}

/** Lines of one code object, by byte offset. */
class LineMap {
  readonly #firstLine: number;
  /** Ends of the ranges in increasing order, and the line of each. */
  readonly #ends: Int32Array;
  readonly #lines: Int32Array;

  constructor(code: CodeObject, version: PythonVersion) {
    const ranges = lineRanges(version, code.lineTable, code.firstLine, code.bytecode.length);
    this.#firstLine = code.firstLine;
    this.#ends = Int32Array.from(ranges, (range) => range.end);
    this.#lines = Int32Array.from(ranges, (range) => range.line);
  }

  /** 0 where there is none. Before the first instruction it is the first line, as in PyCode_Addr2Line. */
  at(offset: number): number {
    if (offset < 0) {
      return this.#firstLine;
    }
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] as number) <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.#lines[low] ?? 0;
  }
}
