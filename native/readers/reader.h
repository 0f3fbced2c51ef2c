#pragma once
#include <vector>

#include "readers/wait_kind.h"
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
  bool held_gil = true;    // at some time since its last sample; false: certainly not
  size_t same_frames = 0;  // how many, root first, are certainly those of an instant ago
  const std::vector<Frame>* frames = nullptr;  // root first; valid until the next instant
  uint64_t time = 0;                           // ns: when it was taken,
  double weight = 0;                           // and for how many ns until then it stands
  // What the reader has seen itself; the sampler finds out what it has not.
  enum class Activity : uint8_t { kUnknown, kRuns, kWaits } activity = Activity::kUnknown;
  int16_t opcode = -1;  // the leaf's
  WaitKind wait = WaitKind::kNone;
  uint64_t waited = 0;  // ns: how long the wait was that ended with it; 0: none, or it is not asked for
  uint32_t count = 1;   // ticks that it stands for
};

struct ThreadFacts {
  Address state = 0;
  uint64_t ident = 0;
  uint64_t native_id = 0;
  int64_t interpreter = 0;
  pid_t tid = 0;    // in our namespace, 0 when unknown
  Address gil = 0;  // of the word that names the GIL's holder, 0 where the thread's own state tells
  Range gil_locks;  // where its futexes are: what waits in one of them waits for the GIL,
  Range gil_queue;  // and in this one does not leave without it
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
  // Whether ticks are those of a clock of its own: then `take` hands on what it has seen at them, and the
  // next one after `ending` is the last. Otherwise each `take` is a tick.
  virtual bool has_clock() const { return false; }
  virtual void ending() {}
  enum class Seen { kThreads, kNothing, kGone };  // gone: it cannot be read any more
  // What there was to see from `since` to `now`. Threads may be seen that there is nothing new of.
  virtual Seen take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) = 0;
  // Every thread seen so far, by row. When there are too many, all others share the last one, which is blank.
  virtual const std::vector<ThreadFacts>& threads() const = 0;
  // Instants in which a thread could not be stopped.
  virtual uint64_t unstopped() const { return 0; }
  // What `begin` was refused; empty when that is plain.
  virtual const char* refused_step() const { return ""; }
  // Threads so far that the kernel would not watch.
  virtual uint64_t unwatched() const { return 0; }
  // Whether what waits are for can be known at all, of a reader that hands on waits.
  virtual bool tells_waits() const { return true; }
  // Of its own clock: ticks so far, and samples that there was no room for.
  virtual uint64_t ticks() const { return 0; }
  virtual uint64_t dropped() const { return 0; }
};

}  // namespace heavyops
