#include "stop/request.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>
#include <vector>

#include "memory.h"
#include "stop/child_signals.h"
#include "stop/tracer.h"
#include "timer.h"

namespace heavyops {

namespace {

// _PY_EVAL_PLEASE_STOP_BIT in Include/internal/pycore_ceval.h of 3.14 and 3.15. Without the free-threaded
// build's stop of the world, a thread that finds it clears it, lets others have the GIL for a moment
// (_PyThreadState_Suspend in Python/pystate.c), and then looks for a script.
constexpr uint64_t kPleaseStop = 1u << 5;

constexpr size_t kMaxThreads = 65'536;
// Where processors are busy, a thread that has to stop may have to wait for one first, while the others stand
// still. So it is tried again and again, at first with little patience, and the process runs as long in
// between.
constexpr int kAttempts = 12;
constexpr uint64_t kMostPatience = 160'000'000;  // ns

bool write(pid_t pid, Address to, const void* from, size_t size) {
  iovec local{const_cast<void*>(from), size};
  iovec remote{reinterpret_cast<void*>(to), size};
  ssize_t put = process_vm_writev(pid, &local, 1, &remote, 1, 0);
  if (put >= 0 && put != static_cast<ssize_t>(size)) errno = EFAULT;
  return put == static_cast<ssize_t>(size);
}

}  // namespace

ScriptRequest::ScriptRequest(pid_t pid, uint64_t interpreter, const DebuggerLayout& layout, std::string path)
    : pid_(pid), interpreter_(interpreter), layout_(layout), path_(std::move(path)) {}

// Calls `change(memory, thread state)` for each thread of the interpreter, with the process stopped. Its
// results are added up, unless one is negative.
//
// On a thread of its own, since the end of that is what lets go of the target.
template <typename Change>
int ScriptRequest::each(Change change) {
  int result = -EAGAIN;
  pid_t tracing = 0;
  ChildSignals child_signals;
  std::thread([&] {
    tracing = static_cast<pid_t>(syscall(SYS_gettid));
    Tracer tracer(pid_);
    const int error = tracer.attach();
    if (error != 0) result = -error;
    uint64_t patience = Tracer::kLongestWait;
    for (int attempt = 0; result == -EAGAIN && attempt < kAttempts; ++attempt) {
      {
        Tracer::Stop stop(tracer, true, patience);
        if (!tracer.gone() && stop.complete()) result = visit(change);
      }
      if (result == -EAGAIN) tracer.rest(monotonic_ns() + patience);
      patience = std::min(2 * patience, kMostPatience);
      if (tracer.gone()) result = -ESRCH;
    }
  }).join();
  // It can be joined a moment before the kernel has let go of what it traced.
  while (syscall(SYS_tgkill, getpid(), tracing, 0) == 0) sched_yield();
  child_signals.remind();
  return result;
}

// A thread can have been stopped while it was changing the list: each pointer in it leads to a thread state
// at any time (add_threadstate and tstate_delete_common in Python/pystate.c).
template <typename Change>
int ScriptRequest::visit(Change& change) {
  Memory memory(pid_);
  int sum = 0;
  Address thread = memory.read_pointer(interpreter_ + static_cast<uint64_t>(layout_.threads_head));
  for (size_t count = 0; plausible(thread) && count < kMaxThreads; ++count) {
    if (memory.read_pointer(thread + static_cast<uint64_t>(layout_.interp)) != interpreter_) break;
    const int one = change(memory, thread);
    if (one < 0) return one;
    sum += one;
    thread = memory.read_pointer(thread + static_cast<uint64_t>(layout_.next));
  }
  return sum;
}

int ScriptRequest::ask() {
  if (path_.size() >= static_cast<size_t>(layout_.script_path_size)) return -ENAMETOOLONG;
  return each([this](Memory& memory, Address thread) {
    const Address pending = thread + static_cast<uint64_t>(layout_.pending_call);
    const Address breaker = thread + static_cast<uint64_t>(layout_.eval_breaker);
    int32_t asked = 0;
    uint64_t bits = 0;
    if (!memory.read(pending, &asked, sizeof asked) || !memory.read(breaker, &bits, sizeof bits))
      return -memory.last_error();
    if (asked != 0) return 0;  // by another debugger
    const int32_t one = 1;
    bits |= kPleaseStop;
    // The path first: whatever fails behind it, nobody looks at it.
    const bool written =
        write(pid_, thread + static_cast<uint64_t>(layout_.script_path), path_.c_str(), path_.size() + 1) &&
        write(pid_, breaker, &bits, sizeof bits) && write(pid_, pending, &one, sizeof one);
    return written ? 1 : -errno;
  });
}

// Whether a thread state is one that was asked is told by the path in it, which nobody else can have written:
// one that has ended since may have left its memory to another.
int ScriptRequest::take_back() {
  return each([this](Memory& memory, Address thread) {
    const Address path = thread + static_cast<uint64_t>(layout_.script_path);
    const Address pending = thread + static_cast<uint64_t>(layout_.pending_call);
    std::vector<char> found(path_.size() + 1);
    int32_t asked = 0;
    if (!memory.read(path, found.data(), found.size()) || !memory.read(pending, &asked, sizeof asked))
      return -memory.last_error();
    if (path_.compare(0, std::string::npos, found.data(), path_.size()) != 0) return 0;
    if (asked == 0) return 1;
    // Where its bit is still set, the thread will look, and find nothing to do.
    const int32_t none = 0;
    const std::vector<char> empty(path_.size(), 0);
    if (!write(pid_, pending, &none, sizeof none)) return -errno;
    return write(pid_, path, empty.data(), empty.size()) ? 0 : -errno;
  });
}

}  // namespace heavyops
