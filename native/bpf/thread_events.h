#pragma once
#include <sys/types.h>

#include <cstdint>

#include "bpf/fd.h"

namespace heavyops::bpf {

// What runs the program for one thread: a clock that goes while the thread is on a processor, and its leaving
// one.
class ThreadEvents {
 public:
  // 0, or the errno of a refusal. `period` is in ns; `tid` in our namespace.
  int open(pid_t tid, uint64_t period, int program);
  // From now on; the tick that is due next comes after a whole period.
  void set_period(uint64_t period);
  void pause();
  void resume();
  // ns that the thread has been on processors, without pauses; 0 when it cannot be known.
  uint64_t ran() const;

 private:
  Fd switches_, clock_;
};

}  // namespace heavyops::bpf
