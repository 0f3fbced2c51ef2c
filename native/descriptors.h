#pragma once
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace heavyops {

// A file that is one of many, just opened, or -1. Where the last descriptors would go to such files it is
// closed again, with EMFILE: the program has modules to load still, and results to write.
inline int spare(int descriptor) {
  constexpr rlim_t kForOthers = 64;
  rlimit limit{};
  if (descriptor < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return descriptor;
  if (static_cast<rlim_t>(descriptor) + kForOthers < limit.rlim_cur) return descriptor;
  close(descriptor);
  errno = EMFILE;
  return -1;
}

}  // namespace heavyops
