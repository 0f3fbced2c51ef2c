#pragma once
#include <sched.h>
#include <sys/types.h>

#include <cstdint>

#include "os_threads.h"

namespace heavyops {

// Keeps the sampling thread on the processor on which the target executes bytecode, as long as that takes
// little of it. A tick begins with a timer's interrupt then: the target waits until it ends, and what is read
// is one instant. From another processor it is what that one's cache shows, which prefers some instructions
// to others. docs/accuracy.md has the figures.
class Placement {
 public:
  enum Mode { kByCost = 0, kTargets = 1, kAny = 2 };

  Placement(OsThreads& threads, Mode mode) : threads_(threads), mode_(mode) {}

  // To be called on the sampling thread: which processors it may run on at all. `period` is that of ticks, in
  // ns.
  void begin(uint64_t period);

  // After a tick. `tid` is the thread that executes bytecode, 0 if it is not known.
  void follow(pid_t tid, uint64_t now);

  // Ticks for which it was there.
  uint64_t beside() const { return beside_; }

 private:
  static constexpr int kNone = -1;

  bool is_cheap(uint64_t now);
  void move_to(int processor);

  OsThreads& threads_;
  Mode mode_;
  cpu_set_t allowed_{};
  bool possible_ = false;
  int processor_ = kNone;
  uint64_t looked_at_ = 0;  // ns: for the target's processor
  bool cheap_ = true;
  uint64_t judged_at_ = 0, used_ = 0;  // ns: when, and what the thread had used of processors by then
  uint64_t left_at_ = 0;
  uint64_t beside_ = 0;
};

// Keeps the calling thread on a processor; -1 lets it run again where it might before. False where it may not
// run there: then it stays where it was.
bool stay_on_processor(int processor);

}  // namespace heavyops
