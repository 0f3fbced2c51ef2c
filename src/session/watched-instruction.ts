import type { NativeCode } from '../native.js';
import type { OperandType, OperandTypes, SeenOperands } from '../profile/profile.js';
import { disassemble, type Instruction } from '../python/disassemble.js';
import type { InstructionNames } from '../python/instruction-text.js';
import type { OpcodeTable } from '../python/opcodes.js';
import { OperandSources, type Source, slotsOf, sourceText } from '../python/operand-sources.js';
import type { Use } from '../target/objects/operand-types.js';
import type { HotInstruction } from './hot-instructions.js';

/** Instructions of one code object, as they were compiled. */
export class WatchedCode {
  readonly code: NativeCode;
  readonly names: InstructionNames;
  readonly #table: OpcodeTable;
  readonly #instructions: readonly Instruction[];
  readonly #sources: OperandSources;

  constructor(table: OpcodeTable, code: NativeCode, bytecode: Uint8Array, names: InstructionNames) {
    this.code = code;
    this.names = names;
    this.#table = table;
    this.#instructions = disassemble(table, bytecode);
    this.#sources = new OperandSources(table, this.#instructions);
  }

  /** Offset of the instruction that a place in the bytecode, such as one of its caches, belongs to. */
  owner(place: number): number {
    const one = this.#instructions.find(({ start, length }) => place >= start && place < start + length);
    return one?.offset ?? -1;
  }

  /** Nothing where no operand of it can be looked at. */
  watch(hot: HotInstruction): WatchedInstruction | undefined {
    const index = this.#instructions.findIndex(({ offset }) => offset === hot.offset);
    const one = this.#instructions[index];
    const sources = one && this.#sources.of(index);
    if (one === undefined || sources === undefined) return undefined;
    const instruction = this.#table.baseName(one.opcode);
    const attribute = attributes.test(instruction)
      ? this.names.names[nameIndex(this.#table, instruction, one)]
      : '';
    if (attribute === undefined) return undefined;
    return new WatchedInstruction(hot, this, sources, this.#sources.stretch(index, sources), {
      instruction,
      attribute,
    });
  }
}

const attributes = /^(LOAD_ATTR|LOAD_METHOD|STORE_ATTR)$/;

function nameIndex({ version }: OpcodeTable, base: string, { arg = 0 }: Instruction): number {
  return base === 'LOAD_ATTR' && version.minor >= 12 ? arg >> 1 : arg;
}

/** An instruction whose operands are looked at, and what they were. */
export class WatchedInstruction {
  readonly hot: HotInstruction;
  readonly of: WatchedCode;
  readonly sources: readonly Source[];
  /** Offsets at which a frame holds its operands. */
  readonly stretch: ReadonlySet<number>;
  readonly use: Use;
  /** Places in the frame that the operands come from. */
  readonly slots: readonly number[];
  readonly #seen = new Map<string, { types: readonly OperandType[]; looks: number }>();
  #state: number | undefined;
  #changes = 0;
  looks = 0;

  constructor(
    hot: HotInstruction,
    of: WatchedCode,
    sources: readonly Source[],
    stretch: ReadonlySet<number>,
    use: Use,
  ) {
    this.hot = hot;
    this.of = of;
    this.sources = sources;
    this.stretch = stretch;
    this.use = use;
    this.slots = sources.flatMap(slotsOf);
  }

  /**
   * Types of all operands at one instant.
   *
   * @param state the instruction as it stood there, and the counter in its cache
   */
  add(types: readonly OperandType[], state: number): void {
    this.looks++;
    if (this.#state !== undefined && this.#state !== state) this.#changes++;
    this.#state = state;
    const key = types.map(({ name, traits }) => `${name} ${traits}`).join();
    const seen = this.#seen.get(key);
    if (seen !== undefined) seen.looks++;
    else if (this.#seen.size < mostTypes) this.#seen.set(key, { types, looks: 1 });
  }

  row(): OperandTypes {
    const seen: readonly SeenOperands[] = [...this.#seen.values()].sort((a, b) => b.looks - a.looks);
    return {
      code: this.hot.id,
      offset: this.hot.offset,
      operands: this.sources.map((source) => sourceText(source, this.of.names)),
      looks: this.looks,
      changes: this.#changes,
      seen,
    };
  }
}

const mostTypes = 16;
