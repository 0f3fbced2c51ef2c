#pragma once
#include <time.h>

#include <algorithm>
#include <cstdint>

#include "xorshift.h"

namespace heavyops {

inline uint64_t clock_ns(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }

inline timespec to_timespec(uint64_t ns) {
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

constexpr uint64_t kShortestSleep = 25'000;  // ns

// Awake where that is nearer than to fall asleep and be woken takes.
inline void sleep_until(uint64_t ns) {
  if (monotonic_ns() + kShortestSleep > ns) {
    while (monotonic_ns() < ns) {
    }
    return;
  }
  timespec at = to_timespec(ns);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

// Absolute deadlines at a fixed rate, each moved a little, so that ticks do not fall in step with the target.
class Timer {
 public:
  // `rate` ticks a second; `jitter` is the share of a period by which a tick may move in all.
  Timer(double rate, double jitter, uint64_t start)
      : period_(static_cast<uint64_t>(std::min(kLongestPeriod, std::max(1.0, 1e9 / rate)))),
        jitter_(jitter),
        base_(start) {
    next();
  }

  uint64_t deadline() const { return deadline_; }
  uint64_t period() const { return period_; }

  // The deadline after the one that was met at `now`. Returns how many passed without a tick. At rates that
  // are no longer slept for, the last of those is still met, late: who asks for them wants all that there is.
  uint64_t advance(uint64_t now) {
    uint64_t missed = now > base_ + period_ ? (now - base_) / period_ : 0;
    if (missed > 0 && period_ <= kShortestSleep) --missed;
    base_ += missed * period_;
    next();
    return missed;
  }

 private:
  static constexpr double kLongestPeriod = 1e12;  // ns; a rate of nothing has some period, too

  void next() {
    base_ += period_;
    double moved = (random_.next() - 0.5) * jitter_;
    deadline_ = base_ + static_cast<uint64_t>(static_cast<int64_t>(moved * static_cast<double>(period_)));
  }

  uint64_t period_;
  double jitter_;
  uint64_t base_;
  uint64_t deadline_ = 0;
  Xorshift random_{0x2545F4914F6CDD1D};
};

}  // namespace heavyops
