#pragma once
#include <sys/types.h>

#include <unordered_map>
#include <vector>

#include "memory.h"

namespace heavyops {

// The kernel's view of the target's threads: which thread id is which, and whether it runs.
class OsThreads {
 public:
  explicit OsThreads(Memory& memory) : memory_(memory) {}
  ~OsThreads();
  OsThreads(const OsThreads&) = delete;
  OsThreads& operator=(const OsThreads&) = delete;

  // Our thread id of the thread which the interpreter knows by `native_id` (in the target's pid namespace, 0
  // when it does not say) and `ident` (its pthread_t). 0 when there is none. The kernel is asked at most once
  // for each `now`.
  pid_t find(uint64_t native_id, uint64_t ident, uint64_t now);

  // Whether the kernel has it running or waiting for a CPU (state R of /proc/PID/task/TID/stat); false when
  // gone.
  bool running(pid_t tid);

  void forget(pid_t tid);

 private:
  void list();
  pid_t find_in_descriptor(uint64_t ident) const;

  Memory& memory_;
  uint64_t listed_at_ = 0;
  std::unordered_map<pid_t, pid_t> ours_;  // thread id in the target's namespace → in ours
  std::unordered_map<pid_t, int> stats_;   // open /proc/PID/task/TID/stat by our thread id
};

}  // namespace heavyops
