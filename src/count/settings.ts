import { layoutFor } from '../python/layout.js';
import { opcodeTable } from '../python/opcodes.js';
import type { CountedPython } from './interpreter.js';

/** The numbers of `Settings` in native/count/shared.h, in its order; -1 for what the version lacks. */
export function settingsFor({ minor, micro, freeThreaded }: CountedPython): readonly number[] {
  const { field } = layoutFor({ minor, micro, freeThreaded });
  const either = (struct: string, ...names: readonly string[]) =>
    Math.max(...names.map((name) => field(struct, name)));
  return [
    minor,
    Number(minor >= firstWithMonitoring),
    Number(freeThreaded),
    field('PyFrameObject', 'f_code'),
    field('PyFrameObject', 'f_lasti'),
    minor >= 10 ? 2 : 1, // Code units since 3.10, bytes before.
    field('PyFrameObject', 'f_frame'),
    field('_PyInterpreterFrame', 'f_code'),
    field('_PyInterpreterFrame', 'prev_instr'),
    field('PyCodeObject', 'co_code_adaptive'),
    field('PyFrameObject', 'f_trace_opcodes'),
    field('PyFrameObject', 'f_trace_lines'),
    field('PyLongObject', 'long_value.ob_digit'),
    either('PyThreadState', 'frame', 'current_frame'),
    field('PyThreadState', 'cframe'),
    field('_PyCFrame', 'current_frame'),
    field('_PyInterpreterFrame', 'previous'),
  ];
}

/** PEP 669. */
const firstWithMonitoring = 12;

/** The 256 numbers of `Kind` in native/count/shared.h. */
export function kindsFor({ minor }: CountedPython): Uint16Array {
  const table = opcodeTable({ major: 3, minor });
  return Uint16Array.from({ length: 256 }, (_, opcode) => {
    const name = table.name(opcode);
    if (minor < firstWithMonitoring || table.base(opcode) !== opcode) return 0;
    const jump = !table.has('jrel', opcode) ? 0 : name.includes('BACKWARD') ? backward : forward;
    const kind =
      name === 'EXTENDED_ARG' ? prefix : plainNames.has(name) ? plain : alikeNames.has(name) ? alike : jump;
    return kind | ((table.cacheEntries[opcode] ?? 0) << cachesShift);
  });
}

const plain = 1;
const forward = 2;
const backward = 4;
const prefix = 8;
const alike = 16;
const cachesShift = 8;

/**
 * Instructions of 3.12 and later that neither fail, nor jump, nor let go of an object (which could run anything), nor have
 * a specialised form that does more (Python/bytecodes.c).
 */
const plainNames: ReadonlySet<string> = new Set([
  'NOP',
  'LOAD_FAST',
  'LOAD_FAST_BORROW',
  'LOAD_FAST_LOAD_FAST',
  'LOAD_FAST_BORROW_LOAD_FAST_BORROW',
  'LOAD_CONST',
  'LOAD_SMALL_INT',
  'PUSH_NULL',
  'COPY',
  'SWAP',
  'KW_NAMES',
]);

/**
 * Instructions that are followed by the same ones, specialised or not. Left out is what a specialised form skips (a FOR_ITER
 * over a generator comes to END_FOR, list.append does without POP_TOP).
 */
const alikeNames: ReadonlySet<string> = new Set([
  'LOAD_ATTR',
  'STORE_ATTR',
  'COMPARE_OP',
  'CONTAINS_OP',
  'BINARY_OP',
  'BINARY_SUBSCR',
  'STORE_SUBSCR',
]);
