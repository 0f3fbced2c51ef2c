#pragma once
#include <vector>

#include "timer.h"
#include "walk/walker.h"

namespace heavyops {

// What an instant showed of one thread.
struct ThreadSample {
  int32_t thread = -1;  // row in the reader's threads
  WalkStatus status = WalkStatus::kUnreadable;
  bool holds_gil = false;
  bool changed = false;    // it has other frames or values than an instant ago; false: perhaps not
  bool rests = false;      // the kernel has not let it run for a while
  size_t same_frames = 0;  // how many, root first, are certainly those of an instant ago
  const std::vector<Frame>* frames = nullptr;  // root first; valid until the next instant
};

struct ThreadFacts {
  Address state = 0;
  uint64_t ident = 0;
  uint64_t native_id = 0;
  int64_t interpreter = 0;
  pid_t tid = 0;  // in our namespace, 0 when unknown
};

// One way of taking an instant of the target. The sampler does not know which.
class Reader {
 public:
  virtual ~Reader() = default;
  // Called on the thread that will take instants. 0, or the errno of a refusal.
  virtual int begin() { return 0; }
  // Called when that thread has ended.
  virtual void end() {}
  // Waits until `until` (ns) on that thread; false when the target is gone.
  virtual bool rest(uint64_t until) {
    sleep_until(until);
    return true;
  }
  // False when the target cannot be read any more.
  virtual bool take(uint64_t now, std::vector<ThreadSample>& out) = 0;
  // Every thread seen so far, by row. When there are too many, all others share the last one, which is blank.
  virtual const std::vector<ThreadFacts>& threads() const = 0;
  // Instants in which a thread could not be stopped.
  virtual uint64_t unstopped() const { return 0; }
};

}  // namespace heavyops
