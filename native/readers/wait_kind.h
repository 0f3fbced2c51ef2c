#pragma once
#include <sys/syscall.h>

#include <cstdint>

#include "memory.h"
#include "task.h"

namespace heavyops {

// What a thread waits for. waitKinds in src/profile/profile.ts has the same order; they fit into three bits.
enum class WaitKind : uint8_t {
  kNone = 0,       // it does not wait, or not long enough to be asked for
  kUnknown = 1,    // the kernel does not tell (before Linux 5.15)
  kGil = 2,        // the interpreter's lock
  kLock = 3,       // any other lock
  kIo = 4,         // files, sockets, pipes, and whether any of them is ready
  kSleep = 5,      // a time
  kProcess = 6,    // another process, or a signal
  kProcessor = 7,  // a processor that others use, or memory that is brought in
};

// Told by the system call that it waits in. Whoever waits for the GIL does so at its condition or its mutex
// (take_gil in Python/ceval_gil.h, from 3.12 on .c), both in the GIL's struct, and glibc keeps the words that
// their futexes are at inside them.
inline WaitKind wait_kind(const SystemCall& in, const Range& gil) {
  uint64_t first_argument = in.first_argument;
  switch (in.number) {
    case -1:
      return WaitKind::kProcessor;
    case SYS_futex:
      return gil.has(first_argument) ? WaitKind::kGil : WaitKind::kLock;
    // A call that a signal, or a tracer, has interrupted; its arguments stay in their registers.
    case SYS_restart_syscall:
      return gil.has(first_argument) ? WaitKind::kGil : WaitKind::kUnknown;
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return WaitKind::kSleep;
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:  // time.sleep() is one of no files, to 3.10
      return static_cast<int32_t>(first_argument) == 0 ? WaitKind::kSleep : WaitKind::kIo;
#ifdef SYS_pause
    case SYS_pause:
#endif
    case SYS_wait4:
    case SYS_waitid:
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigsuspend:
      return WaitKind::kProcess;
    // These wait for nothing: it was robbed of its processor in them, or had to get memory.
    case SYS_sched_yield:
    case SYS_clock_gettime:
    case SYS_gettimeofday:
    case SYS_getrusage:
    case SYS_getpid:
    case SYS_gettid:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_mprotect:
    case SYS_madvise:
    case SYS_brk:
      return WaitKind::kProcessor;
    default:
      return WaitKind::kIo;
  }
}

}  // namespace heavyops
