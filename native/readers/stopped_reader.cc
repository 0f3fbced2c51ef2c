#include "readers/stopped_reader.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace heavyops {

namespace {

constexpr int kAttempts = 4;  // the last stops every thread, asleep or not

}  // namespace

int StoppedReader::begin() {
  tracing_ = static_cast<pid_t>(syscall(SYS_gettid));
  child_signals_ = std::make_unique<ChildSignals>();
  tracer_ = std::make_unique<Tracer>(pid_);
  return tracer_->attach();
}

// A thread can be joined a moment before the kernel has taken all from it, and until then the target is
// traced.
void StoppedReader::end() {
  if (tracer_ == nullptr) return;
  while (syscall(SYS_tgkill, getpid(), tracing_, 0) == 0) sched_yield();
  tracer_.reset();
  child_signals_->remind();
  child_signals_.reset();
}

bool StoppedReader::rest(uint64_t until) {
  tracer_->rest(until);
  return !tracer_->gone();
}

// Everything is read and decided while the target is stopped: a thread whose frames lie elsewhere than
// expected is read once more, and what it is read for must not have moved.
Reader::Seen StoppedReader::take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) {
  out.clear();
  Seen seen = Seen::kNothing;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    Tracer::Stop stop(*tracer_, attempt == kAttempts);
    if (tracer_->gone()) return Seen::kGone;
    walker_.still = stop.complete();
    seen = inner_->take(since, now + static_cast<uint64_t>(attempt - 1), out);
    if (seen == Seen::kGone) return seen;
    if (attempt > 1) {  // what is the same is so since the attempt before, of which nobody has heard
      for (ThreadSample& sample : out) {
        sample.same_frames = 0;
        sample.changed = true;
        sample.held_gil = true;
      }
    }
    stop.resume();
    if (stop.held()) return seen;
  }
  ++unstopped_;
  return seen;
}

}  // namespace heavyops
