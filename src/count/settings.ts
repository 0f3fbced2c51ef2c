import { layoutFor } from '../python/layout.js';
import { opcodeTable } from '../python/opcodes.js';
import { objectFields } from '../target/objects/object-fields.js';
import type { CountedPython } from './interpreter.js';

/** The numbers of `Settings` in native/count/shared.h, in its order; -1 for what the version lacks. */
export function settingsFor({ minor, micro, freeThreaded }: CountedPython): readonly number[] {
  const layout = layoutFor({ minor, micro, freeThreaded });
  const { field } = layout;
  const { codeName, integer, set, slice, type, typePointer } = objectFields(layout);
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
    integer.digits,
    either('PyThreadState', 'frame', 'current_frame'),
    field('PyThreadState', 'cframe'),
    field('_PyCFrame', 'current_frame'),
    field('_PyInterpreterFrame', 'previous'),
    field('_PyInterpreterFrame', 'frame_obj'),
    field('_PyInterpreterFrame', 'stacktop'),
    field('_PyInterpreterFrame', 'localsplus'),
    field('PyCodeObject', '_co_linearray'),
    field('PyCodeObject', '_co_linearray_entry_size'),
    field('PyCodeObject', '_co_firsttraceable'),
    codeName,
    field('PyCodeObject', 'co_names'),
    field('PyCodeObject', 'co_consts'),
    either('PyCodeObject', 'co_localsplusnames', 'co_varnames'),
    field('PyCodeObject', 'co_cellvars'),
    field('PyCodeObject', 'co_freevars'),
    typePointer,
    type.name,
    integer.head,
    set.used,
    set.mask,
    set.table,
    slice,
  ];
}

/** PEP 669. */
const firstWithMonitoring = 12;

/** The 256 numbers of `Kind` in native/count/shared.h, or of `TracedKind`. */
export function kindsFor({ minor }: CountedPython): Uint16Array {
  const table = opcodeTable({ major: 3, minor });
  const more = minor === withRuns ? tracedKind : minor >= firstWithMonitoring ? monitoredKind : undefined;
  return Uint16Array.from({ length: 256 }, (_, opcode) => {
    const name = table.name(opcode);
    if (more === undefined || table.base(opcode) !== opcode) return 0;
    const jump = !table.has('jrel', opcode) ? 0 : name.includes('BACKWARD') ? backward : forward;
    const kind = name === 'EXTENDED_ARG' ? prefix : more(name) | jump;
    return kind | ((table.cacheEntries[opcode] ?? 0) << cachesShift);
  });
}

/** The one version on which runs are counted: native/count/runs.h. */
const withRuns = 11;

function monitoredKind(name: string): number {
  return plainNames.has(name) ? plain : alikeNames.has(name) ? alike : 0;
}

function tracedKind(name: string): number {
  return (
    (name === 'RESUME' ? resumes : 0) |
    (callNames.has(name) ? calls : 0) |
    (stopNames.has(name) ? stops : 0) |
    (blindNames.has(name) ? blind : 0) |
    (waitNames.has(name) ? waits : 0) |
    (pushNames.has(name) ? pushes : 0) |
    (name === 'LOAD_GLOBAL' ? pushesTwo : 0) |
    (name === 'RETURN_VALUE' ? returns : 0)
  );
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

const resumes = 1;
const calls = 16;
const stops = 32;
const blind = 64;
const waits = 128;
const pushes = 1 << 12;
const pushesTwo = 1 << 13;
const returns = 1 << 14;

/** The sets below are of 3.11: Python/ceval.c. */
const callNames: ReadonlySet<string> = new Set(['CALL', 'CALL_FUNCTION_EX']);

/** What stands behind them is not executed next. After YIELD_VALUE comes RESUME, but by way of the caller. */
const stopNames: ReadonlySet<string> = new Set([
  'JUMP_FORWARD',
  'JUMP_BACKWARD',
  'JUMP_BACKWARD_NO_INTERRUPT',
  'RETURN_VALUE',
  'RETURN_GENERATOR',
  'YIELD_VALUE',
  'RAISE_VARARGS',
  'RERAISE',
]);

/**
 * Those that go to a handler, or out of the function, without our being told; and loops around SEND, of which lines tell
 * nothing.
 */
const blindNames: ReadonlySet<string> = new Set([
  'RAISE_VARARGS', // Without an argument.
  'RERAISE',
  'END_ASYNC_FOR',
  'SEND',
  'JUMP_BACKWARD_NO_INTERRUPT',
]);

/** What these push is at the top of the stack for sure when they are done. */
const pushNames: ReadonlySet<string> = new Set(['LOAD_FAST', 'LOAD_CONST', 'LOAD_GLOBAL']);

/** Besides calls, those that wait for something in C: iterators, locks, modules. */
const waitNames: ReadonlySet<string> = new Set([
  'FOR_ITER',
  'BEFORE_WITH',
  'WITH_EXCEPT_START',
  'IMPORT_NAME',
  'IMPORT_FROM',
  'IMPORT_STAR',
  'LIST_EXTEND',
  'SET_UPDATE',
  'DICT_UPDATE',
  'DICT_MERGE',
]);
