#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace heavyops {

// Where an interpreter of 3.14 and later keeps what a debugger asks of it (PEP 768): offsets of its own
// _Py_DebugOffsets (Include/internal/pycore_debug_offsets.h).
struct DebuggerLayout {
  int32_t threads_head;                // PyInterpreterState
  int32_t next, interp, eval_breaker;  // PyThreadState
  int32_t pending_call, script_path;   // PyThreadState, where its _PyRemoteDebuggerSupport is added
  int32_t script_path_size;
};

// Asks threads of a CPython to run a script, as sys.remote_exec does (Python/remote_debugging.c), but with
// every thread of the process stopped for that moment: the word that says "look at me" is one that all of
// them write to. Written from outside while they run, a bit that one of them has just cleared could be set
// again, and a request to give up the GIL that nobody waits for stops the thread for good (drop_gil in
// Python/ceval_gil.c).
class ScriptRequest {
 public:
  ScriptRequest(pid_t pid, uint64_t interpreter, const DebuggerLayout& layout, std::string path);

  // Asks every thread of the interpreter that nobody else asks for something. How many were asked, or minus
  // errno: then some may have been.
  int ask();

  // Takes the request back from all that have not looked yet. How many had looked, and will run the script if
  // they have not; or minus errno, EAGAIN when the process could not be stopped.
  int take_back();

 private:
  template <typename Change>
  int each(Change change);
  template <typename Change>
  int visit(Change& change);

  pid_t pid_;
  uint64_t interpreter_;
  DebuggerLayout layout_;
  std::string path_;
};

}  // namespace heavyops
