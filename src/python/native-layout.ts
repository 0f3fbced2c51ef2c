import type { Layout } from './layout.js';

/**
 * The layout as the native walker takes it: one number a field of native/layout.h. The strategy for a version is
 * chosen here, once, by which numbers are there; the walker has no version test.
 */
export function nativeLayout(layout: Layout): Readonly<Record<string, number>> {
  const { field, minor } = layout;
  const frameWalk = minor >= 11 ? dataStackFields(layout) : frameChainFields(layout);
  const threadEnd = Math.max(
    field('PyThreadState', 'datastack_top'),
    layout.thread.nativeThreadId,
    field('PyThreadState', 'id'),
    layout.thread.threadId,
    field('PyThreadState', 'cframe'),
    field('PyThreadState', 'current_frame'),
    field('PyThreadState', 'frame'),
  );
  return {
    interpreter_next: layout.interpreter.next,
    interpreter_id: layout.interpreter.id,
    interpreter_threads_head: layout.interpreter.threadsHead,
    ...gilFields(layout),
    thread_next: layout.thread.next,
    thread_interpreter: layout.thread.interp,
    thread_ident: layout.thread.threadId,
    thread_native_id: layout.thread.nativeThreadId,
    thread_unique_id: field('PyThreadState', 'id'),
    thread_state: minor >= 13 ? field('PyThreadState', 'state') : -1,
    thread_size: threadEnd + 8,
    ...frameWalk,
    ...codeFields(layout),
    type_name: field('PyTypeObject', 'tp_name'),
    bytes_length: field('PyVarObject', 'ob_size'),
    bytes_start: field('PyBytesObject', 'ob_sval'),
    text_length: field('PyASCIIObject', 'length'),
    text_state: field('PyASCIIObject', 'state'),
    text_ascii_start: field('PyASCIIObject', 'sizeof'),
    text_compact_start: field('PyCompactUnicodeObject', 'sizeof'),
  };
}

/**
 * From 3.12 on each interpreter points at its GIL; before, one pointer in _PyRuntime names the holder. From 3.13 on a
 * thread state says itself whether it is attached, which it is only with the GIL (_PyThreadState_Attach in
 * Python/pystate.c).
 */
function gilFields({ field, minor }: Layout) {
  const told = field('PyInterpreterState', 'ceval_gil');
  const gil = (name: string) => field('_gil_runtime_state', name);
  return {
    interpreter_gil: told >= 0 ? told : field('PyInterpreterState', 'ceval.gil'),
    gil_size: gil('sizeof'),
    gil_last_holder: gil('last_holder'),
    gil_locked: minor === 12 ? gil('locked') : -1,
    gil_switches: gil('switch_number'),
    gil_condition: gil('cond'),
    gil_mutex: gil('mutex'),
  };
}

/** To 3.10: heap objects linked by f_back (Include/frameobject.h, from 3.9 on cpython/frameobject.h). */
function frameChainFields({ field, minor }: Layout) {
  const frame = (name: string) => field('PyFrameObject', name);
  return {
    ...absent(
      'thread_cframe_frame thread_chunk thread_top chunk_previous chunk_size chunk_top chunk_first frame_function frame_owner owner_interpreter frame_stacktop frame_stackpointer frame_is_entry generator_frame generator_state generator_executing',
    ),
    thread_frame: field('PyThreadState', 'frame'),
    frame_size: Math.max(frame('f_lasti') + 4, frame('f_executing') + 1, frame('f_state') + 1),
    frame_previous: frame('f_back'),
    frame_code: frame('f_code'),
    frame_instruction: frame('f_lasti'),
    instruction_scale: minor >= 10 ? 2 : 1,
    frame_locals: frame('f_localsplus'),
    frame_executing: minor >= 10 ? frame('f_state') : frame('f_executing'),
    // 3.10: FRAME_EXECUTING is 0 (cpython/frameobject.h); before, f_executing is a flag.
    executing_value: minor >= 10 ? 0 : 1,
    popped_clears_code: 0,
    tag_mask: 0,
  };
}

