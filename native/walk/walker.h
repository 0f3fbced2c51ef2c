#pragma once
#include <memory>
#include <vector>

#include "code_cache.h"
#include "layout.h"
#include "memory.h"
#include "status.h"

namespace heavyops {

// One frame of a sample: which instruction of which code object.
struct Frame {
  Code* code;
  uint32_t unit;    // the instruction, as an index of code units
  Address address;  // of the frame itself
};

// What a walker keeps about one thread between samples.
struct WalkState {
  virtual ~WalkState() = default;
};

// What every bulk read brings of a thread, whatever its frames are.
struct ThreadImage {
  Address address = 0;         // of the thread state
  std::vector<uint8_t> state;  // its first `thread_size` bytes
};

// One way of following frames. `plan` adds the ranges that it predicts to the bulk read; `walk` decides
// inside what came back, and asks for more where its prediction fell short.
class Walker {
 public:
  virtual ~Walker() = default;
  virtual std::unique_ptr<WalkState> make_state() const = 0;
  virtual void plan(WalkState& state, const ThreadImage& thread, BulkRead& bulk) = 0;
  // Fills `frames`, root first. Unreadable when a code object in them is one too many to keep.
  virtual WalkStatus walk(WalkState& state, const ThreadImage& thread, const BulkRead& bulk, uint64_t now,
                          std::vector<Frame>& frames) = 0;
};

}  // namespace heavyops
