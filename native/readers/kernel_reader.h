#pragma once
#include <deque>
#include <memory>
#include <unordered_map>

#include "bpf/program.h"
#include "bpf/ring.h"
#include "bpf/thread_events.h"
#include "readers/memory_reader.h"
#include "readers/reader.h"

namespace heavyops {

// What a KernelReader needs beyond what others do.
struct KernelOptions {
  std::vector<uint8_t> program;  // of scripts/setup/kernel-program.mjs
  double rate = 1000;            // ticks of a thread that runs, a second of its time on processors
};

// Has the kernel take the samples of threads that run: at each tick of a clock that counts their time on processors,
// and when they leave one. Whatever time passes from there until they are on one again is spent where they left. Which
// threads there are, and where those are that have never run meanwhile, another reader tells.
class KernelReader final : public Reader {
 public:
  KernelReader(pid_t pid, const Layout& layout, CodeCache& codes, OsThreads& os_threads,
               std::unique_ptr<MemoryReader> inner, KernelOptions options, size_t max_depth);
  ~KernelReader() override;

  int begin() override;
  void end() override;
  bool take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) override;
  const std::vector<ThreadFacts>& threads() const override { return inner_->threads(); }
  const char* refused_step() const override;
  uint64_t dropped() const override { return dropped_; }
  uint64_t ticks() const override { return ticks_; }

 private:
  // One thread of the target as the kernel knows it.
  struct Watched {
    bpf::ThreadEvents events;
    bpf::thread value{};    // what the program knows of it
    uint32_t id = 0;        // in the target's namespace
    uint64_t ran = 0;       // ns on processors, in its last record
    uint64_t lost = 0;      // records, in its last one
    uint64_t listed = 0;    // the take in which it was listed last
    std::vector<int32_t> rows;
  };

  // One row of threads(): what is known of a thread state, and up to when its time is accounted for.
  struct Track {
    Watched* thread = nullptr;
    uint64_t time = 0;        // ns, of the last record,
    uint64_t credited = 0;    // and the waiting since then that was handed on already
    uint64_t ran = 0;         // ns on processors that belong to the next tick
    bool waits = false;       // it has left its processor since, or had not been on one
    bool holds_gil = false;   // when it left
    WalkStatus status = WalkStatus::kNoFrames;
    std::vector<Frame> frames;  // where it left
  };

  bpf::settings settings() const;
  void follow(const std::vector<ThreadSample>& listed, uint64_t now);
  Watched* watch(const ThreadFacts& facts);
  void tell(Watched& thread);
  void forget_ended();
  void add(const bpf::record& record, uint64_t now, std::vector<ThreadSample>& out);
  void add_wait(Track& track, int32_t row, uint64_t until, uint64_t length, std::vector<ThreadSample>& out);
  WalkStatus frames_of(const bpf::record& record, uint64_t now, std::vector<Frame>& frames);
  std::vector<Frame>& next_frames();

  pid_t pid_;
  const Layout& layout_;
  CodeCache& codes_;
  OsThreads& os_threads_;
  std::unique_ptr<MemoryReader> inner_;
  KernelOptions options_;
  size_t max_depth_;
  bpf::Program program_;
  bpf::Ring ring_;
  bpf::Program::Refusal refusal_;
  uint64_t takes_ = 0, dropped_ = 0, ticks_ = 0;
  std::vector<ThreadSample> listed_;
  std::unordered_map<uint32_t, std::unique_ptr<Watched>> watched_;  // by id in the target's namespace
  std::vector<Track> tracks_;                                       // by row
  std::deque<std::vector<Frame>> pool_;  // frames of the samples handed on last
  size_t used_ = 0;
};

}  // namespace heavyops
