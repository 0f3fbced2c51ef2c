import { basename } from 'node:path';
import { FunctionTable } from './function-table.mjs';
import { pointerAt } from './target-memory.mjs';

/** @typedef {import('./target-memory.mjs').TargetMemory} TargetMemory */
/** @typedef {import('./function-table.mjs').MachineFunction} MachineFunction */

/**
 * @typedef {object} DispatchTable
 * @property {readonly number[]} entries 256 addresses, or twice as many
 * @property {readonly MachineFunction[]} functions that the addresses are in
 * @property {string} path the file that has it
 */

/** The function of all handlers, and the part of it that the compiler put aside as seldom run. */
const mostFunctions = 2;
/** Of 256 entries most are the one handler for numbers without an instruction (3.6.15: 117 different ones). */
const fewestHandlers = 64;

/**
 * Finds the table that ceval.c (`opcode_targets`, Python/opcode_targets.h) jumps through, in the memory of a process:
 * 256 pointers in a row into one function. 3.15 has a second one right after it, for recording traces. No symbol is
 * needed; those builds that have symbols name the same address.
 *
 * @param {TargetMemory} memory
 * @returns {DispatchTable}
 */
export function findDispatchTable(memory) {
  const files = memory.files((path) => /^(lib)?python3/.test(basename(path)));
  const found = files.flatMap((mappings) => tablesIn(memory, mappings));
  const [table, ...others] = found;
  if (table === undefined || others.length > 0) {
    const where = files.map(([mapping]) => mapping?.path).join(' and ');
    throw new Error(`${found.length} tables in ${where} look like the one for dispatch`);
  }
  return table;
}

/** @param {TargetMemory} memory @param {ReturnType<TargetMemory['files']>[number]} mappings */
function tablesIn(memory, mappings) {
  const [first] = mappings;
  const code = mappings.filter(({ permissions }) => permissions.includes('x'));
  const pointers = mappings.filter(({ permissions }) => /^r.-/.test(permissions));
  if (first === undefined || code.length === 0) return [];
  const functions = new FunctionTable(memory, first.start);
  /** @param {number} address */
  const functionAt = (address) =>
    code.some(({ start, end }) => address >= start && address < end) ? functions.at(address) : undefined;
  return pointers
    .flatMap(({ start, end }) => runsOfPointers(memory.read(start, end - start), functionAt))
    .filter(({ entries }) => entries.length % 256 === 0 && new Set(entries).size >= fewestHandlers)
    .map((run) => ({ ...run, path: first.path }));
}

/**
 * The longest stretches of pointers into no more functions than a dispatch table needs.
 *
 * @param {Buffer} bytes
 * @param {(address: number) => MachineFunction | undefined} functionAt
 */
function runsOfPointers(bytes, functionAt) {
  /** @type {{ entries: number[], functions: MachineFunction[] }[]} */
  const runs = [];
  let run = { entries: /** @type {number[]} */ ([]), functions: /** @type {MachineFunction[]} */ ([]) };
  for (let offset = 0; offset + 8 <= bytes.length; offset += 8) {
    const address = pointerAt(bytes, offset);
    const its = functionAt(address);
    const known = its !== undefined && run.functions.some(({ start }) => start === its.start);
    if (its !== undefined && (known || run.functions.length < mostFunctions)) {
      if (!known) run.functions.push(its);
      run.entries.push(address);
      continue;
    }
    if (run.entries.length >= 256) runs.push(run);
    run = its === undefined ? { entries: [], functions: [] } : { entries: [address], functions: [its] };
  }
  return run.entries.length >= 256 ? [...runs, run] : runs;
}
