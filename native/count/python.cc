#include "python.h"

#include <dlfcn.h>

namespace heavyops::count {

Api py;

namespace {

struct Wanted {
  void* into;
  const char* name;
  const char* older;  // what it was called before, or null
};

}  // namespace

const char* Api::find() {
  const Wanted all[] = {
      {&none, "_Py_NoneStruct", nullptr},
      {&true_object, "_Py_TrueStruct", nullptr},
      {&false_object, "_Py_FalseStruct", nullptr},
      {&ellipsis, "_Py_EllipsisObject", nullptr},
      {&text_type, "PyUnicode_Type", nullptr},
      {&long_type, "PyLong_Type", nullptr},
      {&bytes_type, "PyBytes_Type", nullptr},
      {&tuple_type, "PyTuple_Type", nullptr},
      {&frozenset_type, "PyFrozenSet_Type", nullptr},
      {&slice_type, "PySlice_Type", nullptr},
      {&float_type, "PyFloat_Type", nullptr},
      {&complex_type, "PyComplex_Type", nullptr},
      {&code_type, "PyCode_Type", nullptr},
      {&exc_keyboard_interrupt, "PyExc_KeyboardInterrupt", nullptr},
      {&exc_system_exit, "PyExc_SystemExit", nullptr},
      {&exc_runtime_error, "PyExc_RuntimeError", nullptr},
      {&ModuleDef_Init, "PyModuleDef_Init", nullptr},
      {&GetAttrString, "PyObject_GetAttrString", nullptr},
      {&SetAttrString, "PyObject_SetAttrString", nullptr},
      {&CallObject, "PyObject_CallObject", nullptr},
      {&Call, "PyObject_Call", nullptr},
      {&NewFunction, "PyCFunction_NewEx", nullptr},
      {&EvalCode, "PyEval_EvalCode", nullptr},
      {&CompileString, "Py_CompileStringExFlags", nullptr},
      {&SetTrace, "PyEval_SetTrace", nullptr},
      {&DictNew, "PyDict_New", nullptr},
      {&DictSetItemString, "PyDict_SetItemString", nullptr},
      {&DictGetItemString, "PyDict_GetItemString", nullptr},
      {&TupleGetItem, "PyTuple_GetItem", nullptr},
      {&TupleGetSlice, "PyTuple_GetSlice", nullptr},
      {&TupleSize, "PyTuple_Size", nullptr},
      {&BuildValue, "Py_BuildValue", nullptr},
      {&ImportModule, "PyImport_ImportModule", nullptr},
      {&LongAsLong, "PyLong_AsLong", nullptr},
      {&BytesAsStringAndSize, "PyBytes_AsStringAndSize", nullptr},
      {&TextLength, "PyUnicode_GetLength", nullptr},
      {&TextReadChar, "PyUnicode_ReadChar", nullptr},
      {&FloatAsDouble, "PyFloat_AsDouble", nullptr},
      {&ComplexReal, "PyComplex_RealAsDouble", nullptr},
      {&ComplexImaginary, "PyComplex_ImagAsDouble", nullptr},
      {&EncodeText, "PyUnicode_AsEncodedString", nullptr},
      {&ErrExceptionMatches, "PyErr_ExceptionMatches", nullptr},
      {&ErrOccurred, "PyErr_Occurred", nullptr},
      {&ErrClear, "PyErr_Clear", nullptr},
      {&ErrPrint, "PyErr_Print", nullptr},
      {&ErrSetString, "PyErr_SetString", nullptr},
      {&ErrSetObject, "PyErr_SetObject", nullptr},
      {&Decref, "Py_DecRef", nullptr},
      {&Incref, "Py_IncRef", nullptr},
      {&ThreadStateGet, "PyThreadState_Get", nullptr},
      {&RequestExtra, "PyUnstable_Eval_RequestCodeExtraIndex", "_PyEval_RequestCodeExtraIndex"},
      {&GetExtra, "PyUnstable_Code_GetExtra", "_PyCode_GetExtra"},
      {&SetExtra, "PyUnstable_Code_SetExtra", "_PyCode_SetExtra"},
  };
  for (const Wanted& one : all) {
    void* found = dlsym(RTLD_DEFAULT, one.name);
    if (found == nullptr && one.older != nullptr) found = dlsym(RTLD_DEFAULT, one.older);
    if (found == nullptr) return one.name;
    *static_cast<void**>(one.into) = found;
  }
  return nullptr;
}

}  // namespace heavyops::count
