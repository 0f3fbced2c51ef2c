import { OpcodeFlag } from './opcode-flags.js';
import type { OpcodeTable } from './opcodes.js';

/** Offsets and lengths are in bytes of the bytecode. */
export interface Instruction {
  /** Of the instruction itself, behind its EXTENDED_ARG prefixes: where `dis` shows it, and frames point to. */
  readonly offset: number;
  /** Of its first prefix; the same as `offset` when it has none. */
  readonly start: number;
  /** As it stands in the bytecode, so specialised where the interpreter did so. */
  readonly opcode: number;
  /** Its argument with the prefixes' bits; undefined for an instruction that takes none. */
  readonly arg: number | undefined;
  /** From `start` to behind its inline caches. */
  readonly length: number;
  /** Offset that it may jump to. */
  readonly target: number | undefined;
}

/**
 * What an opcode that stands for another one (INSTRUMENTED_LINE, INSTRUMENTED_INSTRUCTION, ENTER_EXECUTOR) stands
 * for, where the interpreter's own notes were read; undefined where not.
 */
export type Original = (offset: number) => number | undefined;

/**
 * The instructions of a code object in order, from its bytecode as compiled or as it is in memory. Bytes that are
 * no bytecode come out as instructions too; it never throws.
 */
export function disassemble(
  table: OpcodeTable,
  bytecode: Uint8Array,
  original?: Original,
): readonly Instruction[] {
  const instructions: Instruction[] = [];
  let start = 0;
  while (start + 1 < bytecode.length) {
    const instruction = instructionAt(table, bytecode, start, original);
    instructions.push(instruction);
    start += instruction.length;
  }
  return instructions;
}

/** The `offset` of each instruction, ascending. */
export function instructionStarts(table: OpcodeTable, bytecode: Uint8Array, original?: Original): Int32Array {
  return Int32Array.from(disassemble(table, bytecode, original), ({ offset }) => offset);
}

const unit = 2;

function instructionAt(
  table: OpcodeTable,
  bytecode: Uint8Array,
  start: number,
  original: Original | undefined,
): Instruction {
  let offset = start;
  let arg = argumentByte(bytecode, offset);
  while (isPrefix(table, bytecode, offset) && offset + unit + 1 < bytecode.length) {
    offset += unit;
    arg = (arg << 8) | argumentByte(bytecode, offset);
  }
  const opcode = bytecode[offset] ?? 0;
  const meant = original?.(offset) ?? opcode;
  const caches = cacheEntries(table, bytecode, offset, meant);
  const next = offset + unit * (1 + caches);
  return {
    offset,
    start,
    opcode,
    arg: table.has('arg', meant) ? arg >>> 0 : undefined,
    length: Math.min(next, bytecode.length) - start,
    target: jumpTarget(table, meant, next, arg),
  };
}

function argumentByte(bytecode: Uint8Array, offset: number): number {
  return bytecode[offset + 1] ?? 0;
}

function isPrefix(table: OpcodeTable, bytecode: Uint8Array, offset: number): boolean {
  return ((table.flags[bytecode[offset] ?? 0] ?? 0) & OpcodeFlag.Prefix) !== 0;
}

function cacheEntries(table: OpcodeTable, bytecode: Uint8Array, offset: number, opcode: number): number {
  // An executor may stand in place of its JUMP_BACKWARD's first EXTENDED_ARG; then no cache follows, but the rest.
  if (opcode === table.special.enterExecutor) {
    const following = table.baseName(bytecode[offset + unit] ?? 0);
    if (following === 'JUMP_BACKWARD' || following === 'EXTENDED_ARG') return 0;
  }
  return table.cacheEntries[opcode] ?? 0;
}

/** As `_get_jump_target` of Lib/dis.py: arguments count bytes up to 3.9, code units since. */
function jumpTarget(table: OpcodeTable, opcode: number, next: number, arg: number): number | undefined {
  const scale = table.version.minor >= 10 ? unit : 1;
  if (table.has('jabs', opcode)) return arg * scale;
  if (!table.has('jrel', opcode)) return undefined;
  const name = table.baseName(opcode);
  return next + (backwards.test(name) ? -arg : arg) * scale;
}

/** END_ASYNC_FOR is one from 3.14 on, and no jump before. */
const backwards = /^(JUMP_BACKWARD|POP_JUMP_BACKWARD|END_ASYNC_FOR)/;
