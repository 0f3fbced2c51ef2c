#pragma once
#include <deque>
#include <memory>
#include <unordered_map>

#include "bpf/program.h"
#include "bpf/ring.h"
#include "bpf/thread_events.h"
#include "readers/kernel_options.h"
#include "readers/memory_reader.h"
#include "readers/reader.h"
#include "readers/thread_time.h"
#include "xorshift.h"

namespace heavyops {

// Has the kernel take the samples of threads that run: at each tick of a clock that counts their time on
// processors, and when they leave one. Whatever time passes from there until they are on one again is spent
// where they left. Which threads there are, and where those are that have never run meanwhile, another reader
// tells.
class KernelReader final : public Reader {
 public:
  KernelReader(pid_t pid, const Layout& layout, CodeCache& codes, OsThreads& os_threads,
               std::unique_ptr<MemoryReader> inner, KernelOptions options, double rate, size_t max_depth);
  ~KernelReader() override;

  int begin() override;
  void end() override;
  bool has_clock() const override { return true; }
  void ending() override { ending_ = true; }
  Seen take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) override;
  const std::vector<ThreadFacts>& threads() const override { return inner_->threads(); }
  const char* refused_step() const override;
  uint64_t unwatched() const override { return unwatched_; }
  uint64_t dropped() const override { return dropped_; }
  uint64_t ticks() const override { return ticks_; }
  bool tells_waits() const override { return tells_waits_; }

 private:
  static constexpr double kLeastPeriod =
      10'000;  // ns: the kernel's own for this clock (perf_swevent_init_hrtimer)

  // One thread of the target as the kernel knows it.
  struct Watched {
    bpf::ThreadEvents events;
    uint32_t id = 0;           // in the target's namespace
    uint64_t ran = 0;          // ns on processors, in its last record,
    uint64_t ran_at_rest = 0;  // and when it was asked for last
    uint64_t lost = 0;         // records, in its last one
    pid_t tid = 0;             // in ours
    std::vector<int32_t> rows;
    int32_t row = -1;    // of the last record,
    uint64_t heard = 0;  // and the take that brought it
    // A thread that leaves its processor very often is looked at for a part of its time only.
    uint64_t ticks = 0;         // since its period was changed
    uint64_t switches = 0;      // in this take
    uint64_t skips = 0;         // takes that each of those stands for that are looked at, beyond itself
    uint64_t paused_at = 0;     // ns; 0: it is looked at
    uint64_t paused_until = 0;  // take
    uint64_t ran_before = 0;    // ns on processors by then, pauses included
  };

  // One row of threads(): a state of a thread.
  struct Track {
    Watched* thread = nullptr;
    uint64_t listed = 0;     // the take in which it was listed last
    uint64_t ask_again = 0;  // take: the kernel would not watch it
    bool refused = false;    // ever
    ThreadTime time;
    ThreadTime::Owed owed;      // that what was seen in this take has to stand for, too,
    double on = 0, off = 0;     // and for how many ns that was seen, running and waiting
    double uncounted = 0;       // of a tick, that time without one has left
    std::vector<Frame> ticked;  // where it ticked last,
    WalkStatus ticked_status = WalkStatus::kNoFrames;
    // Where it waits, and for what:
    bool holds_gil = false;
    WaitKind wait = WaitKind::kNone;
    WalkStatus status = WalkStatus::kNoFrames;
    std::vector<Frame> frames;
  };

  bpf::settings settings() const;
  void drain(uint64_t now, std::vector<ThreadSample>& out);
  void follow(std::vector<ThreadSample>& out);
  void push_unwatched(const ThreadSample& seen, std::vector<ThreadSample>& out);
  bool watch(int32_t row, const ThreadSample& seen);
  bool wait_on(Track& track, const ThreadSample& seen, uint64_t now, std::vector<ThreadSample>& out);
  WaitKind wait_of(int32_t row) const;
  void regulate(uint64_t now, std::vector<ThreadSample>& out);
  void pause(Watched& thread, uint64_t now, std::vector<ThreadSample>& out);
  void account(Watched& thread, uint64_t now, std::vector<ThreadSample>& out);
  void resume(Watched& thread);
  void settle(uint64_t now, std::vector<ThreadSample>& out);
  void pay(std::vector<ThreadSample>& out);
  void settle_unseen(const Watched& thread, uint64_t now, std::vector<ThreadSample>& out);
  bool is_owed(const Watched& thread) const;
  void place(const ThreadSample& seen);
  Watched* events_of(const ThreadFacts& facts, int& error);
  bool tell(Watched& thread);
  void forget_ended();
  void forget(Watched& thread);
  void vary(Watched& thread);
  void add(const bpf::record& record, uint64_t now, std::vector<ThreadSample>& out);
  void add_tick(const bpf::record& record, int32_t row, uint64_t now, std::vector<ThreadSample>& out);
  void add_wait(int32_t row, uint64_t until, const ThreadTime::Wait& wait, std::vector<ThreadSample>& out);
  int32_t row_of(const Watched& thread, Address state) const;
  WalkStatus frames_of(const bpf::record& record, uint64_t now, std::vector<Frame>& frames);
  uint32_t ticks_in(Track& track, uint64_t ns) const;
  ThreadSample waiting(const Track& track, int32_t row, uint64_t until);
  std::vector<Frame>& next_frames();

  pid_t pid_;
  const Layout& layout_;
  CodeCache& codes_;
  OsThreads& os_threads_;
  std::unique_ptr<MemoryReader> inner_;
  KernelOptions options_;
  double rate_;
  size_t max_depth_;
  bpf::Program program_;
  bpf::Ring ring_;
  bpf::Program::Refusal refusal_;
  bool ending_ = false;
  bool tells_waits_ = true;
  Xorshift random_{0x9E3779B97F4A7C15};
  uint64_t taken_at_ = 0;
  uint64_t takes_ = 0, dropped_ = 0, ticks_ = 0, unwatched_ = 0;
  std::vector<ThreadSample> listed_;
  std::unordered_map<uint32_t, std::unique_ptr<Watched>> watched_;  // by id in the target's namespace
  std::vector<Track> tracks_;                                       // by row
  std::deque<std::vector<Frame>> pool_;                             // frames of the samples handed on last
  size_t used_ = 0;
};

}  // namespace heavyops
