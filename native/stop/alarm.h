#pragma once
#include <time.h>

#include <cstdint>

namespace heavyops {

// Wakes the thread that made it out of a system call at a given moment: waitid(2) knows no time limit. A
// timer sends a real-time signal, which nobody else uses, to that thread alone. It goes on sending until it
// is set anew, so one that comes right before the thread enters the kernel does no harm.
class Alarm {
 public:
  // `on_ring` is called in the signal's handler, on the thread that makes the alarm.
  Alarm(void (*on_ring)(void*), void* argument);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  bool works() const { return works_; }
  // `at` in ns of CLOCK_MONOTONIC, then every `again` ns.
  void set(uint64_t at, uint64_t again);

 private:
  timer_t timer_{};
  bool works_ = false;
};

}  // namespace heavyops
