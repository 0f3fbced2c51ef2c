#include "placement.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "check.h"
#include "timer.h"

namespace heavyops::test {
namespace {

pid_t own_tid() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// A thread that works on the first processor that we may use, or waits for a lock.
class Companion {
 public:
  explicit Companion(bool works) {
    lock_.lock();
    sched_getaffinity(0, sizeof allowed_, &allowed_);
    while (!CPU_ISSET(processor_, &allowed_)) ++processor_;
    thread_ = std::thread([this, works] {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(processor_, &one);
      sched_setaffinity(0, sizeof one, &one);
      tid_ = own_tid();
      while (works && !done_) {
      }
      for (; !done_; ++turns_) std::lock_guard<std::mutex> hold(lock_);
    });
    while (tid_ == 0) std::this_thread::yield();
  }

  ~Companion() {
    done_ = true;
    lock_.unlock();
    thread_.join();
  }

  // Lets it run once and wait again.
  void wake() {
    int before = turns_;
    lock_.unlock();
    while (turns_ == before) std::this_thread::yield();
    lock_.lock();
  }

  pid_t tid() const { return tid_; }
  int processor() const { return processor_; }

 private:
  cpu_set_t allowed_;
  int processor_ = 0;
  std::mutex lock_;
  std::atomic<bool> done_{false};
  std::atomic<int> turns_{0};
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

// The processors of a thread of its own that has followed the companion so often.
cpu_set_t processors_after(Placement& placement, pid_t tid, uint64_t period, int ticks) {
  cpu_set_t processors;
  std::thread([&] {
    placement.begin(period);
    for (int i = 0; i < ticks; ++i) placement.follow(tid, monotonic_ns());
    sched_getaffinity(0, sizeof processors, &processors);
  }).join();
  return processors;
}

TEST("OsThreads: a thread that rests is known to until it has run again") {
  Memory memory(getpid());
  OsThreads threads(memory);
  Companion waiting(false);
  CHECK(!threads.still_rests(waiting.tid(), 1));  // nothing is known of it yet
  while (threads.state(waiting.tid(), 1) != OsThreads::State::kRests) std::this_thread::yield();
  CHECK(threads.still_rests(waiting.tid(), 2));
  CHECK(!threads.still_rests(waiting.tid(), 5'000'000'000));  // too long ago to be sure
  waiting.wake();
  CHECK(!threads.still_rests(waiting.tid(), 3));
  Companion working(true);
  CHECK(threads.state(working.tid(), 1) == OsThreads::State::kRuns);
  CHECK(!threads.still_rests(working.tid(), 1));
}

TEST("OsThreads: tells the processor of a thread, and of none that it has none") {
  Memory memory(getpid());
  OsThreads threads(memory);
  Companion working(true);
  CHECK_EQUAL(threads.processor(working.tid()), working.processor());
  CHECK_EQUAL(threads.processor(0x7ffffff0), -1);
}

TEST("Placement: the sampling thread goes where the target runs, if it may and ticks are seldom enough") {
  Memory memory(getpid());
  OsThreads threads(memory);
  Companion working(true);
  cpu_set_t before;
  sched_getaffinity(0, sizeof before, &before);
  constexpr uint64_t kSeldom = 10'000'000, kOften = 100'000;  // ns

  for (auto [mode, period] :
       {std::pair{Placement::kTargets, kOften}, std::pair{Placement::kByCost, kSeldom}}) {
    Placement placement(threads, mode);
    cpu_set_t processors = processors_after(placement, working.tid(), period, 2);
    CHECK_EQUAL(CPU_COUNT(&processors), 1);
    CHECK(CPU_ISSET(working.processor(), &processors));
    CHECK_EQUAL(placement.beside(), 1u);  // the first tick is where it came from
  }
  for (auto [mode, period] : {std::pair{Placement::kAny, kSeldom}, std::pair{Placement::kByCost, kOften}}) {
    Placement placement(threads, mode);
    cpu_set_t processors = processors_after(placement, working.tid(), period, 2);
    CHECK(CPU_EQUAL(&processors, &before));
    CHECK_EQUAL(placement.beside(), 0u);
  }
}

}  // namespace
}  // namespace heavyops::test
