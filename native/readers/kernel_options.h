#pragma once
#include <cstdint>
#include <vector>

#include "memory.h"

namespace heavyops {

// What the kernel reader needs beyond what all readers do.
struct KernelOptions {
  std::vector<uint8_t> program;  // of scripts/setup/kernel-program.mjs
  uint64_t least_wait = 0;       // ns: waits from this length on are told apart by their kind
  bool each_wait = false;        // the length of each of them is asked for
};

}  // namespace heavyops
