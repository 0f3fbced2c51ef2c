#include "monitoring.h"

#include <dlfcn.h>

namespace heavyops::count {

namespace {

// Calls a function of sys.monitoring and lets go of its arguments. Null with an error set.
Object* call(Object* monitoring, const char* name, Object* args) {
  Object* function = args == nullptr ? nullptr : py.GetAttrString(monitoring, name);
  Object* result = function == nullptr ? nullptr : py.CallObject(function, args);
  if (function != nullptr) py.Decref(function);
  if (args != nullptr) py.Decref(args);
  return result;
}

// The same where what comes out does not matter.
bool did(Object* monitoring, const char* name, Object* args) {
  Object* result = call(monitoring, name, args);
  if (result != nullptr) py.Decref(result);
  return result != nullptr;
}

void let_go(Object*& object) {
  Object* const old = object;
  object = nullptr;
  if (old != nullptr) py.Decref(old);
}

// 0, 1, 2 and 5 have names in sys.monitoring's documentation that other tools look for.
constexpr int kTools[] = {4, 3, 5, 2, 1, 0};

}  // namespace

bool Monitor::others_watch_instructions() {
  constexpr long kInstruction = 1 << 6;  // sys.monitoring.events.INSTRUCTION since 3.12
  Object* sys = py.ImportModule("sys");
  Object* monitoring = sys == nullptr ? nullptr : py.GetAttrString(sys, "monitoring");
  bool found = false;
  for (const int tool : kTools) {
    Object* events =
        monitoring == nullptr ? nullptr : call(monitoring, "get_events", py.BuildValue("(i)", tool));
    if (events == nullptr) continue;
    if ((py.LongAsLong(events) & kInstruction) != 0) found = true;
    py.Decref(events);
  }
  if (monitoring != nullptr) py.Decref(monitoring);
  if (sys != nullptr) py.Decref(sys);
  py.ErrClear();
  return found;
}

bool Monitor::start(MethodDef* on_instruction) {
  Object* sys = py.ImportModule("sys");
  monitoring_ = sys == nullptr ? nullptr : py.GetAttrString(sys, "monitoring");
  if (sys != nullptr) py.Decref(sys);
  if (monitoring_ == nullptr) return false;
  disable_ = py.GetAttrString(monitoring_, "DISABLE");
  function_ = py.NewFunction(on_instruction, nullptr, nullptr);
  name_ = py.BuildValue("s", "heavyops");
  Object* events = py.GetAttrString(monitoring_, "events");
  Object* instruction = events == nullptr ? nullptr : py.GetAttrString(events, "INSTRUCTION");
  if (events != nullptr) py.Decref(events);
  bool started = false;
  if (disable_ != nullptr && function_ != nullptr && name_ != nullptr && instruction != nullptr) {
    for (const int tool : kTools) {
      Object* holder = call(monitoring_, "get_tool", py.BuildValue("(i)", tool));
      if (holder == nullptr) break;
      py.Decref(holder);
      if (holder != py.none) continue;
      if (!did(monitoring_, "use_tool_id", py.BuildValue("(iO)", tool, name_))) break;
      tool_ = tool;
      started = did(monitoring_, "register_callback", py.BuildValue("(iOO)", tool, instruction, function_)) &&
                did(monitoring_, "set_events", py.BuildValue("(iO)", tool, instruction));
      break;
    }
    if (!started && py.ErrOccurred() == nullptr)
      py.ErrSetString(*py.exc_runtime_error, "every tool id of sys.monitoring is taken");
  }
  if (instruction != nullptr) py.Decref(instruction);
  return started;
}

void Monitor::stop() {
  if (tool_ < 0) return;
  Object* holder = call(monitoring_, "get_tool", py.BuildValue("(i)", tool_));
  if (holder != name_)
    tool_ = -1;
  else
    did(monitoring_, "set_events", py.BuildValue("(ii)", tool_, 0));
  if (holder != nullptr) py.Decref(holder);
  py.ErrClear();
}

bool Monitor::is_only_tool() const {
  bool others = false;
  for (const int tool : kTools) {
    Object* holder =
        tool_ < 0 || tool == tool_ ? py.none : call(monitoring_, "get_tool", py.BuildValue("(i)", tool));
    if (holder != py.none) others = true;
    if (holder != nullptr && holder != py.none) py.Decref(holder);
  }
  py.ErrClear();
  return !others;
}

void Monitor::restart() {
  if (tool_ >= 0) did(monitoring_, "restart_events", py.BuildValue("()"));
  py.ErrClear();
}

// Events of one code object, for a moment: that has the interpreter compare what its instructions are watched
// by with what they should be (_PyMonitoring_SetLocalEvents in Python/instrumentation.c).
void Monitor::forget(Object* code) {
  constexpr int kPyStart = 1;  // sys.monitoring.events.PY_START
  if (tool_ < 0) return;
  did(monitoring_, "set_local_events", py.BuildValue("(iOi)", tool_, code, kPyStart));
  did(monitoring_, "set_local_events", py.BuildValue("(iOi)", tool_, code, 0));
  py.ErrClear();
}

void Monitor::free_id() {
  if (tool_ >= 0) did(monitoring_, "free_tool_id", py.BuildValue("(i)", tool_));
  tool_ = -1;
  py.ErrClear();
}

bool Monitor::alone() const {
  using Count = Size (*)(Object*);
  auto* references = reinterpret_cast<Count>(dlsym(RTLD_DEFAULT, "Py_REFCNT"));  // a function from 3.14 on
  return function_ == nullptr || (references != nullptr && references(function_) == 1);
}

void Monitor::release() {
  let_go(function_);
  let_go(name_);
  let_go(disable_);
  let_go(monitoring_);
}

}  // namespace heavyops::count
