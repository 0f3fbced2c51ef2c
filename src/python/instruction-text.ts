import { argumentText } from './arguments.js';
import type { Instruction } from './disassemble.js';
import type { ArgumentKind, OpcodeTable } from './opcodes.js';

/** What the arguments of one code object's instructions stand for, as text. */
export interface InstructionNames {
  /** co_names */
  readonly names: readonly string[];
  /** co_consts, as `repr` writes them, long ones cut short. */
  readonly constants: readonly string[];
  /** co_localsplusnames; to 3.10 co_varnames. */
  readonly variables: readonly string[];
  /** To 3.10 co_cellvars and co_freevars; later they are among `variables`. */
  readonly cells: readonly string[];
}

/**
 * The argument of an instruction as `dis` shows it in parentheses: a name, a constant, where a jump goes. '' where there
 * is nothing to show, or what it stands for is not known.
 *
 * @param names undefined where they could not be read
 */
export function instructionText(
  table: OpcodeTable,
  { opcode, arg, target }: Instruction,
  names: InstructionNames | undefined,
): string {
  if (arg === undefined) return '';
  if (target !== undefined) return `${table.baseName(opcode) === 'END_ASYNC_FOR' ? 'from' : 'to'} ${target}`;
  const meaning = argumentText(table, opcode, arg) ?? choices[table.baseName(opcode)]?.(arg);
  if (meaning !== undefined) return meaning;
  const kind = kinds.find((one) => table.has(one, opcode));
  return (names && kind && textOf[kind](table, table.baseName(opcode), arg, names)) ?? '';
}

type NamedKind = Extract<ArgumentKind, 'const' | 'name' | 'local' | 'free'>;

const kinds: readonly NamedKind[] = ['const', 'name', 'local', 'free'];

type TextOf = (table: OpcodeTable, base: string, arg: number, names: InstructionNames) => string | undefined;

const textOf: Readonly<Record<NamedKind, TextOf>> = {
  const: (_, __, arg, { constants }) => constants[arg],
  name: ({ version }, base, arg, { names }) => nameText(version.minor, base, arg, names),
  local: (_, base, arg, { variables }) =>
    pairs.test(base) ? pairText(variables[arg >> 4], variables[arg & 15]) : variables[arg],
  // From 3.11 on all kinds of variables are numbered together (Lib/dis.py, `_get_name_info`).
  free: ({ version }, _, arg, { variables, cells }) => (version.minor >= 11 ? variables : cells)[arg],
};

/** Two variables in one argument, 4 bits each (3.13+). */
const pairs =
  /^(LOAD_FAST_LOAD_FAST|LOAD_FAST_BORROW_LOAD_FAST_BORROW|STORE_FAST_LOAD_FAST|STORE_FAST_STORE_FAST)$/;

function pairText(first: string | undefined, second: string | undefined): string | undefined {
  return first === undefined || second === undefined ? undefined : `${first}, ${second}`;
}

/** Low bits of some say what is pushed beside the value (Lib/dis.py, `ArgResolver`; its order of words changed in 3.13). */
function nameText(minor: number, base: string, arg: number, names: readonly string[]): string | undefined {
  const { shift, pushed, else: otherwise } = nameBits(minor, base);
  const name = names[arg >> shift];
  if (name !== undefined && otherwise !== undefined && (arg & 3) === 2) return `${name} + ${otherwise}`;
  if (name === undefined || pushed === '' || (arg & 1) === 0) return name;
  return minor >= 13 ? `${name} + ${pushed}` : `${pushed} + ${name}`;
}

function nameBits(minor: number, base: string): NameBits {
  if (base === 'IMPORT_NAME' && minor >= 15) return { shift: 2, pushed: 'lazy', else: 'eager' };
  if (base === 'LOAD_GLOBAL' && minor >= 11) return { shift: 1, pushed: 'NULL' };
  if (base === 'LOAD_ATTR' && minor >= 12) return { shift: 1, pushed: 'NULL|self' };
  if (base === 'LOAD_SUPER_ATTR') return { shift: 2, pushed: 'NULL|self' };
  return { shift: 0, pushed: '' };
}

interface NameBits {
  readonly shift: number;
  /** Where the lowest bit is set. */
  readonly pushed: string;
  /** Where only the next one is. */
  readonly else?: string;
}

/** Arguments that are flags or choices, by base instruction; as in Lib/dis.py. */
const choices: Readonly<Record<string, (arg: number) => string | undefined>> = {
  IS_OP: (arg) => (arg === 0 ? 'is' : 'is not'),
  CONTAINS_OP: (arg) => (arg === 0 ? 'in' : 'not in'),
  FORMAT_VALUE: (arg) =>
    [conversions[arg & 3], (arg & 4) === 0 ? '' : 'with format'].filter((part) => part !== '').join(', '),
  CONVERT_VALUE: (arg) => conversions[arg],
  MAKE_FUNCTION: attributes,
  SET_FUNCTION_ATTRIBUTE: attributes,
};

const conversions = ['', 'str', 'repr', 'ascii'];
const functionAttributes = ['defaults', 'kwdefaults', 'annotations', 'closure', 'annotate'];

function attributes(arg: number): string {
  return functionAttributes.filter((_, bit) => (arg & (1 << bit)) !== 0).join(', ');
}
