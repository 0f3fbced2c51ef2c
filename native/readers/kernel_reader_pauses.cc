#include <algorithm>

#include "readers/kernel_reader.h"

// Threads that leave their processors very often.

namespace heavyops {

namespace {

constexpr uint64_t kMostSwitches = 3'000;  // a second, of one thread: 3 % of its time at 10 µs each
constexpr uint64_t kTicksOfAPeriod = 50;
constexpr uint64_t kMostSkips = 40;  // takes

}  // namespace

// To begin and to end a thread's clock whenever it comes to a processor and leaves it takes a microsecond,
// ten in a virtual machine, where it has to be asked for each time: more than some threads do in between.
void KernelReader::regulate(uint64_t now, std::vector<ThreadSample>& out) {
  for (auto& one : watched_) {
    Watched& thread = *one.second;
    if (thread.paused_at == 0) {
      vary(thread);
      if (ending_) account(thread, now, out);
    } else if (ending_) {
      resume(thread);
    }
  }
  settle(now, out);
  if (ending_) return;
  uint64_t allowed = std::max<uint64_t>((now - taken_at_) * kMostSwitches / 1'000'000'000, 1);
  for (auto& one : watched_) {
    Watched& thread = *one.second;
    if (thread.paused_at != 0) {
      if (takes_ >= thread.paused_until) resume(thread);
      continue;
    }
    thread.skips = std::min(thread.switches / allowed, kMostSkips);
    thread.switches = 0;
    if (thread.skips > 0 && !is_owed(thread)) pause(thread, now, out);
  }
}

// So that ticks do not fall in step with the program. Half a period is lost each time.
void KernelReader::vary(Watched& thread) {
  if (thread.ticks < kTicksOfAPeriod) return;
  thread.ticks = 0;
  double between = 0.95 + 0.1 * random_.next();
  double period = between * 1e9 / rate_ * (1 - 0.5 / kTicksOfAPeriod);
  thread.events.set_period(static_cast<uint64_t>(std::max(kLeastPeriod, period)));
}

void KernelReader::pause(Watched& thread, uint64_t now, std::vector<ThreadSample>& out) {
  if (!thread.events.count_always()) return;  // what it does meanwhile could not be known
  // Before the events pause: of what passed after that they would know nothing, if others got this processor
  // then.
  uint64_t ran = thread.events.ran(), always = thread.events.always_ran();
  uint64_t at = monotonic_ns();
  thread.events.pause();
  thread.ran_before = always + thread.events.ran() - ran;  // as it was at that very moment
  drain(now, out);  // it may have left its processor since this take began
  thread.paused_at = at;
  thread.paused_until = takes_ + thread.skips;
  account(thread, at, out);
}

// For all that has passed until `now`, though there is no record of it.
void KernelReader::account(Watched& thread, uint64_t now, std::vector<ThreadSample>& out) {
  uint64_t ran = thread.events.ran();
  for (int32_t row : thread.rows) {
    Track& track = tracks_[static_cast<size_t>(row)];
    uint64_t on = row == thread.row ? ran - std::min(ran, thread.ran) : 0;
    ThreadTime::Wait wait = track.time.advance(now, on, track.time.away(now) > 0);
    wait.ended = wait.ended && ending_;  // a pause cuts it off
    add_wait(row, now, wait, out);
  }
  thread.ran = ran;
}

void KernelReader::resume(Watched& thread) {
  uint64_t now = monotonic_ns();
  uint64_t ran = thread.events.always_ran();
  uint64_t on = ran - std::min(ran, thread.ran_before);
  for (int32_t row : thread.rows) tracks_[static_cast<size_t>(row)].time.owe(now, row == thread.row ? on : 0);
  for (const ThreadSample& seen : listed_) {
    Track& track = tracks_[static_cast<size_t>(seen.thread)];
    if (track.thread == &thread) place(seen);
  }
  thread.paused_at = 0;
  thread.events.resume();
}

// Whether it has not ticked yet since its pause.
bool KernelReader::is_owed(const Watched& thread) const {
  return std::any_of(thread.rows.begin(), thread.rows.end(),
                     [&](int32_t row) { return tracks_[static_cast<size_t>(row)].time.owed().on > 0; });
}

// What is seen of a thread in the first take after a pause in which it is seen stands for what passed in the
// pause, each sample for as much of it as it is of what was seen.
void KernelReader::settle(uint64_t now, std::vector<ThreadSample>& out) {
  bool owed = false;
  for (auto& one : watched_) {
    for (int32_t row : one.second->rows) {
      Track& track = tracks_[static_cast<size_t>(row)];
      track.on = track.off = 0;
      track.owed = track.time.owed();
      owed = owed || track.owed.on > 0 || track.owed.off > 0;
    }
  }
  if (owed) pay(out);
  if (!ending_) return;
  for (auto& one : watched_) settle_unseen(*one.second, now, out);
}

void KernelReader::pay(std::vector<ThreadSample>& out) {
  auto runs = [](const ThreadSample& sample) { return sample.activity == ThreadSample::Activity::kRuns; };
  for (const ThreadSample& sample : out) {
    Track& track = tracks_[static_cast<size_t>(sample.thread)];
    (runs(sample) ? track.on : track.off) += sample.weight;
  }
  for (ThreadSample& sample : out) {
    Track& track = tracks_[static_cast<size_t>(sample.thread)];
    uint64_t all = runs(sample) ? track.owed.on : track.owed.off;
    double seen = runs(sample) ? track.on : track.off;
    if (track.thread == nullptr || all == 0 || seen <= 0) continue;
    double share = static_cast<double>(all) * sample.weight / seen;
    sample.weight += share;
    sample.count += ticks_in(track, static_cast<uint64_t>(share));
  }
  for (auto& one : watched_) {
    for (int32_t row : one.second->rows) {
      Track& track = tracks_[static_cast<size_t>(row)];
      if (track.on > 0) track.time.take_owed_on();
      if (track.off > 0) track.time.take_owed_off();
    }
  }
}

// At the end, time that nothing seen stands for: it was spent where the thread was seen last.
void KernelReader::settle_unseen(const Watched& thread, uint64_t now, std::vector<ThreadSample>& out) {
  for (int32_t row : thread.rows) {
    Track& track = tracks_[static_cast<size_t>(row)];
    uint64_t on = track.time.take_owed_on() + track.time.take_ran(), off = track.time.take_owed_off();
    ThreadSample sample = waiting(track, row, now);
    if (off > 0) {
      sample.count = ticks_in(track, off);
      sample.weight = static_cast<double>(off);
      out.push_back(sample);
    }
    if (on == 0) continue;
    std::vector<Frame>& frames = next_frames();
    bool has_ticked = track.ticked_status != WalkStatus::kNoFrames;
    frames = has_ticked ? track.ticked : track.frames;
    sample.frames = &frames;
    sample.status = has_ticked ? track.ticked_status : track.status;
    sample.activity = ThreadSample::Activity::kRuns;
    sample.wait = WaitKind::kNone;
    sample.count = ticks_in(track, on);
    sample.weight = static_cast<double>(on);
    out.push_back(sample);
  }
}

}  // namespace heavyops
