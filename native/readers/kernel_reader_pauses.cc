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
void KernelReader::regulate(Watched& thread, uint64_t now, std::vector<ThreadSample>& out) {
  if (thread.paused_at != 0) {
    if (takes_ >= thread.paused_until || ending_) resume(thread);
    if (ending_) settle(thread, now, out);
    return;
  }
  vary(thread);
  if (ending_) account(thread, now, out);
  if (thread.skips > 0 || ending_) settle(thread, now, out);
  uint64_t allowed = std::max<uint64_t>((now - taken_at_) * kMostSwitches / 1'000'000'000, 1);
  thread.skips = std::min(thread.switches / allowed, kMostSkips);
  thread.switches = 0;
  if (thread.skips > 0 && !ending_) pause(thread, out);
}

// So that ticks do not fall in step with the program. Half a period is lost each time.
void KernelReader::vary(Watched& thread) {
  if (thread.ticks < kTicksOfAPeriod) return;
  thread.ticks = 0;
  random_ ^= random_ << 13;  // xorshift64 (Marsaglia, 2003)
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  double between = 0.95 + 0.1 * static_cast<double>(random_ >> 11) / 9007199254740992.0;
  double period = between * 1e9 / options_.rate * (1 - 0.5 / kTicksOfAPeriod);
  thread.events.set_period(static_cast<uint64_t>(std::max(kLeastPeriod, period)));
}

// Records that have come since this take began are not looked at any more: they are before that moment, too.
void KernelReader::pause(Watched& thread, std::vector<ThreadSample>& out) {
  thread.ran_before = os_threads_.ran(thread.tid);
  if (thread.ran_before == 0) return;  // what it does meanwhile could not be known
  thread.events.pause();
  thread.paused_at = monotonic_ns();
  thread.paused_until = takes_ + thread.skips;
  account(thread, thread.paused_at, out);
}

// For all that has passed until `now`, though there is no record of it.
void KernelReader::account(Watched& thread, uint64_t now, std::vector<ThreadSample>& out) {
  uint64_t ran = thread.events.ran();
  for (int32_t row : thread.rows) {
    Track& track = tracks_[static_cast<size_t>(row)];
    uint64_t on = row == thread.row ? ran - std::min(ran, thread.ran) : 0;
    add_wait(row, now, track.time.advance(now, on, track.time.away(now) > 0), out);
  }
  thread.ran = ran;
}

void KernelReader::resume(Watched& thread) {
  uint64_t now = monotonic_ns();
  uint64_t passed = now - thread.paused_at;
  uint64_t ran = os_threads_.ran(thread.tid);
  uint64_t on = std::min(ran - std::min(ran, thread.ran_before), passed);
  for (int32_t row : thread.rows) {
    uint64_t here = row == thread.row ? on : 0;
    tracks_[static_cast<size_t>(row)].time.owe(now, here, passed - here);
  }
  for (const ThreadSample& seen : listed_) {
    Track& track = tracks_[static_cast<size_t>(seen.thread)];
    if (track.thread == &thread) place(track, seen);
  }
  thread.paused_at = 0;
  thread.events.resume();
}

// Time that nothing seen stands for yet, after pauses and at the end: it was spent where the thread was seen
// last.
void KernelReader::settle(Watched& thread, uint64_t now, std::vector<ThreadSample>& out) {
  for (int32_t row : thread.rows) {
    Track& track = tracks_[static_cast<size_t>(row)];
    uint64_t on = track.time.pay_on(UINT64_MAX), off = track.time.pay_off(UINT64_MAX);
    if (ending_) on += track.time.take_ran();
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
