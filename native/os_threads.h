#pragma once
#include <sys/types.h>

#include <unordered_map>
#include <vector>

#include "memory.h"
#include "task.h"

namespace heavyops {

// The kernel's view of the target's threads: which thread id is which, and whether it runs.
class OsThreads {
 public:
  explicit OsThreads(Memory& memory) : memory_(memory) {}
  OsThreads(const OsThreads&) = delete;
  OsThreads& operator=(const OsThreads&) = delete;

  // Our thread id of the thread which the interpreter knows by `native_id` (in the target's pid namespace, 0
  // when it does not say) and `ident` (its pthread_t). 0 when there is none. The kernel is asked at most once
  // for each `now`.
  pid_t find(uint64_t native_id, uint64_t ident, uint64_t now);

  // What a thread waits in (/proc/PID/task/TID/syscall), none where it runs or is about to; false where the
  // kernel does not tell.
  bool waits_in(pid_t tid, SystemCall& out) const;

  // The id that the thread has in the target's namespace.
  pid_t innermost(pid_t tid) const;

  // Runs: the kernel has it running or waiting for a CPU ("running" in /proc/PID/task/TID/syscall, else state
  // R in `stat` beside it).
  enum class State { kRuns, kRests, kEnded };
  // And what it rests in, where that is known.
  State state(pid_t tid, uint64_t now, SystemCall* in = nullptr);
  // Whether the kernel has told, of each thread so far, what it rests in.
  bool tells_calls() const { return tells_calls_; }

  // Whether it has been on no processor since `state` last said that it rests, a second ago at most. It may
  // have been woken, and wait for one. Costs a third of `state`.
  bool still_rests(pid_t tid, uint64_t now);

  // ns since it was started, to 10 ms more than it is; UINT64_MAX when unknown.
  uint64_t age(pid_t tid);

  // ns that it has been on processors: see Task.
  uint64_t ran(pid_t tid) { return watch(tid).task.ran(); }

  // The processor that it runs on or ran on last; -1 when unknown.
  int processor(pid_t tid);

  void forget(pid_t tid);

 private:
  struct Watched {
    Task task;
    uint64_t arrivals = 0;   // on a processor, when it was seen to rest
    uint64_t rested_at = 0;  // ns; 0: it did not rest
  };

  Watched& watch(pid_t tid);
  void list();

  Memory& memory_;
  uint64_t listed_at_ = 0;
  bool tells_calls_ = true;
  std::unordered_map<pid_t, pid_t> ours_;       // thread id in the target's namespace → in ours
  std::unordered_map<pid_t, Watched> watched_;  // by our thread id
};

}  // namespace heavyops
