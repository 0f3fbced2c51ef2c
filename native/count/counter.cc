// The module that `heavyops count` loads into the interpreter that it starts: it runs the program, and counts
// each instruction on the way. src/count/launch.ts starts it, with the shared file as descriptor 4 and this
// library as 3.

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "bootstrap.h"
#include "monitoring.h"
#include "python.h"
#include "store.h"
#include "tracer_311.h"

namespace heavyops::count {

namespace {

constexpr int kLibrary = 3;
constexpr int kSharedFile = 4;

template <typename Value>
Value at(const void* base, int64_t offset) {
  Value value;
  memcpy(&value, static_cast<const char*>(base) + offset, sizeof value);
  return value;
}

void put(void* base, int64_t offset, char value) { static_cast<char*>(base)[offset] = value; }

// A copy at an address that is known when it is compiled; the header is behind a pointer.
Settings settings;

Object* none() {
  py.Incref(py.none);
  return py.none;
}

// --- 3.12+: sys.monitoring calls this with the code object and the offset in bytes.

Monitor monitor;

Object* on_instruction(Object*, Object* const* args, Size) {
  // An int of up to 30 bits: longobject.h, PyLongObject.
  const auto offset = at<uint32_t>(args[1], settings.long_digit);
  const Store::Known& known = store.known(args[0]);
  // Never again here: it is counted where it goes on (borrowed.h). Such instructions are most of them, and
  // the cheapest.
  if (known.borrowed != nullptr && known.borrowed[offset / 2] != 0) {
    py.Incref(monitor.disable());
    return monitor.disable();
  }
  known.counters[offset / 2]++;
  return py.none;  // immortal from 3.12 on (PEP 683)
}

MethodDef instruction_def = {"count", reinterpret_cast<const void*>(on_instruction), kFastCall, nullptr};

// --- To 3.11: a trace function in C, which asks for opcodes on each frame's first event.

int on_trace(Object*, void* frame, int what, Object*) {
  if (what == kTraceOpcode) {
    auto* code = at<Object*>(frame, settings.frame_code);
    const auto last = at<int32_t>(frame, settings.frame_lasti);
    store.known(code).counters[last * settings.lasti_bytes / 2]++;
  } else if (what == kTraceCall) {
    put(frame, settings.frame_trace_opcodes, 1);
    put(frame, settings.frame_trace_lines, 0);
  }
  return 0;
}

void trace_this_thread() { py.SetTrace(settings.minor >= 11 ? tracer_311(settings) : on_trace, nullptr); }

Object* real_start_thread = nullptr;
Object* real_settrace = nullptr;
Object* thread_boot = nullptr;

// A thread's first function, called in the new thread: (function, arguments[, keywords]).
Object* boot_thread(Object*, Object* args) {
  trace_this_thread();
  Object* keywords = py.TupleSize(args) > 2 ? py.TupleGetItem(args, 2) : nullptr;
  return py.Call(py.TupleGetItem(args, 0), py.TupleGetItem(args, 1), keywords);
}

// _thread.start_new_thread: what is wrong with its arguments is left to the real one to say.
Object* start_thread(Object*, Object* args) {
  if (py.TupleSize(args) < 2) return py.CallObject(real_start_thread, args);
  Object* inner = py.BuildValue("(OO)", thread_boot, args);
  return inner == nullptr ? nullptr : py.CallObject(real_start_thread, inner);
}

// sys.settrace: a trace function of the program's own takes our place in its thread, and that is told.
Object* settrace(Object*, Object* args) {
  if (py.TupleSize(args) == 1 && py.TupleGetItem(args, 0) == py.none) {
    trace_this_thread();
    return none();
  }
  __atomic_fetch_or(&store.header().lacks, kTraced, __ATOMIC_RELEASE);
  return py.CallObject(real_settrace, args);
}

MethodDef boot_def = {"boot", reinterpret_cast<const void*>(boot_thread), kVarArgs, nullptr};
MethodDef start_def = {"start_new_thread", reinterpret_cast<const void*>(start_thread), kVarArgs, nullptr};
MethodDef settrace_def = {"settrace", reinterpret_cast<const void*>(settrace), kVarArgs, nullptr};

bool start_tracing() {
  Object* sys = py.ImportModule("sys");
  Object* thread = py.ImportModule("_thread");
  if (sys == nullptr || thread == nullptr) return false;
  real_start_thread = py.GetAttrString(thread, "start_new_thread");
  real_settrace = py.GetAttrString(sys, "settrace");
  thread_boot = py.NewFunction(&boot_def, nullptr, nullptr);
  Object* start = py.NewFunction(&start_def, nullptr, nullptr);
  Object* trace = py.NewFunction(&settrace_def, nullptr, nullptr);
  if (real_start_thread == nullptr || real_settrace == nullptr || start == nullptr || trace == nullptr)
    return false;
  py.SetAttrString(thread, "start_new_thread", start);
  py.SetAttrString(thread, "start_new", start);
  py.SetAttrString(sys, "settrace", trace);
  // Where the site's own files have loaded it already, it has a name of its own for that function.
  Object* modules = py.GetAttrString(sys, "modules");
  Object* threading = modules == nullptr ? nullptr : py.DictGetItemString(modules, "threading");
  if (threading != nullptr) py.SetAttrString(threading, "_start_new_thread", start);
  trace_this_thread();
  return true;
}

// --- The program.

Object* silent(Object*, Object*) { return none(); }

MethodDef silent_def = {"silent", reinterpret_cast<const void*>(silent), kVarArgs, nullptr};

// Python's own hooks (os.register_at_fork) would not do: those of modules that the site's files have loaded
// come first, and count already. glibc has pthread_atfork in no shared library, but what it calls
// (nptl/register-atfork.c).
bool watch_forks() {
  using Handler = void (*)();
  const Handler forked = [] { store.forked(); };
  using Register = int (*)(Handler, Handler, Handler, void*);
  if (auto* of_glibc = reinterpret_cast<Register>(dlsym(RTLD_DEFAULT, "__register_atfork")))
    return of_glibc(nullptr, nullptr, forked, nullptr) == 0;
  using Plain = int (*)(Handler, Handler, Handler);
  auto* plain = reinterpret_cast<Plain>(dlsym(RTLD_DEFAULT, "pthread_atfork"));
  if (plain != nullptr && plain(nullptr, nullptr, forked) == 0) return true;
  py.ErrSetString(*py.exc_runtime_error, "heavyops count: the C library does not tell of forks");
  return false;
}

// Where the thread's innermost frame is noted.
void** innermost_frame() {
  char* thread = static_cast<char*>(py.ThreadStateGet());
  if (settings.thread_cframe >= 0 && settings.cframe_frame >= 0)
    return reinterpret_cast<void**>(at<char*>(thread, settings.thread_cframe) + settings.cframe_frame);
  return reinterpret_cast<void**>(thread + settings.thread_frame);
}

// Takes the frame that has loaded us out of the program's sight. 3.15 has a frame that is below all others.
void hide_frames(void** innermost) {
  void* below = nullptr;
  if (settings.minor >= 15) {
    below = *innermost;
    while (void* previous = at<void*>(below, settings.inner_previous)) below = previous;
  }
  *innermost = below;
}

// Runs what the bootstrap has left: (function, arguments), and with a third the code that comes out runs in
// it.
Object* run_program(Object* program) {
  Object* result = py.CallObject(py.TupleGetItem(program, 0), py.TupleGetItem(program, 1));
  if (result == nullptr || py.TupleSize(program) < 3) return result;
  Object* globals = py.TupleGetItem(program, 2);
  return py.EvalCode(result, globals, globals);
}

Object* prepare(Object* module) {
  Object* code = py.CompileString(kBootstrap, "<heavyops count>", kFileInput, nullptr, -1);
  Object* globals = py.DictNew();
  Object* builtins = py.ImportModule("builtins");
  if (code == nullptr || globals == nullptr || builtins == nullptr) return nullptr;
  py.DictSetItemString(globals, "__builtins__", builtins);
  py.DictSetItemString(globals, "native", module);
  if (py.EvalCode(code, globals, globals) == nullptr) return nullptr;
  Object* program = py.DictGetItemString(globals, "program");
  py.Incref(program);
  return program;
}

// The code that has loaded us goes on when the program has ended.
bool leave_out_loader() {
  Object* sys = py.ImportModule("sys");
  Object* get = sys == nullptr ? nullptr : py.GetAttrString(sys, "_getframe");
  Object* frame = get == nullptr ? nullptr : py.CallObject(get, nullptr);
  Object* code = frame == nullptr ? nullptr : py.GetAttrString(frame, "f_code");
  return code != nullptr && store.leave_out(code);
}

Object* run(Object* module, Object*) {
  Object* program = prepare(module);
  if (program == nullptr || !watch_forks() || !leave_out_loader()) return nullptr;
  void** innermost = innermost_frame();
  void* const ours = *innermost;
  if (!(settings.monitoring != 0 ? monitor.start(&instruction_def) : start_tracing())) return nullptr;
  store.header().began = 1;
  hide_frames(innermost);
  Object* result = run_program(program);
  bool was_interrupted = false;
  if (result == nullptr) {
    was_interrupted = py.ErrExceptionMatches(*py.exc_keyboard_interrupt) != 0;
    py.ErrPrint();  // after sys.exit it does not come back
  }
  *innermost = ours;
  if (result != nullptr) return none();
  // The interpreter ends as it does after a program's exception; that of Ctrl-C ends it by the signal (3.8+).
  if (was_interrupted) {
    Object* sys = py.ImportModule("sys");
    if (sys != nullptr) py.SetAttrString(sys, "excepthook", py.NewFunction(&silent_def, nullptr, nullptr));
    py.ErrSetObject(*py.exc_keyboard_interrupt, py.none);
  } else {
    py.ErrSetObject(*py.exc_system_exit, py.BuildValue("i", 1));
  }
  return nullptr;
}

// The interpreter has to be of the version that heavyops has asked for its version.
Object* watch(Object*, Object* args) {
  Object* version = py.TupleGetItem(args, 0);
  if (py.LongAsLong(py.TupleGetItem(version, 1)) != settings.minor) {
    py.ErrSetString(*py.exc_runtime_error,
                    "heavyops count: this is another Python than the one that was asked");
    return nullptr;
  }
  return none();
}

MethodDef methods[] = {{"run", reinterpret_cast<const void*>(run), kNoArgs, nullptr},
                       {"watch", reinterpret_cast<const void*>(watch), kVarArgs, nullptr},
                       {nullptr, nullptr, 0, nullptr}};

// moduleobject.h: PyModuleDef_Base is a PyObject and three words. A PyObject is longer in a free-threaded
// build.
struct ModuleDefRest {
  void* init = nullptr;
  Size index = 0;
  void* copy = nullptr;
  const char* name = "heavyops_count";
  const char* doc = nullptr;
  Size size = 0;
  MethodDef* functions = methods;
  void *slots = nullptr, *traverse = nullptr, *clear = nullptr, *free = nullptr;
};

struct ModuleDef {
  uint64_t references = 1;
  void* type = nullptr;
  ModuleDefRest rest;
};

// object.h of 3.13: thread, flags and the local count of references, the shared one, type.
struct FreeThreadedModuleDef {
  uint64_t thread = 0, flags_and_references = ~0ul << 32, shared_references = 0;
  void* type = nullptr;
  ModuleDefRest rest;
};

ModuleDef module_def;
FreeThreadedModuleDef free_threaded_module_def;

Object* open() {
  if (const char* lacking = py.find()) {
    if (py.ErrSetString != nullptr && py.exc_runtime_error != nullptr)
      py.ErrSetString(*py.exc_runtime_error, lacking);
    return nullptr;
  }
  const bool is_open = store.open(kSharedFile);
  close(kSharedFile);
  close(kLibrary);
  if (!is_open || !store.request_extra()) {
    py.ErrSetString(*py.exc_runtime_error, "heavyops count: the memory for its counts cannot be had");
    return nullptr;
  }
  settings = store.header().settings;
  if (settings.free_threaded != 0) return py.ModuleDef_Init(&free_threaded_module_def);
  return py.ModuleDef_Init(&module_def);
}

}  // namespace

}  // namespace heavyops::count

extern "C" __attribute__((visibility("default"))) void* PyInit_heavyops_count() {
  return heavyops::count::open();
}
