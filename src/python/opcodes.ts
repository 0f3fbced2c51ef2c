import { HeavyopsError } from '../errors.js';
import { readFileSync } from '../lib/file-system.js';
import { opcodeFlags } from './opcode-flags.js';
import type { PythonVersion } from './version.js';

const oldestMinor = 6;
const newestMinor = 15;
const tables = new Map<number, OpcodeTable>();

/**
 * The instructions of one CPython version, read from its table on first use.
 * Throws UNSUPPORTED_PYTHON for a version without a table.
 */
export function opcodeTable({ major, minor }: PythonVersion): OpcodeTable {
  if (major !== 3 || minor < oldestMinor || minor > newestMinor) throw unsupported(major, minor);
  let table = tables.get(minor);
  if (table === undefined) {
    table = new OpcodeTable({ major, minor }, readSource(minor));
    tables.set(minor, table);
  }
  return table;
}

/** What can stand in the bytecode of one version: 256 numbers, some of which no instruction has. */
export class OpcodeTable {
  readonly version: PythonVersion;
  /** By opcode: inline cache entries, 2 bytes each, that follow the instruction, specialised or not. */
  readonly cacheEntries: Uint8Array;
  /** By opcode: bits of `OpcodeFlag`. */
  readonly flags: Uint16Array;
  /** Opcodes with a meaning to whoever walks bytecode; -1 where the version has none. */
  readonly special: SpecialOpcodes;
  /** What numbers mean as arguments: operators, intrinsics and the like. Empty where the version has none. */
  readonly argumentNames: ArgumentNames;
  readonly #names: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #bases: Uint8Array;
  readonly #arguments: Readonly<Record<ArgumentKind, ReadonlySet<number>>>;
  /** Base instructions with forms for values; made on first use. */
  #adaptive: ReadonlySet<number> | undefined;

