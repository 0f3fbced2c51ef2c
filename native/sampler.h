#pragma once
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "batch.h"
#include "interner.h"
#include "os_threads.h"
#include "placement.h"
#include "readers/kernel_options.h"
#include "readers/reader.h"

namespace heavyops {

struct SamplerConfig {
  pid_t pid = 0;
  Address interpreters_head = 0;
  Address gil_holder = 0;
  // To 3.11, later each interpreter tells: the GIL's struct, 0 where it is not known, and where its locks
  // are.
  Address gil = 0;
  Range gil_locks;
  Layout layout;
  OpcodeFacts facts;
  double rate = 1000;  // ticks a second; by the kernel reader, of a thread's time on processors
  double jitter = 0.1;
  size_t max_depth = 0;
  size_t max_stacks = 0;
  size_t max_rows = 0;
  enum Reading { kMemory = 0, kStopped = 1, kKernel = 2 } reading = kMemory;
  KernelOptions kernel;  // for kKernel
  Placement::Mode placement = Placement::kByCost;
  size_t max_threads = 65'536;  // in all, dead ones too
  CodeLimits code_limits;
};

// Takes instants at a fixed rate on a thread of its own, interns their stacks and gathers rows until they are
// drained.
class Sampler {
 public:
  explicit Sampler(const SamplerConfig& config);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // 0, or the errno of the kernel's refusal to let us stop the target. `on_gone` is called once, on the
  // sampling thread, should the target go.
  int start(std::function<void()> on_gone = nullptr);
  void stop();
  // One instant, only while the sampling thread does not run. The result is that of `start`.
  int sample_once();

  // Holds the sampler still while it is looked at, between two ticks.
  class Pause {
   public:
    explicit Pause(Sampler& sampler) : sampler_(sampler) {
      sampler_.waiting_.store(true, std::memory_order_release);
      sampler_.mutex_.lock();
      sampler_.waiting_.store(false, std::memory_order_release);
    }
    ~Pause() { sampler_.mutex_.unlock(); }

   private:
    Sampler& sampler_;
  };

  // The following are to be called under a Pause.
  // Exchanges the gathered rows, and waits, for the memory of those given.
  void swap_rows(SampleColumns& empty, WaitColumns& no_waits);
  const CodeCache& codes() const { return codes_; }
  const Interner& interner() const { return interner_; }
  const std::vector<ThreadFacts>& threads() const { return reader_->threads(); }
  const std::vector<ThreadSample>& last() const { return last_; }
  const Counters& counters() const { return counters_; }
  uint64_t reads() const { return memory_.calls(); }
  uint64_t unwatched() const { return reader_->unwatched(); }
  // How well it is known which threads wait for the GIL.
  enum GilWaits { kTold = 0, kUnreadable = 1, kOldKernel = 2 };
  GilWaits gil_waits() const;
  uint64_t unstopped() const { return reader_->unstopped(); }
  const char* refused_step() const { return reader_->refused_step(); }
  uint64_t beside() const { return placement_.beside(); }
  uint64_t elapsed() const { return last_tick_ - began_; }
  bool gone() const { return gone_; }

 private:
  // A frame as far as it is part of a stack.
  struct FrameKey {
    const Code* code;
    uint32_t unit;
    bool operator==(const FrameKey& other) const { return code == other.code && unit == other.unit; }
  };

  // What is kept of each thread between ticks.
  struct Track {
    // Of the last sample with a stack, root first: its frames and the ids of the stacks that end in them.
    std::vector<FrameKey> frames;
    std::vector<int32_t> stacks;
    const void* source = nullptr;  // where the reader keeps those frames
    SampleRow pending{};
    bool has_pending = false;
    int16_t opcode = -1;
    bool running = false;
    bool waits_for_gil = false;
    bool queues = false;      // so that it cannot go on without it
    bool seen = false;        // since the rows were taken last
    uint64_t running_at = 0;  // when the kernel was asked
  };

  void run(std::promise<int> begun, const std::function<void()>& on_gone);
  pid_t executing() const;
  void tick(uint64_t now, bool late = false, uint64_t missed = 0);
  void count(bool late, uint64_t missed);
  void record(const ThreadSample& sample);
  bool intern(Track& track, const std::vector<Frame>& frames, size_t known, bool& moved, uint8_t& flags);
  int16_t live_opcode(const Frame& leaf, uint64_t now, uint8_t& flags);
  bool is_running(Track& track, const ThreadSample& sample, bool moved, uint64_t now);
  void flush(Track& track);
  void add_wait(const SampleRow& row, double length);

  SamplerConfig config_;
  Memory memory_;
  CodeCache codes_;
  OsThreads os_threads_;
  Placement placement_;
  std::unique_ptr<Walker> walker_;
  std::unique_ptr<Reader> reader_;
  Interner interner_;
  std::vector<ThreadSample> last_;
  std::vector<Track> tracks_;  // by thread row
  SampleColumns rows_;
  WaitColumns waits_;
  Counters counters_;
  uint64_t began_ = 0, last_tick_ = 0;
  uint64_t now_ = 0;      // ns: when this tick began
  uint64_t dropped_ = 0;  // by the reader, as far as they are counted
  int failures_ = 0;
  bool gone_ = false;

  std::thread thread_;
  std::mutex mutex_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> waiting_{false};
};

}  // namespace heavyops
