import type { ArgumentNames, OpcodeTable } from './opcodes.js';

/**
 * What an instruction's argument stands for, as `dis` shows it, where the instruction alone tells: the operator of
 * BINARY_OP, the intrinsic of CALL_INTRINSIC_1 and so on. Undefined for all others, such as names and constants.
 */
export function argumentText(table: OpcodeTable, opcode: number, arg: number): string | undefined {
  return meanings[table.baseName(opcode)]?.(arg, table.argumentNames, table);
}

type Meaning = (arg: number, names: ArgumentNames, table: OpcodeTable) => string | undefined;

const meanings: Readonly<Record<string, Meaning>> = {
  COMPARE_OP: (arg, names, table) => comparison(arg, names.compareOperators, table.version.minor),
  BINARY_OP: (arg, names) => names.binaryOperators[arg]?.[1],
  CALL_INTRINSIC_1: (arg, names) => names.intrinsics1[arg],
  CALL_INTRINSIC_2: (arg, names) => names.intrinsics2[arg],
  LOAD_SPECIAL: (arg, names) => names.specialMethods[arg],
  LOAD_COMMON_CONSTANT: (arg, names) => names.commonConstants[arg],
};

/** The low bits hold what the specialiser masks with (4 of them since 3.12), then whether it converts to bool (3.13). */
function comparison(arg: number, operators: readonly string[], minor: number): string | undefined {
  const shift = minor >= 13 ? 5 : minor === 12 ? 4 : 0;
  const operator = operators[arg >> shift];
  return minor >= 13 && (arg & 16) !== 0 && operator !== undefined ? `bool(${operator})` : operator;
}
