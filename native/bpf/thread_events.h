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
  // Counts that in pauses as well from now on, by an event more. Whether it can.
  bool count_always();
  uint64_t always_ran() const;

 private:
  pid_t tid_ = 0;
  Fd switches_, clock_, always_;
};

}  // namespace heavyops::bpf
