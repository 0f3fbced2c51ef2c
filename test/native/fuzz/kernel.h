#pragma once
#include <sys/uio.h>

#include <cstdint>

#include "memory.h"

// The two calls by which the native code sees the world. The fuzz program is linked with `--wrap` for both,
// so that the product's own code runs unchanged, memory is a recorded image, and time is what the seed makes
// of it.
extern "C" ssize_t __real_process_vm_readv(pid_t pid, const iovec* local, unsigned long locals,
                                           const iovec* remote, unsigned long remotes, unsigned long flags);
extern "C" int __real_clock_gettime(clockid_t clock, timespec* to);

namespace heavyops::test {

// Stands in for the kernel while it lives. There is one at most; without one the real kernel answers.
class Kernel {
 public:
  Kernel();
  virtual ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // As process_vm_readv(2) with as many local ranges as remote ones; -1 and errno.
  virtual ssize_t read(const iovec* local, const iovec* remote, size_t ranges) = 0;
  virtual uint64_t nanoseconds() = 0;
};

}  // namespace heavyops::test
