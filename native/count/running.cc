// Counting in a process that ran already (`heavyops count --pid`). The script that
// src/count/running/script.ts makes loads this library as an extension module and needs nothing of it
// afterwards: when the counting ends, for whatever reason, everything of it is taken out of the process from
// here.
//
// The process is somebody else's. So nothing here waits, nothing ends it, and what cannot be had is told to
// the script.

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "monitoring.h"
#include "python.h"
#include "store.h"

namespace heavyops::count {

namespace {

// Functions that are only looked for here: 3.14 and later have them. Include/internal/pycore_ceval.h has the
// last, which is called by whichever thread comes first; the one that is public, by the main thread alone.
using Pending = int (*)(void*);
struct {
  Object* (*GetGlobals)();
  Object* (*GetFrame)();
  Object* (*GetCode)(Object* frame);
  void* (*GetInterpreter)();
  void* (*ThreadHead)(void* interpreter);
  void* (*NextThread)(void* thread);
  Object* (*GetRaisedException)();
  void (*SetRaisedException)(Object*);
  int (*AddPendingCall)(Pending function, void* argument);
  int (*AddPendingCallAnywhere)(void* interpreter, Pending function, void* argument, int flags);
} api;

// All zero in a child that was forked (madvise(2), MADV_WIPEONFORK).
struct Guard {
  uint64_t armed;
  uint64_t left;  // calls until the next look
};

// What heavyops has asked every thread for: to run the script, by its path. Offsets in a thread state.
struct {
  char path[512];
  size_t length = 0;
  Size pending_call, script_path;
} asked;

Monitor monitor;
Guard* guard = nullptr;
Running* shared = nullptr;  // in the file
int descriptor = -1;        // of the file, until heavyops has opened it, too
void* library = nullptr;    // dlopen's handle of this
void* interpreter = nullptr;
Size digit = 0;
uint64_t seen_beat = 0, beat_at = 0, looked_at = 0, step = 1;
int taken_back = 0;
bool loading = false;
bool off = false;
bool silent = false;  // heavyops has not been heard of

constexpr uint64_t kPatience = 5'000'000'000;  // ns that heavyops may be silent
constexpr uint64_t kBetween = 10'000'000;      // ns between two looks, at most, as far as it can be had
constexpr uint64_t kMostCalls = 4096;          // between two looks

uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

template <typename Function>
bool find(Function& into, const char* name) {
  into = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  return into != nullptr;
}

// Has the interpreter call it, soon, when none of what calls us now is running any more.
bool call_later(Pending function, void* argument) {
  if (api.AddPendingCallAnywhere != nullptr)
    return api.AddPendingCallAnywhere(interpreter, function, argument, 0) == 0;
  return api.AddPendingCall(function, argument) == 0;
}

// Unless the program has closed it, and its number is another file's by now.
void close_file() {
  if (descriptor < 0) return;
  char path[64] = "/proc/self/fd/", link[64] = {};
  char digits[16];
  int length = 0;
  for (int rest = descriptor; length == 0 || rest > 0; rest /= 10)
    digits[length++] = static_cast<char>('0' + rest % 10);
  size_t end = strlen(path);
  while (length > 0) path[end++] = digits[--length];
  constexpr char kName[] = "/memfd:heavyops";
  if (readlink(path, link, sizeof link - 1) > 0 && strncmp(link, kName, sizeof kName - 1) == 0)
    close(descriptor);
  descriptor = -1;
}

// Takes it back from all other threads, and its path from everywhere. A thread that has looked has made a
// copy of that before it could let us run (_PyRunRemoteDebugger in Python/ceval_gil.c). How many had not
// looked.
int take_back() {
  int count = 0;
  void* thread = api.ThreadHead(interpreter);
  for (; thread != nullptr; thread = api.NextThread(thread)) {
    char* path = static_cast<char*>(thread) + asked.script_path;
    char* pending = static_cast<char*>(thread) + asked.pending_call;
    if (asked.length == 0 || strncmp(path, asked.path, asked.length + 1) != 0) continue;
    int32_t call = 0;
    memcpy(&call, pending, sizeof call);
    if (call != 0) count++;
    memset(pending, 0, sizeof call);
    memset(path, 0, asked.length);
  }
  return count;
}

// The interpreter calls this when the counting is over. What it calls after that is dlclose itself: this code
// cannot be taken away while it runs.
int finish(void*) {
  if (loading) {
    call_later(finish, nullptr);
    return 0;
  }
  if (!monitor.alone()) return 0;  // something keeps our function, and could call it: it has to stay
  monitor.release();
  if (guard != nullptr) {
    const bool forked = guard->armed == 0;
    if (!forked) __atomic_store_n(&shared->state, kGone, __ATOMIC_RELEASE);
    munmap(guard, kPage);
    guard = nullptr;
  }
  if (shared != nullptr) store.close();
  shared = nullptr;
  if (library != nullptr) call_later(dlclose, library);
  return 0;
}

void leave() {
  if (off) return;
  off = true;
  monitor.stop();
  if (monitor.is_only_tool())
    monitor.restart();
  else
    store.each_code([](Object* code) { monitor.forget(code); });
  monitor.free_id();
  close_file();
  if (silent && asked.length != 0) unlink(asked.path);  // heavyops does that as soon as we count
  if (guard != nullptr) {
    guard->left = 0;
    if (guard->armed != 0) __atomic_store_n(&shared->state, kOff, __ATOMIC_RELEASE);
  }
  // Where even that cannot be had, the rest stays, and does nothing.
  call_later(finish, nullptr);
}

// Whether to go on: not in a child that was forked, whose counts would be taken for its parent's; nor when
// heavyops has ended, in whichever way.
bool look() {
  if (off || guard->armed == 0 || __atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE) != 0) return false;
  const uint64_t now = now_ns();
  const uint64_t beat = __atomic_load_n(&shared->beat, __ATOMIC_RELAXED);
  if (beat != seen_beat) {
    seen_beat = beat;
    beat_at = now;
  } else if (now - beat_at > kPatience) {
    silent = true;
    return false;
  }
  if (descriptor >= 0 && __atomic_load_n(&shared->taken, __ATOMIC_RELAXED) != 0) close_file();
  if (now - looked_at > kBetween)
    step = step > 4 ? step / 4 : 1;
  else
    step = step < kMostCalls ? step * 2 : kMostCalls;
  looked_at = now;
  guard->left = step;
  return true;
}

Object* on_instruction(Object*, Object* const* args, Size) {
  if (__builtin_expect(guard->left == 0 || __atomic_load_n(&shared->stop, __ATOMIC_RELAXED) != 0, 0)) {
    if (!look()) {
      leave();
      return py.none;
    }
  }
  guard->left--;
  // An int of up to 30 bits: longobject.h, PyLongObject.
  uint32_t offset;
  memcpy(&offset, static_cast<const char*>(args[1]) + digit, sizeof offset);
  const Store::Known& known = store.known(args[0]);
  if (known.borrowed != nullptr && known.borrowed[offset / 2] != 0) {
    py.Incref(monitor.disable());
    return monitor.disable();
  }
  if (known.counters != nullptr) known.counters[offset / 2]++;
  return py.none;  // immortal (PEP 683)
}

MethodDef instruction_def = {"count", reinterpret_cast<const void*>(on_instruction), kFastCall, nullptr};

// What this library itself is, to dlopen: CPython never closes what it has loaded.
void* own_handle() {
  Dl_info about;
  if (dladdr(reinterpret_cast<void*>(on_instruction), &about) == 0) return nullptr;
  void* handle = dlopen(about.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  if (handle != nullptr) dlclose(handle);  // one reference is the interpreter's, which becomes ours
  return handle;
}

bool make_guard() {
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  if (madvise(page, kPage, MADV_WIPEONFORK) != 0) {
    munmap(page, kPage);
    return false;
  }
  guard = static_cast<Guard*>(page);
  guard->armed = 1;
  return true;
}

// The script's own few instructions are not the program's.
bool leave_out_script() {
  Object* frame = api.GetFrame();
  Object* code = frame == nullptr ? nullptr : api.GetCode(frame);
  if (code == nullptr) return false;
  const bool done = store.leave_out(code);
  py.Decref(code);
  return done;
}

// A variable of the script; -1 when it is no number.
Size number(Object* variables, const char* name) {
  Object* value = py.DictGetItemString(variables, name);
  return value == nullptr ? -1 : py.LongAsLong(value);
}

bool find_asked(Object* variables) {
  char* path = nullptr;
  Size length = 0;
  Object* bytes = py.DictGetItemString(variables, "path");
  asked.length = 0;
  asked.pending_call = number(variables, "pending_call");
  asked.script_path = number(variables, "script_path");
  if (bytes == nullptr || py.BytesAsStringAndSize(bytes, &path, &length) != 0 || asked.pending_call < 0 ||
      asked.script_path < 0 || static_cast<size_t>(length) >= sizeof asked.path)
    return false;
  memcpy(asked.path, path, static_cast<size_t>(length) + 1);
  asked.length = static_cast<size_t>(length);
  return true;
}

// What is missing, where something is; "" where Python tells.
const char* begin(Object* variables) {
  const Size opened = number(variables, "counters");
  if (opened < 0 || !find_asked(variables)) return "its script lacks a variable";
  if (Monitor::others_watch_instructions())
    return "another tool of sys.monitoring watches instructions already, and would lose them to us";
  if (!store.open(static_cast<int>(opened))) return "the memory for its counts cannot be had";
  shared = &store.running();
  digit = static_cast<Size>(store.header().settings.long_digit);
  if (!store.hold_codes() || !leave_out_script()) return "it has no memory left";
  if (!make_guard()) return "its kernel does not keep memory from forked processes (MADV_WIPEONFORK)";
  beat_at = looked_at = now_ns();
  taken_back = take_back();
  if (!monitor.start(&instruction_def)) return "";
  descriptor = static_cast<int>(opened);
  store.header().began = 1;
  __atomic_store_n(&shared->state, kCounting, __ATOMIC_RELEASE);
  return nullptr;
}

bool find_api() {
  find(api.AddPendingCallAnywhere, "_PyEval_AddPendingCall");
  return py.find() == nullptr && find(api.GetGlobals, "PyEval_GetGlobals") &&
         find(api.ThreadHead, "PyInterpreterState_ThreadHead") &&
         find(api.NextThread, "PyThreadState_Next") && find(api.GetFrame, "PyEval_GetFrame") &&
         find(api.GetCode, "PyFrame_GetCode") && find(api.GetInterpreter, "PyInterpreterState_Get") &&
         find(api.GetRaisedException, "PyErr_GetRaisedException") &&
         find(api.SetRaisedException, "PyErr_SetRaisedException") &&
         find(api.AddPendingCall, "Py_AddPendingCall");
}

// Sets an error in any case: no module comes out of this, and none is left in the interpreter. Whether it has
// begun, the script knows by a variable.
void load() {
  if (!find_api()) {
    if (py.ErrSetString != nullptr && py.exc_runtime_error != nullptr)
      py.ErrSetString(*py.exc_runtime_error, "this interpreter lacks a function of the C API");
    return;
  }
  if (shared != nullptr) {
    py.ErrSetString(*py.exc_runtime_error, "an earlier counting has not been taken out of it yet");
    call_later(dlclose, library);
    return;
  }
  off = silent = false;
  step = 1;
  seen_beat = 0;
  interpreter = api.GetInterpreter();
  library = own_handle();
  Object* variables = api.GetGlobals();
  const char* lacking = variables == nullptr ? "nothing runs that could have loaded it" : begin(variables);
  if (lacking == nullptr) {
    Object* count = py.BuildValue("i", taken_back);
    if (count != nullptr && py.DictSetItemString(variables, "taken_back", count) == 0) py.Decref(count);
    py.ErrSetString(*py.exc_runtime_error, "started");
    return;
  }
  Object* error = api.GetRaisedException();
  leave();
  if (error != nullptr)
    api.SetRaisedException(error);
  else
    py.ErrSetString(*py.exc_runtime_error, lacking);
}

// Nothing of this is taken away before it has returned.
void load_once() {
  loading = true;
  load();
  loading = false;
}

}  // namespace

}  // namespace heavyops::count

extern "C" __attribute__((visibility("default"))) void* PyInit_heavyops_running() {
  heavyops::count::load_once();
  return nullptr;
}

// 3.15 looks for this first (PEP 793), and opens the library once more when it is not there: that would have
// to be closed, too.
extern "C" __attribute__((visibility("default"))) void* PyModExport_heavyops_running() {
  heavyops::count::load_once();
  return nullptr;
}
