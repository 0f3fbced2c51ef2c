import { failedAttempts } from '../python/backoff.js';
import { disassemble, type Instruction } from '../python/disassemble.js';
import { instructionText } from '../python/instruction-text.js';
import { nowhere } from '../python/linetable/location.js';
import { positionRanges } from '../python/linetable.js';
import { type OpcodeTable, opcodeTable, type Specialisation } from '../python/opcodes.js';
import type { PythonVersion } from '../python/version.js';
import type { CodeNames, OperandTypes, Profile } from './profile.js';

/** An instruction of a code object, as it was when it was last read. */
export interface ListedInstruction {
  /** Bytes, as `dis` shows it and frames have it. */
  readonly offset: number;
  /** As it stood there, specialised or not. */
  readonly name: string;
  readonly base: string;
  readonly specialisation: Specialisation;
  /** -1 for an instruction that takes none. */
  readonly arg: number;
  /** What the argument stands for, as `dis` shows it; '' where that is not known. */
  readonly text: string;
  /** Offset that it may jump to; -1 for none. */
  readonly target: number;
  /** 1-based; 0 for none. */
  readonly line: number;
  readonly endLine: number;
  /** 0-based UTF-8 byte offsets in their lines; -1 where they are not known. */
  readonly column: number;
  readonly endColumn: number;
  /** At least so many attempts in a row to specialise it failed, by the counter in its cache (3.11+). */
  readonly failedAttempts?: number;
  /** Of which types its operands were, where they were looked at. */
  readonly operands?: OperandTypes;
}

/** Lists instructions of a profile's code objects. */
export class Listings {
  readonly #profile: Profile;
  readonly #table: OpcodeTable;
  readonly #names: ReadonlyMap<number, CodeNames>;

  /** @throws HeavyopsError UNSUPPORTED_PYTHON */
  constructor(profile: Profile) {
    this.#profile = profile;
    this.#table = opcodeTable(versionOf(profile));
    this.#names = new Map((profile.codeNames ?? []).map((names) => [names.code, names]));
  }

  /** Those of row `code` of `Profile.codes`, in order. */
  of(code: number): readonly ListedInstruction[] {
    const { codes } = this.#profile;
    const bytecode = codes.bytecode[code] ?? new Uint8Array();
    const lineTable = codes.lineTable[code] ?? new Uint8Array();
    const ranges = positionRanges(
      this.#table.version,
      lineTable,
      codes.firstLine[code] ?? 0,
      bytecode.length,
    );
    const names = this.#names.get(code);
    let range = 0;
    return disassemble(this.#table, bytecode).map((instruction): ListedInstruction => {
      while ((ranges[range]?.end ?? Number.POSITIVE_INFINITY) <= instruction.offset) range++;
      const { line, endLine, column, endColumn } = ranges[range] ?? nowhere;
      const { offset, opcode, arg = -1, target = -1 } = instruction;
      return {
        offset,
        name: this.#table.shownName(opcode),
        base: this.#table.baseName(opcode),
        specialisation: this.#table.specialisation(opcode),
        arg,
        text: instructionText(this.#table, instruction, names),
        target,
        line,
        endLine,
        column,
        endColumn,
        ...this.#failedAttempts(instruction, bytecode),
        ...this.#operandTypes(code, offset),
      };
    });
  }

  #operandTypes(code: number, offset: number): { operands?: OperandTypes } {
    const operands = this.#profile.operandTypes?.find((row) => row.code === code && row.offset === offset);
    return operands === undefined ? {} : { operands };
  }

  #failedAttempts({ offset, opcode }: Instruction, bytecode: Uint8Array): { failedAttempts?: number } {
    const { version } = this.#table;
    if (this.#table.specialisation(opcode) !== 'adaptive' || offset + 3 >= bytecode.length) return {};
    // Theirs count for the JIT (3.13+, `initial_jump_backoff_counter`; 3.15 `initial_resume_backoff_counter`).
    if (/^(JUMP_BACKWARD|RESUME)$/.test(this.#table.baseName(opcode))) return {};
    // Its cache follows, and begins with the counter (Include/internal/pycore_code.h, `_PyBinaryOpCache` and the like).
    const counter = (bytecode[offset + 2] ?? 0) | ((bytecode[offset + 3] ?? 0) << 8);
    return { failedAttempts: failedAttempts(version, counter) };
  }

  /** What became of an instruction by its name; by that alone where the version does not have it. */
  specialisation(name: string, base: string): Specialisation {
    const opcode = this.#table.opcodeByName(name);
    if (opcode !== undefined) return this.#table.specialisation(opcode);
    return name === base ? 'plain' : 'specialised';
  }
}

/**
 * Whether the interpreter puts forms for the values that it meets in place of instructions: from 3.11 on, but not in
 * the free-threaded build of 3.13 ("What's New In Python 3.13", "Free-threaded CPython").
 */
export function specialises(profile: Profile): boolean {
  const { minor } = versionOf(profile);
  return minor >= 11 && !(minor === 13 && profile.meta.target.freeThreaded);
}

/** The version that a profile is of. */
export function versionOf({ meta }: Profile): PythonVersion {
  const [major = 0, minor = 0] = meta.target.python.split('.').map((part) => Number.parseInt(part, 10));
  return { major, minor };
}
