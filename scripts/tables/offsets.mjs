import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { StepFailed } from '../steps.mjs';

/**
 * The table of struct offsets of one CPython, from its own headers: `offsetof` of every field below that this
 * version has, compiled (not run) by the C compiler with Py_BUILD_CORE, so the internal headers answer.
 *
 * @param {string} include the directory that holds Python.h
 * @param {readonly string[]} [defines] macros to set, as Py_GIL_DISABLED where pyconfig.h does not
 * @returns {{ file: string, text: string }} the table's file name and its content
 * @throws StepFailed with what the compiler said
 */
export function offsets(include, defines = []) {
  if (!existsSync(join(include, 'Python.h'))) throw new StepFailed(`there is no Python.h in ${include}`);
  const work = mkdtempSync(join(tmpdir(), 'heavyops-offsets-'));
  try {
    linkMultiarch(include, work);
    const made = table(include, defines, work);
    const [major, minor] = made.version;
    const file = `offsets-${major}.${minor}${made.freeThreaded ? 't' : ''}.json`;
    return { file, text: `${JSON.stringify(made, undefined, 1)}\n` };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** @param {string} text */
const words = (text) => text.trim().split(/\s+/);

/** Fields under CPython's own names; a version that lacks one simply has no such entry. */
const fields = {
  _PyRuntimeState: 'interpreters.head gilstate.tstate_current ceval.gil.last_holder ceval.gil.locked',
  PyInterpreterState: 'id next tstate_head threads.head ceval.gil sysdict modules imports.modules',
  'struct _gil_runtime_state': 'last_holder locked switch_number cond mutex',
  PyThreadState: `
    prev next interp frame cframe current_frame thread_id native_thread_id datastack_chunk datastack_top
    datastack_limit _status state id`,
  _PyCFrame: 'current_frame',
  _PyStackChunk: 'previous size top data',
  _PyInterpreterFrame: `
    f_code f_executable previous f_func f_funcobj f_locals frame_obj prev_instr instr_ptr stacktop
    stackpointer is_entry return_offset owner tlbc_index localsplus`,
  PyFrameObject: `
    f_back f_frame f_code f_valuestack f_stacktop f_stackdepth f_trace_lines f_trace_opcodes f_lasti
    f_executing f_state f_locals f_localsplus`,
  PyCodeObject: `
    co_argcount co_posonlyargcount co_kwonlyargcount co_nlocals co_stacksize co_flags co_firstlineno co_code
    co_code_adaptive co_consts co_names co_varnames co_freevars co_cellvars co_cell2arg co_localsplusnames
    co_localspluskinds co_nlocalsplus co_ncellvars co_nfreevars co_framesize co_filename co_name co_qualname
    co_lnotab co_linetable _co_linearray _co_linearray_entry_size _co_firsttraceable co_executors _co_monitoring co_tlbc co_version`,
  _PyExecutorArray: 'size executors',
  _PyExecutorObject: 'vm_data.opcode vm_data.oparg',
  _PyCoMonitoringData: 'lines per_instruction_opcodes',
  _PyCoLineInstrumentationData: 'original_opcode data bytes_per_entry',
  _PyCodeArray: 'size entries',
  PyFunctionObject: 'func_code func_qualname',
  PyMethodObject: 'im_func im_self',
  PyCFunctionObject: 'm_ml m_self',
  PyMethodDef: 'ml_name',
  PyMemberDef: 'name type offset',
  PyBaseExceptionObject: 'dict args',
  PySliceObject: 'start stop step',
  PyCellObject: 'ob_ref',
  PyGenObject: 'gi_frame gi_iframe gi_frame_state gi_name gi_qualname gi_code',
  PyObject: 'ob_refcnt ob_type',
  PyVarObject: 'ob_size',
  PyTypeObject: 'tp_name tp_basicsize tp_itemsize tp_flags tp_dictoffset tp_dict tp_base tp_mro',
  PyHeapTypeObject: 'ht_name ht_qualname ht_cached_keys',
  PyASCIIObject: 'length state wstr',
  PyCompactUnicodeObject: 'utf8_length wstr_length',
  PyUnicodeObject: 'data',
  PyBytesObject: 'ob_sval',
  PyByteArrayObject: 'ob_start',
  PyLongObject: 'ob_digit long_value.lv_tag long_value.ob_digit',
  PyFloatObject: 'ob_fval',
  PyComplexObject: 'cval',
  PyTupleObject: 'ob_item',
  PyListObject: 'ob_item',
  PySetObject: 'fill used mask table',
  setentry: 'key hash',
  PyDictObject: 'ma_used ma_keys ma_values',
  PyDictKeysObject: `
    dk_size dk_log2_size dk_log2_index_bytes dk_kind dk_lookup dk_usable dk_nentries dk_indices`,
  PyDictKeyEntry: 'me_hash me_key me_value',
  PyDictUnicodeEntry: 'me_key me_value',
  PyDateTime_Date: 'data',
  PyDateTime_Time: 'hastzinfo data tzinfo',
  PyDateTime_DateTime: 'hastzinfo data tzinfo',
  PyDateTime_Delta: 'days seconds microseconds',
  PyDictValues: 'capacity size embedded valid values',
};

/** Headers that hold them; which exist differs by version. Structs that 3.6 and 3.7 keep in .c files are below. */
const headers = words(`
  Python.h frameobject.h structmember.h datetime.h internal/pystate.h internal/pycore_pystate.h
  internal/pycore_runtime.h internal/pycore_interp.h internal/pycore_gil.h internal/pycore_frame.h
  internal/pycore_interpframe.h internal/pycore_interpframe_structs.h internal/pycore_code.h
  internal/pycore_dict.h internal/pycore_optimizer.h internal/pycore_instruments.h
  internal/pycore_genobject.h internal/pycore_function.h internal/pycore_tstate.h`);

/**
 * Debian's pyconfig.h includes the real one by a path below the parent folder, which holds a libc of its own.
 *
 * @param {string} include @param {string} work
 */
function linkMultiarch(include, work) {
  const multiarch = join('x86_64-linux-gnu', basename(include));
  if (!existsSync(join(dirname(include), multiarch))) return;
  mkdirSync(join(work, dirname(multiarch)));
  symlinkSync(resolve(dirname(include), multiarch), join(work, multiarch));
}

/** @typedef {{ struct: string, name: string, expression: string }} Item */

/** @param {string} include @param {readonly string[]} defines @param {string} work */
function table(include, defines, work) {
  const wanted = Object.entries(fields).flatMap(([struct, names]) => [
    { struct, name: 'sizeof', expression: `sizeof(${struct})` },
    ...words(names).map((name) => ({ struct, name, expression: `__builtin_offsetof(${struct}, ${name})` })),
  ]);
  const [version = 0, freeThreaded] = compile(include, defines, work, [
    { expression: 'PY_VERSION_HEX' },
    { expression: 'FREE_THREADED' },
  ]);
  const known = compilable(include, defines, work, wanted);
  const numbers = compile(include, defines, work, known);
  /** @type {Record<string, Record<string, number>>} */
  const structs = {};
  known.forEach(({ struct, name }, index) => {
    const short = struct.replace('struct ', '');
    structs[short] = { ...structs[short], [name]: numbers[index] ?? -1 };
  });
  return {
    version: [(version >> 24) & 0xff, (version >> 16) & 0xff, (version >> 8) & 0xff],
    freeThreaded: freeThreaded === 1,
    structs,
  };
}

/**
 * Those of the expressions that compile: the compiler names every line that does not.
 *
 * @param {string} include @param {readonly string[]} defines @param {string} work @param {readonly Item[]} wanted
 */
function compilable(include, defines, work, wanted) {
  const errors = run(include, defines, work, wanted).stderr;
  const bad = new Set([...errors.matchAll(/^item:(\d+):.*error:/gm)].map((match) => Number(match[1]) - 1));
  return wanted.filter((_, index) => !bad.has(index));
}

/**
 * The values of constant expressions, read from the object's assembly, so nothing of the target is run.
 *
 * @param {string} include @param {readonly string[]} defines @param {string} work
 * @param {readonly Pick<Item, 'expression'>[]} wanted
 */
function compile(include, defines, work, wanted) {
  const { stderr, assembly } = run(include, defines, work, wanted);
  if (assembly === undefined) throw new StepFailed(stderr);
  const body = assembly.slice(assembly.indexOf('\nnumbers:'));
  const numbers = [...body.matchAll(/^\s+\.(quad|zero)\s+(-?\d+)$/gm)].flatMap(([, directive, value]) =>
    directive === 'quad' ? [Number(value)] : new Array(Number(value) / 8).fill(0),
  );
  if (numbers.length < wanted.length)
    throw new Error(`expected ${wanted.length} numbers, got ${numbers.length}`);
  return numbers.slice(0, wanted.length);
}

/**
 * @param {string} include @param {readonly string[]} defines @param {string} work
 * @param {readonly Pick<Item, 'expression'>[]} wanted
 * @returns {{ stderr: string, assembly: string | undefined }}
 */
function run(include, defines, work, wanted) {
  const source = [
    '#define Py_BUILD_CORE 1',
    ...defines.map((name) => `#define ${name} 1`),
    ...headers.map((name) => `#if __has_include(<${name}>)\n#include <${name}>\n#endif`),
    // 3.6–3.10 keep the keys object in Objects/dict-common.h and 3.11 the GIL in pycore_gil.h; 3.10 has CFrame.
    '#if PY_VERSION_HEX < 0x030B0000',
    'typedef struct { Py_hash_t me_hash; PyObject *me_key; PyObject *me_value; } PyDictKeyEntry;',
    'struct _dictkeysobject { Py_ssize_t dk_refcnt, dk_size; void *dk_lookup; Py_ssize_t dk_usable, dk_nentries;',
    '  char dk_indices[]; };',
    '#endif',
    '#if PY_VERSION_HEX >= 0x030A0000 && PY_VERSION_HEX < 0x030B0000',
    '#define _PyCFrame CFrame',
    '#endif',
    // Set by pyconfig.h of a free-threaded build, or from outside.
    '#ifdef Py_GIL_DISABLED\n#define FREE_THREADED 1\n#else\n#define FREE_THREADED 0\n#endif',
    'const unsigned long long numbers[] = {',
    ...wanted.map(
      ({ expression }, index) => `#line ${index + 1} "item"\n(unsigned long long)(${expression}),`,
    ),
    '};',
  ].join('\n');
  const file = join(work, 'offsets.c');
  const out = join(work, 'offsets.s');
  writeFileSync(file, source);
  rmSync(out, { force: true });
  const folders = [include, join(include, 'internal'), work].flatMap((folder) => ['-I', folder]);
  const arguments_ = ['-S', '-w', '-fmax-errors=0', ...folders, '-o', out, file];
  try {
    execFileSync(process.env.CC ?? 'cc', arguments_, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    return { stderr: String(error.stderr), assembly: undefined };
  }
  return { stderr: '', assembly: readFileSync(out, 'utf8') };
}
