#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "check.h"
#include "fake_python.h"
#include "timer.h"

namespace heavyops::test {
namespace {

// A thread that waits at a condition with its mutex, which take up to 96 bytes from `at` on.
class Waiter {
 public:
  explicit Waiter(Address at)
      : condition_(reinterpret_cast<pthread_cond_t*>(at)),
        mutex_(reinterpret_cast<pthread_mutex_t*>(at + sizeof(pthread_cond_t))) {
    pthread_cond_init(condition_, nullptr);
    pthread_mutex_init(mutex_, nullptr);
    thread_ = std::thread([this] {
      pthread_mutex_lock(mutex_);
      tid_ = static_cast<pid_t>(syscall(SYS_gettid));
      while (!done_) pthread_cond_wait(condition_, mutex_);
      pthread_mutex_unlock(mutex_);
    });
    while (tid_ == 0) std::this_thread::yield();
  }

  ~Waiter() {
    pthread_mutex_lock(mutex_);
    done_ = true;
    pthread_mutex_unlock(mutex_);
    pthread_cond_signal(condition_);
    thread_.join();
  }

  pid_t tid() const { return tid_; }
  uint64_t ident() { return static_cast<uint64_t>(thread_.native_handle()); }

 private:
  pthread_cond_t* condition_;
  pthread_mutex_t* mutex_;
  std::atomic<bool> done_{false};
  std::atomic<pid_t> tid_{0};
  std::thread thread_;
};

void wait_until_asleep(OsThreads& threads, pid_t tid) {
  while (threads.state(tid, monotonic_ns()) != OsThreads::State::kRests) std::this_thread::yield();
}

int kind_in(const SampleColumns& rows, size_t row) { return rows.flags[row] >> sample_flag::kWaitShift; }

TEST("Task: what a thread is in, as the kernel writes it") {
  SystemCall in{7, 7};
  CHECK(standing_of("running\n", in) == Standing::kRuns);
  CHECK_EQUAL(in.number, -1);
  CHECK(standing_of("202 0x7f01 0x189 0x0 0x0 0x0 0xffffffff 0x7ffe 0x7f2a\n", in) == Standing::kInCall);
  CHECK_EQUAL(in.number, 202);
  CHECK_EQUAL(in.first_argument, 0x7f01u);
  CHECK(standing_of("-1 0x7ffe 0x7f2a\n", in) == Standing::kOther);
  CHECK_EQUAL(in.number, -1);
  CHECK_EQUAL(in.first_argument, 0u);
  CHECK(standing_of("", in) == Standing::kOther);
}

TEST("OsThreads: tells the system call that a thread rests in, and none of one that has ended") {
  Memory memory(getpid());
  OsThreads threads(memory);
  alignas(16) char bytes[96];
  Address at = reinterpret_cast<Address>(bytes);
  pid_t tid;
  {
    Waiter waiter(at);
    tid = waiter.tid();
    wait_until_asleep(threads, tid);
    SystemCall in;
    CHECK(threads.state(tid, 1, &in) == OsThreads::State::kRests);
    CHECK_EQUAL(in.number, SYS_futex);
    CHECK((Range{at, at + sizeof bytes}.has(in.first_argument)));
  }
  SystemCall in{7, 7};
  while (threads.state(tid, 1, &in) != OsThreads::State::kEnded) std::this_thread::yield();
  CHECK(threads.tells_calls());
}

TEST("OsThreads: says so where it cannot be seen what a thread rests in") {
  rlimit usual{};
  CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &usual), 0);
  rlimit none = usual;
  none.rlim_cur = std::min<rlim_t>(usual.rlim_cur, 64);  // those that are left for others: descriptors.h
  alignas(16) char bytes[96];
  Waiter waiter(reinterpret_cast<Address>(bytes));
  Memory memory(getpid());
  OsThreads threads(memory);
  CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &none), 0);
  SystemCall in{7, 7};
  CHECK(threads.state(waiter.tid(), 1, &in) == OsThreads::State::kRests);
  CHECK_EQUAL(in.number, -1);
  CHECK(!threads.tells_calls());
  CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &usual), 0);
}

TEST("Sampler: a thread that waits for the GIL is told from one that waits for another lock") {
  for (Style style : kStyles) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    Waiter for_gil(python.gil() + 64), for_other(python.allocate(96));
    for (Waiter* one : {&for_gil, &for_other}) {
      FakeThread thread = python.add_thread_running(interpreter, one->ident(), {"f"});
      if (style != Style::k310)
        python.set(thread.state, python.layout().thread_native_id, static_cast<uint64_t>(one->tid()));
    }
    Memory memory(getpid());
    OsThreads threads(memory);
    wait_until_asleep(threads, for_gil.tid());
    wait_until_asleep(threads, for_other.tid());
    Sampler sampler(python.config());
    for (int tick = 0; tick < 3; ++tick) {  // at first it is asked for, then it is known to rest
      sampler.sample_once();
      SampleColumns rows;
      WaitColumns no_waits;
      Sampler::Pause pause(sampler);
      sampler.swap_rows(rows, no_waits);
      CHECK_EQUAL(rows.size(), 2u);
      for (size_t row = 0; row < rows.size(); ++row) {
        const ThreadFacts& facts = sampler.threads()[static_cast<size_t>(rows.thread[row])];
        bool waits = facts.tid == for_gil.tid();
        CHECK(waits || facts.tid == for_other.tid());
        CHECK_EQUAL(kind_in(rows, row), static_cast<int>(waits ? WaitKind::kGil : WaitKind::kNone));
        CHECK_EQUAL(rows.flags[row] & sample_flag::kActive, 0);
      }
    }
    CHECK(sampler.gil_waits() == Sampler::kTold);
  }
}

}  // namespace
}  // namespace heavyops::test
