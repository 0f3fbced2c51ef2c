/** @typedef {import('./target-memory.mjs').TargetMemory} TargetMemory */

/** The machine code that runs bytecode: the functions which the dispatch table leads into. */
export class InterpreterCode {
  /** @param {TargetMemory} memory @param {import('./dispatch-table.mjs').DispatchTable} table */
  constructor(memory, { entries, functions }) {
    this.functions = functions.map(({ start, end }) => ({
      start,
      end,
      bytes: memory.read(start, end - start),
    }));
    this.low = Math.min(...functions.map(({ start }) => start));
    this.high = Math.max(...functions.map(({ end }) => end));
    /** Where the code of instructions begins, with the opcodes that begin there. @type {Map<number, number[]>} */
    this.handlers = new Map();
    entries.forEach((address, index) => {
      const opcodes = this.handlers.get(address) ?? [];
      if (!opcodes.includes(index % 256)) this.handlers.set(address, [...opcodes, index % 256]);
    });
  }

  /** @param {number} pc */
  has(pc) {
    return pc >= this.low && pc < this.high && this.#functionAt(pc) !== undefined;
  }

  /** Whether one of the functions begins there. @param {number} pc */
  isEntry(pc) {
    return this.functions.some(({ start }) => start === pc);
  }

  /** Whether the instruction there jumps to a computed address: FF /4 after prefixes (Intel SDM, volume 2A).
   * @param {number} pc */
  jumpsIndirectly(pc) {
    const its = this.#functionAt(pc);
    if (its === undefined) return false;
    let at = pc - its.start;
    while (isPrefix(its.bytes[at] ?? 0)) at++;
    return its.bytes[at] === 0xff && (((its.bytes[at + 1] ?? 0) >> 3) & 7) === 4;
  }

  /**
   * The offset at which the instruction there stores a pointer into a structure, if that is what it does: REX.W 89 /r
   * with a displacement, not to the stack (Intel SDM, volume 2A). @param {number} pc
   */
  storesAt(pc) {
    const its = this.#functionAt(pc);
    if (its === undefined) return undefined;
    const at = pc - its.start;
    const [rex = 0, opcode = 0, operand = 0] = its.bytes.subarray(at, at + 3);
    const [mode, base] = [operand >> 6, (operand & 7) | ((rex & 1) << 3)];
    if ((rex & 0xf8) !== 0x48 || opcode !== 0x89 || mode !== 1 || base === 4) return undefined;
    // A register of number 12 as a base takes one byte more (SIB).
    const offset = its.bytes.readInt8(at + (base === 12 ? 4 : 3));
    return offset > 0 ? offset : undefined;
  }

  /** @param {number} pc */
  #functionAt(pc) {
    return this.functions.find(({ start, end }) => pc >= start && pc < end);
  }
}

/** @param {number} byte */
function isPrefix(byte) {
  return byte === 0x3e || byte === 0xf2 || byte === 0xf3 || (byte & 0xf0) === 0x40;
}