/** From 3.11 on: _PyInterpreterFrame on the thread's data stack (internal/pycore_frame.h). */
function dataStackFields({ field, minor }: Layout) {
  const frame = (name: string) => field('_PyInterpreterFrame', name);
  const either = (...names: readonly string[]) => names.map(frame).find((offset) => offset >= 0) ?? -1;
  const behindCframe = minor <= 12;
  const chunk = field('_PyStackChunk', 'data');
  return {
    ...absent('frame_executing executing_value'),
    thread_frame: field('PyThreadState', behindCframe ? 'cframe' : 'current_frame'),
    thread_cframe_frame: behindCframe ? field('_PyCFrame', 'current_frame') : -1,
    thread_chunk: field('PyThreadState', 'datastack_chunk'),
    thread_top: field('PyThreadState', 'datastack_top'),
    chunk_previous: field('_PyStackChunk', 'previous'),
    chunk_size: field('_PyStackChunk', 'size'),
    chunk_top: field('_PyStackChunk', 'top'),
    chunk_first: chunk,
    frame_size: frame('localsplus'),
    frame_previous: frame('previous'),
    frame_code: either('f_executable', 'f_code'),
    frame_instruction: either('instr_ptr', 'prev_instr'),
    instruction_scale: 0,
    frame_function: either('f_funcobj', 'f_func'),
    frame_locals: frame('localsplus'),
    frame_owner: frame('owner'),
    // FRAME_OWNED_BY_CSTACK (3.12, 3.13) and FRAME_OWNED_BY_INTERPRETER (3.14+) are 3; 3.11 has no such frames.
    owner_interpreter: minor >= 12 ? 3 : 127,
    frame_stacktop: frame('stacktop'),
    frame_stackpointer: frame('stackpointer'),
    frame_is_entry: frame('is_entry'),
    popped_clears_code: minor >= 14 ? 1 : 0,
    // Py_TAG_BITS (internal/pycore_stackref.h).
    tag_mask: minor >= 14 ? 3 : 0,
    generator_frame: field('PyGenObject', 'gi_iframe'),
    generator_state: field('PyGenObject', 'gi_frame_state'),
    // FRAME_EXECUTING (internal/pycore_frame.h).
    generator_executing: minor >= 15 ? 4 : 0,
  };
}

function codeFields({ field, minor, micro }: Layout) {
  const linesTellSize = minor >= 14 || (minor === 13 && micro >= 3);
  const code = (name: string) => field('PyCodeObject', name);
  const adaptive = code('co_code_adaptive');
  return {
    code_size: adaptive >= 0 ? adaptive : code('sizeof'),
    code_type: field('PyObject', 'ob_type'),
    code_units: adaptive >= 0 ? field('PyVarObject', 'ob_size') : -1,
    code_name: code('co_name'),
    code_qualname: code('co_qualname'),
    code_filename: code('co_filename'),
    code_flags: code('co_flags'),
    code_first_line: code('co_firstlineno'),
    code_line_table: minor >= 10 ? code('co_linetable') : code('co_lnotab'),
    code_bytes: adaptive >= 0 ? -1 : code('co_code'),
    code_adaptive: adaptive,
    code_locals: code('co_nlocalsplus'),
    code_stack_size: code('co_stacksize'),
    code_frame_size: code('co_framesize'),
    code_monitoring: code('_co_monitoring'),
    code_executors: code('co_executors'),
    monitoring_lines: field('_PyCoMonitoringData', 'lines'),
    monitoring_instructions: field('_PyCoMonitoringData', 'per_instruction_opcodes'),
    // {original_opcode, line_delta} an entry; from 3.13.3 on bytes_per_entry, then entries (cpython/code.h, gh-127953).
    lines_original: linesTellSize ? 1 : 0,
    lines_stride: linesTellSize ? 0 : 2,
    executors_items: field('_PyExecutorArray', 'executors'),
    executor_opcode: field('_PyExecutorObject', 'vm_data.opcode'),
  };
}

const absent = (names: string): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name) => [name, -1]));
