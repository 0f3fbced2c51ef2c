#pragma once
#include "python.h"

namespace heavyops::count {

// Our tool of sys.monitoring (PEP 669), which has a function called for each instruction. Whoever calls
// anything here holds the GIL.
class Monitor {
 public:
  // Whether another tool is told of all instructions. Up to 3.15 it would not be any more when a second one
  // begins, in all code that it has seen: `per_instruction_tools` of update_instrumentation_data in
  // Python/instrumentation.c begins empty.
  static bool others_watch_instructions();

  // Begins, with the first tool id that is free. False with a Python error set.
  bool start(MethodDef* on_instruction);

  // Ends it, from inside the function, too. Tools of others are left alone, also one that has got our id. The
  // id stays ours until `free_id`.
  void stop();

  // Whoever has the id next must not find disabled what was disabled for us, and the interpreter does not see
  // to that. Where nobody else has a tool, `restart` does it for all code at once; it would enable for
  // others, too, what they have disabled. Otherwise `forget` does it for a code object.
  bool is_only_tool() const;
  void restart();
  void forget(Object* code);

  void free_id();

  // Whether nobody but us has the function any more: then it will not be called again.
  bool alone() const;

  // Lets go of what is left of it; `stop` comes before.
  void release();

  // sys.monitoring.DISABLE: never again at this place.
  Object* disable() const { return disable_; }

 private:
  int tool_ = -1;
  Object* function_ = nullptr;
  Object* name_ = nullptr;
  Object* disable_ = nullptr;
  Object* monitoring_ = nullptr;
};

}  // namespace heavyops::count
