#include "sampler.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "readers/kernel_reader.h"
#include "readers/memory_reader.h"
#include "readers/stopped_reader.h"
#include "timer.h"
#include "walk/data_stack.h"
#include "walk/frame_chain.h"

namespace heavyops {

namespace {

constexpr uint64_t kOpcodeAge = 10'000'000;  // ns: how old a leaf's bytecode may be, and a sixteenth of the
                                             // time that it has been the same, up to
constexpr uint64_t kLongestOpcodeAge = 100'000'000;  // ns
constexpr uint64_t kRunningAge = 500'000;            // ns: how old the kernel's word on a thread may be
constexpr uint64_t kLongestSleep = 50'000'000;       // ns: so that `stop` does not wait for a slow rate
constexpr double kDrainRate = 40;  // a second: how often samples are fetched that the kernel has taken
constexpr int kGoneTicks = 5;      // ticks in a row without any thread to read, and
constexpr uint64_t kGoneAfter = 250'000'000;  // ns of them, mean that the target is gone

// As in linux/sched/types.h, which glibc has from 2.41 on only.
struct SchedulingAttributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

// A thread that asks for short turns gets them before others that run (EEVDF, Linux 6.12 and later; earlier
// ones take no notice). Otherwise some ticks would wait for the end of the target's turn, 3 ms and more.
void ask_to_run_at_once() {
  SchedulingAttributes attributes{};
  attributes.size = sizeof attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
  if (attributes.policy != SCHED_OTHER) return;  // somebody has chosen for us
  attributes.runtime = 100'000;                  // ns, the shortest
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

Sampler::Sampler(const SamplerConfig& config)
    : config_(config),
      memory_(config.pid),
      codes_(memory_, config_.layout, config_.facts, config.code_limits),
      os_threads_(memory_),
      placement_(os_threads_, config.reading == SamplerConfig::kMemory ? config.placement : Placement::kAny),
      interner_(config.max_stacks) {
  if (config_.layout.has_data_stack()) {
    walker_ = std::make_unique<DataStackWalker>(memory_, config_.layout, codes_, config.max_depth);
  } else {
    walker_ = std::make_unique<FrameChainWalker>(memory_, config_.layout, codes_, config.max_depth);
  }
  auto reader =
      std::make_unique<MemoryReader>(memory_, config_.layout, os_threads_, *walker_, config.interpreters_head,
                                     config.gil_holder, config.gil, config.gil_locks, config.max_threads);
  if (config.reading == SamplerConfig::kStopped) {
    reader_ = std::make_unique<StoppedReader>(config.pid, std::move(reader), *walker_);
  } else if (config.reading == SamplerConfig::kKernel) {
    reader_ = std::make_unique<KernelReader>(config.pid, config_.layout, codes_, os_threads_,
                                             std::move(reader), config.kernel, config.rate, config.max_depth);
  } else {
    reader_ = std::move(reader);
  }
  began_ = last_tick_ = monotonic_ns();
}

Sampler::~Sampler() { stop(); }

int Sampler::start(std::function<void()> on_gone) {
  if (thread_.joinable()) return 0;
  stopping_ = false;
  std::promise<int> begun;
  std::future<int> refusal = begun.get_future();
  thread_ = std::thread([this, begun = std::move(begun), on_gone = std::move(on_gone)]() mutable {
    run(std::move(begun), on_gone);
  });
  int error = refusal.get();
  if (error != 0) stop();
  return error;
}

void Sampler::stop() {
  stopping_ = true;
  if (!thread_.joinable()) return;
  thread_.join();
  reader_->end();
}

int Sampler::sample_once() {
  if (config_.reading != SamplerConfig::kStopped) return tick(monotonic_ns()), 0;
  int error = 0;
  // Of its own, since the target is let go of by the thread's end.
  std::thread([this, &error] {
    error = reader_->begin();
    if (error == 0) tick(monotonic_ns());
  }).join();
  reader_->end();
  return error;
}

void Sampler::run(std::promise<int> begun, const std::function<void()>& on_gone) {
  int error = reader_->begin();
  began_ = last_tick_ = monotonic_ns();
  begun.set_value(error);
  if (error != 0) return;
  prctl(PR_SET_NAME, "heavyops");
  prctl(PR_SET_TIMERSLACK, 10'000);  // ns; the kernel's default of 50 µs would show at high rates
  ask_to_run_at_once();
  bool has_clock = reader_->has_clock();
  Timer timer(has_clock ? kDrainRate : config_.rate, config_.jitter, began_);
  placement_.begin(timer.period());
  uint64_t missed = 0;  // since the last tick: counted with the next, in whose weight their time is
  uint64_t now = monotonic_ns();
  if (has_clock) tick(now);  // it has to find the threads to watch
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (now < timer.deadline()) {
      bool there = reader_->rest(std::min(timer.deadline(), now + kLongestSleep));
      now = monotonic_ns();
      if (there && now < timer.deadline()) continue;
    }
    if (waiting_.load(std::memory_order_acquire)) {
      while (waiting_.load(std::memory_order_acquire)) std::this_thread::yield();
      now = monotonic_ns();
    }
    std::unique_lock<std::mutex> hold(mutex_, std::try_to_lock);
    if (!hold.owns_lock()) {  // the samples so far are being copied
      hold.lock();
      now = monotonic_ns();
    }
    tick(now, now > timer.deadline() + timer.period() / 2, missed);
    if (gone_) return on_gone ? on_gone() : void();
    now = monotonic_ns();  // in a virtual machine this may take as long as all that is decided in a tick
    missed = timer.advance(now);
    placement_.follow(executing(), now);
  }
  if (!has_clock) return;
  reader_->ending();
  tick(monotonic_ns());  // what it has seen since
}

// The thread that executed bytecode in the last instant, 0 if none did.
pid_t Sampler::executing() const {
  for (const ThreadSample& sample : last_) {
    if (sample.holds_gil) return threads()[static_cast<size_t>(sample.thread)].tid;
  }
  return 0;
}

void Sampler::tick(uint64_t now, bool late, uint64_t missed) {
  now_ = now;
  Reader::Seen seen = reader_->take(last_tick_, now, last_);
  count(late, missed);
  failures_ = seen == Reader::Seen::kThreads ? 0 : failures_ + 1;
  gone_ = seen == Reader::Seen::kGone || (failures_ >= kGoneTicks && now - last_tick_ > kGoneAfter);
  for (const ThreadSample& sample : last_) record(sample);
  if (seen == Reader::Seen::kThreads) last_tick_ = now;
}

// The tick that was just taken. By the sampler's own clock it may have been late, and others before it
// missed.
void Sampler::count(bool late, uint64_t missed) {
  if (!reader_->has_clock()) {
    ++counters_.ticks;
    counters_.late += late;
    counters_.missed += missed;
    return;
  }
  counters_.ticks = reader_->ticks();
  uint64_t before = std::exchange(dropped_, reader_->dropped());
  uint64_t dropped = dropped_ - before;
  counters_.samples += dropped;
  counters_.lost += dropped;
}

void Sampler::record(const ThreadSample& sample) {
  if (static_cast<size_t>(sample.thread) >= tracks_.size()) tracks_.resize(sample.thread + 1);
  Track& track = tracks_[sample.thread];
  track.queues = track.queues && !sample.held_gil && !sample.changed;
  if (sample.status == WalkStatus::kNoFrames) return;
  track.seen = true;
  uint64_t now = now_;
  double began = static_cast<double>(sample.time - began_) - sample.weight;
  SampleRow row{sample.thread, -1, -1, 0, sample.count, began, sample.weight};
  row.flags |= static_cast<uint8_t>(static_cast<uint8_t>(sample.wait) << sample_flag::kWaitShift);
  counters_.samples += sample.count;
  if (sample.status == WalkStatus::kUnreadable) {
    counters_.unreadable += sample.count;
  } else {
    if (sample.status == WalkStatus::kRepaired) counters_.repaired += sample.count;
    if (sample.status == WalkStatus::kUndecided) counters_.undecided += sample.count;
    if (sample.status == WalkStatus::kTruncated) {
      counters_.truncated += sample.count;
      row.flags |= sample_flag::kTruncated;
    }
    bool moved = sample.changed;
    size_t known = track.source == sample.frames ? sample.same_frames : 0;
    track.source = sample.frames;
    if (!intern(track, *sample.frames, known, moved, row.flags)) {
      counters_.lost += sample.count;
    } else {
      row.stack = track.stacks.back();
      bool whole = track.stacks.size() == sample.frames->size();
      if (whole) row.opcode = live_opcode(sample.frames->back(), now, row.flags);
      if (whole && sample.opcode >= 0) row.opcode = sample.opcode;
    }
    moved |= row.opcode != track.opcode;
    track.opcode = row.opcode;
    if (sample.holds_gil) row.flags |= sample_flag::kGil;
    if (is_running(track, sample, moved, now))
      row.flags |= sample_flag::kActive;
    else if (track.waits_for_gil)
      row.flags |= static_cast<uint8_t>(WaitKind::kGil) << sample_flag::kWaitShift;
  }
  if (sample.waited > 0 && row.stack >= 0) add_wait(row, static_cast<double>(sample.waited));
  if (track.has_pending && track.pending.same(row)) {
    track.pending.count += row.count;
    track.pending.weight += row.weight;
    return;
  }
  flush(track);
  track.pending = row;
  track.has_pending = true;
}

// The ids of the sample's stacks, root first. Only frames above the first that differs from the thread's last
// sample are looked up; the first `known` are the same.
bool Sampler::intern(Track& track, const std::vector<Frame>& frames, size_t known, bool& moved,
                     uint8_t& flags) {
  size_t before = std::min(frames.size(), track.frames.size()), same = std::min(known, before);
  while (same < before && track.frames[same] == FrameKey{frames[same].code, frames[same].unit}) ++same;
  moved |= same != frames.size() || same != track.frames.size();
  track.frames.resize(same);
  track.stacks.resize(same);
  for (size_t i = same; i < frames.size(); ++i) {
    int32_t id = interner_.frame(*frames[i].code, frames[i].unit);
    int32_t stack = interner_.stack(i == 0 ? Interner::kNone : track.stacks[i - 1], id);
    if (stack == Interner::kNone) {
      // Memory is kept for no more stacks: the sample goes to the deepest one that is known.
      flags |= sample_flag::kTruncated;
      counters_.truncated += i > 0;
      return i > 0;
    }
    track.frames.push_back({frames[i].code, frames[i].unit});
    track.stacks.push_back(stack);
  }
  return true;
}

int16_t Sampler::live_opcode(const Frame& leaf, uint64_t now, uint8_t& flags) {
  uint64_t same_for = (now - leaf.code->changed_at) / 16;
  Code* code = codes_.refresh(leaf.code, now, std::clamp(same_for, kOpcodeAge, kLongestOpcodeAge));
  if (code != leaf.code) return -1;  // freed since it was walked
  if (code->has_executor) flags |= sample_flag::kJit;
  return code->opcode(leaf.unit);
}

// A thread that holds the GIL and has moved since the last tick runs, and one that was seen to queue for it
// does so until it has held it. For all others the kernel knows, and what they rest in.
bool Sampler::is_running(Track& track, const ThreadSample& sample, bool moved, uint64_t now) {
  using Activity = ThreadSample::Activity;
  bool known = sample.activity != Activity::kUnknown;
  if (known || (sample.holds_gil && moved)) {
    track.waits_for_gil = track.queues = false;
    return track.running = !known || sample.activity == Activity::kRuns;
  }
  if (sample.rests || (track.queues && !moved)) return track.running = false;
  const ThreadFacts& facts = threads()[static_cast<size_t>(sample.thread)];
  if (facts.tid == 0) return sample.holds_gil;
  if (moved || track.waits_for_gil || now - track.running_at >= kRunningAge) {
    SystemCall in;
    track.running = os_threads_.state(facts.tid, now, &in) == OsThreads::State::kRuns;
    track.waits_for_gil = !track.running && wait_kind(in, facts.gil_locks) == WaitKind::kGil;
    track.queues = track.waits_for_gil && facts.gil_queue.has(in.first_argument);
    track.running_at = now;
  }
  // Held a moment ago, and lost since: it ran.
  return track.running || (track.waits_for_gil && sample.holds_gil);
}

void Sampler::flush(Track& track) {
  if (!track.has_pending) return;
  track.has_pending = false;
  if (rows_.size() >= config_.max_rows) {
    counters_.lost += track.pending.count;
    return;
  }
  rows_.push(track.pending);
}

void Sampler::add_wait(const SampleRow& row, double length) {
  if (waits_.size() < config_.max_rows)
    waits_.push(row.stack, row.flags, length);
  else
    ++counters_.lost;
}

Sampler::GilWaits Sampler::gil_waits() const {
  if (reader_->has_clock()) return reader_->tells_waits() ? kTold : kOldKernel;
  return os_threads_.tells_calls() ? kTold : kUnreadable;
}

void Sampler::swap_rows(SampleColumns& empty, WaitColumns& no_waits) {
  for (Track& track : tracks_) {
    flush(track);
    if (!track.seen) {  // the thread rests outside Python or has ended: its stacks' memory is not kept
      track.frames = {};
      track.stacks = {};
    }
    track.seen = false;
  }
  std::swap(rows_, empty);
  rows_.clear();
  std::swap(waits_, no_waits);
  waits_.clear();
}

}  // namespace heavyops
