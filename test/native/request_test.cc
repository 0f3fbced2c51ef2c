#include "stop/request.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <thread>

#include "check.h"

namespace heavyops::test {
namespace {

// As much of an interpreter as is asked. A forked child has it at the same addresses.
struct FakeThread {
  std::atomic<uint64_t> eval_breaker{0};
  FakeThread* next = nullptr;
  void* interp = nullptr;
  std::atomic<int32_t> pending_call{0};
  char script_path[64] = {};
};
struct FakeInterpreter {
  FakeThread* head = nullptr;
};
FakeThread threads[2];
FakeInterpreter interpreter;

// What the test sees of the child.
struct Seen {
  std::atomic<uint64_t> rounds[2];
  std::atomic<uint64_t> runs{0};   // of the script
  std::atomic<uint64_t> wrong{0};  // a bit that nobody has changed was another
  std::atomic<bool> idle{false}, end{false};
};
Seen* seen = nullptr;

constexpr uint64_t kDrop = 1, kStop = 1 << 5, kVersion = 1 << 8;

// But for the one that it is asked by, nobody else changes its bits: so it knows what they are.
void evaluate(int index) {
  FakeThread& own = threads[index];
  uint64_t version = 0;
  while (!seen->end) {
    own.eval_breaker.fetch_or(kDrop);
    own.eval_breaker.fetch_add(kVersion);
    version += kVersion;
    if (uint64_t now = own.eval_breaker; (now & kDrop) == 0 || now / kVersion != version / kVersion)
      ++seen->wrong;
    own.eval_breaker.fetch_and(~kDrop);
    if (uint64_t now = own.eval_breaker; (now & kDrop) != 0 || now / kVersion != version / kVersion)
      ++seen->wrong;
    ++seen->rounds[index];
    if (seen->idle || (own.eval_breaker & kStop) == 0) continue;
    own.eval_breaker.fetch_and(~kStop);
    int32_t one = 1;
    if (own.pending_call.compare_exchange_strong(one, 0)) ++seen->runs;
  }
}

class Process {
 public:
  Process() {
    if (seen == nullptr)
      seen = static_cast<Seen*>(
          mmap(nullptr, sizeof(Seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    new (seen) Seen();
    for (FakeThread& one : threads) {
      one.interp = &interpreter;
      one.next = &one == threads ? threads + 1 : nullptr;
    }
    interpreter.head = threads;
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(120);
    std::thread second(evaluate, 1);
    evaluate(0);
    second.join();
    _exit(0);
  }
  ~Process() {
    seen->end = true;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  // Both threads get on.
  bool lives_on() const {
    const uint64_t before[] = {seen->rounds[0], seen->rounds[1]};
    for (int i = 0; i < 20'000; ++i) {
      if (seen->rounds[0] > before[0] + 10 && seen->rounds[1] > before[1] + 10) return true;
      usleep(500);
    }
    return false;
  }
  ScriptRequest request(const std::string& path, int32_t room = sizeof threads[0].script_path) const {
    const DebuggerLayout layout = {static_cast<int32_t>(offsetof(FakeInterpreter, head)),
                                   static_cast<int32_t>(offsetof(FakeThread, next)),
                                   static_cast<int32_t>(offsetof(FakeThread, interp)),
                                   static_cast<int32_t>(offsetof(FakeThread, eval_breaker)),
                                   static_cast<int32_t>(offsetof(FakeThread, pending_call)),
                                   static_cast<int32_t>(offsetof(FakeThread, script_path)),
                                   room};
    return ScriptRequest(pid_, reinterpret_cast<uint64_t>(&interpreter), layout, path);
  }

 private:
  pid_t pid_;
};

TEST("ScriptRequest: every thread is asked, and no bit of theirs is lost or set again") {
  Process process;
  CHECK(process.lives_on());
  uint64_t asked = 0, looked = 0;
  for (int i = 0; i < 200; ++i) {
    ScriptRequest request = process.request("/tmp/script");
    const int now = request.ask();
    CHECK_EQUAL(now, 2);
    if (now > 0) asked += static_cast<uint64_t>(now);
    const int taken = request.take_back();
    CHECK(taken >= 0);
    if (taken > 0) looked += static_cast<uint64_t>(taken);
  }
  CHECK(process.lives_on());
  CHECK_EQUAL(seen->wrong.load(), 0u);
  CHECK(seen->runs <= asked);
  CHECK(looked >= seen->runs);
}

TEST("ScriptRequest: what was taken back is not run later") {
  Process process;
  seen->idle = true;
  CHECK(process.lives_on());
  ScriptRequest request = process.request("/tmp/script");
  CHECK_EQUAL(request.ask(), 2);
  CHECK_EQUAL(request.take_back(), 0);
  seen->idle = false;
  CHECK(process.lives_on());
  CHECK(process.lives_on());
  CHECK_EQUAL(seen->runs.load(), 0u);
}

TEST("ScriptRequest: another debugger's request is left alone, and so is a path that is too long") {
  Process process;
  seen->idle = true;
  CHECK(process.lives_on());
  ScriptRequest other = process.request("/tmp/other");
  CHECK_EQUAL(other.ask(), 2);
  ScriptRequest request = process.request("/tmp/script");
  CHECK_EQUAL(request.ask(), 0);
  CHECK_EQUAL(request.take_back(), 0);
  seen->idle = false;
  CHECK(process.lives_on());
  CHECK(process.lives_on());
  CHECK_EQUAL(seen->runs.load(), 2u);
  CHECK_EQUAL(process.request("/tmp/script", 11).ask(), -ENAMETOOLONG);
}

}  // namespace
}  // namespace heavyops::test
