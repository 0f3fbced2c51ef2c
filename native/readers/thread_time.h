#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

namespace heavyops {

// How one thread spends its time, from records that the kernel takes of it while it runs and when it leaves
// its processor: each with the time, and how long the thread had been on processors by then. What is neither
// is waiting. Everything is in ns.
class ThreadTime {
 public:
  // A wait, as far as it is known: how long in all, and how much of that had not been handed on before.
  struct Wait {
    uint64_t whole = 0, fresh = 0;
    bool seen = true;    // where it began; false when that record was lost
    bool ended = false;  // with this; otherwise it goes on
  };

  // Begins at `now` with a thread that may wait or run.
  void start(uint64_t now) { *this = ThreadTime(now); }

  // A record was taken at `now`, and the thread had been on processors for `on` since the last one. Returns
  // the wait in between.
  Wait advance(uint64_t now, uint64_t on, bool leaves) {
    Wait wait;
    if (now > time_) {
      uint64_t passed = now - time_;
      wait.whole = passed - std::min(on, passed);
      if (!away_) {
        // It was on its processor, and has not been seen to leave it. The two clocks differ by a little.
        if (wait.whole <= kClockError + passed / 64) wait.whole = 0;
        wait.seen = wait.whole == 0;
      }
      wait.fresh = wait.whole - std::min(wait.whole, credited_);
      wait.ended = wait.whole > 0;
      ran_ += passed - std::max(wait.whole, std::min(credited_, passed));
      time_ = now;
    }
    credited_ = 0;
    away_ = leaves;
    return wait;
  }

  // There was no record since, and it has been on processors for `on` since the last one: it waits, or has
  // waited until it was put on one.
  Wait rest(uint64_t now, uint64_t on) {
    Wait wait;
    uint64_t passed = away(now);
    wait.whole = passed - std::min(on, passed);
    wait.fresh = wait.whole - std::min(wait.whole, credited_);
    credited_ += wait.fresh;
    return wait;
  }

  // Nothing was seen of it since its last record until `now`, but that it ran for `on` of that time. What is
  // seen next has to stand for it, too.
  void owe(uint64_t now, uint64_t on) {
    uint64_t passed = now - std::min(time_, now);
    on = std::min(on, passed);
    owed_.on += on;
    owed_.off += passed - on;
    time_ = now;
    credited_ = 0;
    away_ = true;
  }
  struct Owed {
    uint64_t on = 0, off = 0;  // running, waiting
  };
  const Owed& owed() const { return owed_; }
  uint64_t take_owed_on() { return std::exchange(owed_.on, 0); }
  uint64_t take_owed_off() { return std::exchange(owed_.off, 0); }

  // How long it may have waited since its last record, at `now`.
  uint64_t away(uint64_t now) const { return away_ && now > time_ ? now - time_ : 0; }
  // The time on processors that has not been taken yet.
  uint64_t take_ran() { return std::exchange(ran_, 0); }

  ThreadTime() = default;

 private:
  static constexpr uint64_t kClockError = 100'000;

  explicit ThreadTime(uint64_t now) : time_(now) {}

  uint64_t time_ = 0;      // of the last record,
  uint64_t credited_ = 0;  // and the waiting since then that was handed on already
  uint64_t ran_ = 0;
  Owed owed_;
  bool away_ = true;  // it has left its processor since, or had not been seen on one
};

}  // namespace heavyops
