import { HeavyopsError } from '../errors.js';

/**
 * Reads `_Py_DebugOffsets` (CPython 3.13+: Include/internal/pycore_runtime.h, from 3.14 on
 * pycore_debug_offsets.h), with which an interpreter tells where its own fields are. The struct is the target's
 * word and so untrusted: every number is checked against a bound before it is believed.
 *
 * @param bytes the first `debugOffsetsSize` bytes of the section .PyRuntime
 * @returns offsets by struct and field under CPython's names, for the fields that the profiler uses
 * @throws HeavyopsError TARGET_UNREADABLE when the cookie or a number is wrong
 */
export function decodeDebugOffsets(bytes: Uint8Array): DebugOffsets {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cookie = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  if (cookie !== debugOffsetsCookie || bytes.length < debugOffsetsSize) {
    throw unusable('it does not begin with the cookie "xdebugpy"');
  }
  const hex = Number(view.getBigUint64(8, true) & 0xffff_ffffn);
  const minor = (hex >>> 16) & 0xff;
  const names = fieldsByMinor.get(minor);
  if (names === undefined) throw unusable(`it is of the unknown version 3.${minor}`);
  const structs: Record<string, Record<string, number>> = {};
  let at = 24;
  for (const [struct, field] of names) {
    const value = view.getBigUint64(at, true);
    if (value > largestOffset) throw unusable(`the offset of ${struct}.${field} is ${value}`);
    structs[struct] = { ...structs[struct], [field]: Number(value) };
    at += 8;
  }
  return { hex, freeThreaded: view.getBigUint64(16, true) !== 0n, structs };
}

export interface DebugOffsets {
  /** The version as in PY_VERSION_HEX. */
  readonly hex: number;
  readonly freeThreaded: boolean;
  readonly structs: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const debugOffsetsCookie = 'xdebugpy';

/** Bytes to read: more than any version's struct, less than what follows it in _PyRuntime. */
export const debugOffsetsSize = 1024;

/** _PyRuntimeState is the largest struct described, about 350 kB in 3.15. */
const largestOffset = 8n << 20n;

type Field = readonly [struct: string, field: string];

const section = (struct: string, fields: string): Field[] =>
  fields.split(' ').map((field) => [struct, field] as const);

const runtime = section('_PyRuntimeState', 'sizeof finalizing interpreters.head');
const interpreterTail = 'ceval_gil gil_runtime_state gil.enabled gil.locked gil.last_holder';
const typeHead = 'sizeof tp_name tp_repr tp_flags';
const codeFields =
  'sizeof co_filename co_name co_qualname co_linetable co_firstlineno co_argcount co_localsplusnames co_localspluskinds co_code_adaptive';
const frameFields = 'sizeof previous f_executable instr_ptr localsplus owner';
const containers = [
  ...section('PyTupleObject', 'sizeof ob_item ob_size'),
  ...section('PyListObject', 'sizeof ob_item ob_size'),
];
const dictToBytes = [
  ...section('PyDictObject', 'sizeof ma_keys ma_values'),
  ...section('PyFloatObject', 'sizeof ob_fval'),
  ...section('PyLongObject', 'sizeof long_value.lv_tag long_value.ob_digit'),
  ...section('PyBytesObject', 'sizeof ob_size ob_sval'),
];
const sets = section('PySetObject', 'sizeof used table mask');
const generator = section('PyGenObject', 'sizeof gi_name gi_iframe gi_frame_state');
/** PEP 768: what of a thread state and of an interpreter state a debugger asks by. */
const debuggerSupport = [
  ...section('llist_node', 'next prev'),
  ...section('PyThreadState', 'eval_breaker remote_debugger_support'),
  ...section('PyInterpreterState', 'config.remote_debug'),
  ...section('_PyRemoteDebuggerSupport', 'debugger_pending_call debugger_script_path script_path_size'),
];

/** The struct's fields in order, after cookie, version and free_threaded. Only what precedes the last one used. */
const fieldsByMinor: ReadonlyMap<number, readonly Field[]> = new Map([
  [
    13,
    [
      ...runtime,
      ...section(
        'PyInterpreterState',
        `sizeof id next threads.head gc imports.modules sysdict builtins ${interpreterTail}`,
      ),
      ...section(
        'PyThreadState',
        'sizeof prev next interp current_frame thread_id native_thread_id datastack_chunk _status',
      ),
      ...section('_PyInterpreterFrame', frameFields),
      ...section('PyCodeObject', codeFields),
      ...section('PyObject', 'sizeof ob_type'),
      ...section('PyTypeObject', typeHead),
      ...containers,
      ...dictToBytes,
      ...section('PyASCIIObject', 'offsets_size state length sizeof'),
    ],
  ],
  [
    14,
    [
      ...runtime,
      ...section(
        'PyInterpreterState',
        `sizeof id next threads.head threads.main gc imports.modules sysdict builtins ${interpreterTail} code_object_generation tlbc_generation`,
      ),
      ...section(
        'PyThreadState',
        'sizeof prev next interp current_frame thread_id native_thread_id datastack_chunk _status',
      ),
      ...section('_PyInterpreterFrame', `${frameFields} stackpointer tlbc_index`),
      ...section('PyCodeObject', `${codeFields} co_tlbc`),
      ...section('PyObject', 'sizeof ob_type'),
      ...section('PyTypeObject', typeHead),
      ...containers,
      ...sets,
      ...dictToBytes,
      ...section('PyASCIIObject', 'offsets_size state length sizeof'),
      ...section('gc', 'sizeof collecting'),
      ...generator,
      ...debuggerSupport,
    ],
  ],
  [
    15,
    [
      ...runtime,
      ...section(
        'PyInterpreterState',
        `sizeof id next threads.head threads.main gc imports.modules sysdict builtins ${interpreterTail} code_object_generation tlbc_generation`,
      ),
      ...section(
        'PyThreadState',
        'sizeof prev next interp current_frame base_frame last_profiled_frame last_profiled_frame_seq thread_id native_thread_id datastack_chunk _status holds_gil gil_requested current_exception exc_state',
      ),
      ...section('_PyErr_StackItem', 'exc_value'),
      ...section('_PyInterpreterFrame', `${frameFields} stackpointer tlbc_index`),
      ...section('PyCodeObject', `${codeFields} co_tlbc`),
      ...section('PyObject', 'sizeof ob_type'),
      ...section('PyTypeObject', `${typeHead} tp_basicsize tp_dictoffset`),
      ...section('PyHeapTypeObject', 'sizeof ht_cached_keys'),
      ...containers,
      ...sets,
      ...dictToBytes,
      ...section('PyASCIIObject', 'offsets_size state length sizeof'),
      ...section('PyCompactUnicodeObject', 'sizeof'),
      ...section('gc', 'sizeof collecting frame generation_stats_size generation_stats'),
      ...generator,
      ...debuggerSupport,
    ],
  ],
]);

function unusable(why: string): HeavyopsError {
  return new HeavyopsError(
    'TARGET_UNREADABLE',
    `the interpreter's debug offsets cannot be used: ${why}`,
    'The process may not be a CPython, or a build whose structs were changed. Please report its version and where it comes from.',
  );
}