  /** Use `opcodeTable`. */
  constructor(version: PythonVersion, source: OpcodeSource) {
    const names = Array.from({ length: 256 }, (_, opcode) => `<${opcode}>`);
    const bases = Uint8Array.from(names, (_, opcode) => opcode);
    const caches = new Uint8Array(256);
    for (const [opcode, name, base, cacheEntries] of source.instructions) {
      names[opcode] = name;
      bases[opcode] = base;
      caches[opcode] = cacheEntries;
    }
    this.version = version;
    this.#names = names;
    this.#bases = bases;
    this.#numbers = new Map(source.instructions.map(([opcode, name]) => [name, opcode]));
    this.#arguments = byKind(source.has);
    this.special = specialOpcodes(this.#numbers);
    // An executor takes the place of a JUMP_BACKWARD (3.13+) or RESUME (3.15), each of which has one cache entry;
    // CPython's table says 0, since its own walkers look the original instruction up first.
    if (this.special.enterExecutor >= 0) caches[this.special.enterExecutor] = 1;
    this.cacheEntries = caches;
    this.flags = opcodeFlags(names, bases);
    this.argumentNames = source;
  }

  /** The name of an opcode as it stands in memory, such as BINARY_OP_ADD_INT; `<N>` when no instruction has it. */
  name(opcode: number): string {
    return this.#names[opcode] ?? `<${opcode}>`;
  }

  /** The opcode that the compiler emitted where this one stands: what it is specialised or instrumented from. */
  base(opcode: number): number {
    return this.#bases[opcode] ?? opcode;
  }

  baseName(opcode: number): string {
    return this.name(this.base(opcode));
  }

  /** The name to show people: a tool's INSTRUMENTED_ form stands for the instruction it was put over. */
  shownName(opcode: number): string {
    return this.isInstrumented(opcode) ? this.baseName(opcode) : this.name(opcode);
  }

  /**
   * Whether the interpreter put it there for the values it has met. Not so for the forms of 3.11 that still wait
   * for them (`*_ADAPTIVE`) or only skip a check (`*_QUICK`).
   */
  isSpecialised(opcode: number): boolean {
    return (
      this.base(opcode) !== opcode &&
      !this.isInstrumented(opcode) &&
      !/_(ADAPTIVE|QUICK)$/.test(this.name(opcode))
    );
  }

  /**
   * What became of an instruction: 'specialised' for the values that it met; 'adaptive', it is in its general form (or
   * 3.11's `*_ADAPTIVE`), but there are special ones; 'plain', there are none.
   */
  specialisation(opcode: number): Specialisation {
    if (this.#isForValues(opcode)) return 'specialised';
    this.#adaptive ??= new Set(
      [...this.#numbers.values()].filter((one) => this.#isForValues(one)).map((one) => this.base(one)),
    );
    return this.#adaptive.has(this.base(opcode)) ? 'adaptive' : 'plain';
  }

  /**
   * Whether it is specialised for the values met, and not for its neighbour (`LOAD_FAST__LOAD_FAST`, to 3.12), for whether
   * a constant is immortal, for the JIT, or to skip a check.
   */
  #isForValues(opcode: number): boolean {
    return this.isSpecialised(opcode) && !/__|^(LOAD_CONST|RESUME|JUMP_BACKWARD)/.test(this.name(opcode));
  }

  /** Whether a tool (a debugger, coverage, `sys.monitoring`) put it there. */
  isInstrumented(opcode: number): boolean {
    return this.name(opcode).startsWith('INSTRUMENTED_');
  }

  opcodeByName(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** All names, by ascending opcode. */
  names(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  /** Whether its argument is of that kind; `arg` is any at all. */
  has(kind: ArgumentKind, opcode: number): boolean {
    return this.#arguments[kind].has(this.base(opcode));
  }
}

export type Specialisation = 'specialised' | 'adaptive' | 'plain';

export interface SpecialOpcodes {
  readonly cache: number;
  readonly extendedArg: number;
  readonly resume: number;
  readonly enterExecutor: number;
  readonly instrumentedLine: number;
  readonly instrumentedInstruction: number;
}

/** As the `has…` lists of Python's `opcode` module. */
export type ArgumentKind = 'arg' | 'const' | 'name' | 'local' | 'free' | 'compare' | 'jrel' | 'jabs';

export interface ArgumentNames {
  readonly compareOperators: readonly string[];
  /** C name and symbol, as in ["NB_ADD", "+"]. */
  readonly binaryOperators: readonly (readonly [name: string, symbol: string])[];
  readonly intrinsics1: readonly string[];
  readonly intrinsics2: readonly string[];
  readonly specialMethods: readonly string[];
  readonly commonConstants: readonly string[];
}

/** data/opcodes-3.N.json, made by `scripts/make-tables.mjs opcodes`. */
export interface OpcodeSource extends ArgumentNames {
  readonly version: string;
  /** The patch release it was made from. */
  readonly madeFrom: string;
  /** The magic number of its .pyc files: bytecode with the same one has the same opcodes. */
  readonly magic: number;
  readonly haveArgument: number;
  readonly instructions: readonly (readonly [
    opcode: number,
    name: string,
    base: number,
    cacheEntries: number,
  ])[];
  readonly has: Readonly<Record<ArgumentKind, readonly number[]>>;
  /** 3.13+, what its headers say: those with a micro-op expansion that pushes a frame. */
  readonly pushesFrame: readonly string[];
  /** 3.13+, what its headers say: those that never leave the interpreter loop for code that could be anything. */
  readonly neverEscapes: readonly string[];
}

function readSource(minor: number): OpcodeSource {
  const file = new URL(`./data/opcodes-3.${minor}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as OpcodeSource;
}

function byKind(has: OpcodeSource['has']): Readonly<Record<ArgumentKind, ReadonlySet<number>>> {
  return {
    arg: new Set(has.arg),
    const: new Set(has.const),
    name: new Set(has.name),
    local: new Set(has.local),
    free: new Set(has.free),
    compare: new Set(has.compare),
    jrel: new Set(has.jrel),
    jabs: new Set(has.jabs),
  };
}

function specialOpcodes(numbers: ReadonlyMap<string, number>): SpecialOpcodes {
  const number = (name: string) => numbers.get(name) ?? -1;
  return {
    cache: number('CACHE'),
    extendedArg: number('EXTENDED_ARG'),
    resume: number('RESUME'),
    enterExecutor: number('ENTER_EXECUTOR'),
    instrumentedLine: number('INSTRUMENTED_LINE'),
    instrumentedInstruction: number('INSTRUMENTED_INSTRUCTION'),
  };
}

function unsupported(major: number, minor: number): HeavyopsError {
  return new HeavyopsError(
    'UNSUPPORTED_PYTHON',
    `there is no opcode table for Python ${major}.${minor}`,
    `Versions 3.${oldestMinor} to 3.${newestMinor} are supported; docs/adding-a-python.md tells how the next one is added.`,
  );
}
