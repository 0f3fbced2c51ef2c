#pragma once
// CPython's C API as far as it is used, found in the running interpreter by name: one counter serves every
// version, and is built without any Python's headers. Only what has not changed since 3.7 is declared here;
// see Include/methodobject.h, moduleobject.h, ceval.h of CPython.

#include <cstddef>
#include <cstdint>

namespace heavyops::count {

using Object = void;  // PyObject
using Size = ptrdiff_t;

using CFunction = Object* (*)(Object* self, Object* args);
using FastFunction = Object* (*)(Object* self, Object* const* args, Size count);
using TraceFunction = int (*)(Object* self, void* frame, int what, Object* arg);

struct MethodDef {
  const char* name;
  const void* function;
  int flags;
  const char* doc;
};

constexpr int kVarArgs = 1;     // METH_VARARGS
constexpr int kNoArgs = 4;      // METH_NOARGS
constexpr int kFastCall = 128;  // METH_FASTCALL

constexpr int kFileInput = 257;     // Py_file_input
constexpr int kTraceCall = 0;       // PyTrace_CALL
constexpr int kTraceException = 1;  // PyTrace_EXCEPTION
constexpr int kTraceLine = 2;       // PyTrace_LINE
constexpr int kTraceReturn = 3;     // PyTrace_RETURN
constexpr int kTraceOpcode = 7;     // PyTrace_OPCODE

struct Api {
  Object *none, *true_object, *false_object, *ellipsis;
  Object *text_type, *long_type, *bytes_type, *tuple_type, *frozenset_type, *slice_type;
  Object *float_type, *complex_type, *code_type;
  Object** exc_keyboard_interrupt;
  Object** exc_system_exit;
  Object** exc_runtime_error;
  Object* (*ModuleDef_Init)(void*);
  Object* (*GetAttrString)(Object*, const char*);
  int (*SetAttrString)(Object*, const char*, Object*);
  Object* (*CallObject)(Object*, Object* args);
  Object* (*Call)(Object*, Object* args, Object* kwargs);
  Object* (*NewFunction)(MethodDef*, Object* self, Object* module);
  Object* (*EvalCode)(Object*, Object*, Object*);
  Object* (*CompileString)(const char*, const char*, int, void*, int);
  void (*SetTrace)(TraceFunction, Object*);
  Object* (*DictNew)();
  int (*DictSetItemString)(Object*, const char*, Object*);
  Object* (*DictGetItemString)(Object*, const char*);
  Object* (*TupleGetItem)(Object*, Size);
  Object* (*TupleGetSlice)(Object*, Size, Size);
  Size (*TupleSize)(Object*);
  Object* (*BuildValue)(const char*, ...);
  Object* (*ImportModule)(const char*);
  long (*LongAsLong)(Object*);
  int (*BytesAsStringAndSize)(Object*, char**, Size*);
  Size (*TextLength)(Object*);
  uint32_t (*TextReadChar)(Object*, Size);
  double (*FloatAsDouble)(Object*);
  double (*ComplexReal)(Object*);
  double (*ComplexImaginary)(Object*);
  Object* (*EncodeText)(Object*, const char*, const char*);
  int (*ErrExceptionMatches)(Object*);
  Object* (*ErrOccurred)();
  void (*ErrClear)();
  void (*ErrPrint)();
  void (*ErrSetString)(Object*, const char*);
  void (*ErrSetObject)(Object*, Object*);
  void (*Decref)(Object*);
  void (*Incref)(Object*);
  void* (*ThreadStateGet)();
  Size (*RequestExtra)(void (*)(void*));
  int (*GetExtra)(Object*, Size, void**);
  int (*SetExtra)(Object*, Size, void*);

  // The name of the first function that this interpreter lacks; null when all were found.
  const char* find();
};

extern Api py;

}  // namespace heavyops::count
