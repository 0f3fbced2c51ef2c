#include "placement.h"

#include "timer.h"

namespace heavyops {

namespace {

constexpr uint64_t kLookEvery = 100'000'000;     // ns: threads seldom change their processor
constexpr uint64_t kJudgeEvery = 1'000'000'000;  // ns
constexpr uint64_t kTryAgain = 5'000'000'000;    // ns
constexpr uint64_t kShortestPeriod = 500'000;    // ns: what is not worth a try
// Of a processor. From elsewhere a tick takes about twice as long: what it reads is not in that one's caches.
constexpr double kMostBeside = 0.03;
constexpr double kMostElsewhere = 0.06;

}  // namespace

void Placement::begin(uint64_t period) {
  processor_ = kNone;
  looked_at_ = judged_at_ = 0;
  cheap_ = true;
  possible_ = mode_ == kTargets || (mode_ == kByCost && period >= kShortestPeriod);
  possible_ = possible_ && sched_getaffinity(0, sizeof allowed_, &allowed_) == 0;
}

void Placement::follow(pid_t tid, uint64_t now) {
  beside_ += processor_ != kNone;
  if (!possible_ || now - looked_at_ < kLookEvery) return;
  looked_at_ = now;
  if (mode_ == kByCost && !is_cheap(now)) return move_to(kNone);
  if (tid == 0) return;
  int processor = threads_.processor(tid);
  bool allowed = processor >= 0 && processor < CPU_SETSIZE && CPU_ISSET(processor, &allowed_);
  move_to(allowed ? processor : kNone);
}

// By what the thread has used of a processor lately.
bool Placement::is_cheap(uint64_t now) {
  if (judged_at_ != 0 && now - judged_at_ < kJudgeEvery) return cheap_;
  uint64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID);
  double share = static_cast<double>(used - used_) / static_cast<double>(now - judged_at_);
  bool first = judged_at_ == 0, was_cheap = cheap_;
  judged_at_ = now;
  used_ = used;
  if (first || processor_ != kNone) {
    cheap_ = first || share <= kMostBeside;
  } else {
    cheap_ = share <= kMostElsewhere && now - left_at_ >= kTryAgain;
  }
  if (was_cheap && !cheap_) left_at_ = now;
  return cheap_;
}

void Placement::move_to(int processor) {
  if (processor == processor_) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  if (processor != kNone) CPU_SET(processor, &one);
  bool moved = sched_setaffinity(0, sizeof one, processor == kNone ? &allowed_ : &one) == 0;
  processor_ = moved ? processor : kNone;
  possible_ = moved;
}

bool stay_on_processor(int processor) {
  static thread_local cpu_set_t before;
  static thread_local bool stays = false;
  if (processor < 0) {
    bool back = !stays || sched_setaffinity(0, sizeof before, &before) == 0;
    stays = stays && !back;
    return back;
  }
  if (!stays && sched_getaffinity(0, sizeof before, &before) != 0) return false;
  if (processor >= CPU_SETSIZE || !CPU_ISSET(processor, &before)) return false;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  bool moved = sched_setaffinity(0, sizeof one, &one) == 0;
  stays = stays || moved;
  return moved;
}

}  // namespace heavyops
