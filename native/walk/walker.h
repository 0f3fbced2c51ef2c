#pragma once
#include <memory>
#include <vector>

#include "code_cache.h"
#include "layout.h"
#include "memory.h"
#include "status.h"
#include "walk/image_series.h"

namespace heavyops {

// One frame of a sample: which instruction of which code object.
struct Frame {
  Code* code;
  uint32_t unit;    // the instruction, as an index of code units
  Address address;  // of the frame itself

  bool operator==(const Frame& other) const {
    return code == other.code && unit == other.unit && address == other.address;
  }
};

// What a walker keeps about one thread between samples.
struct WalkState {
  virtual ~WalkState() = default;
  ImageSeries images;
  // Of the last walk:
  bool changed = false;  // it found the frames or their values other than before
  size_t same = 0;       // frames from the root up that it left as the walk before had filled them in
};

// What every bulk read brings of a thread, whatever its frames are.
struct ThreadImage {
  Address address = 0;         // of the thread state
  std::vector<uint8_t> state;  // its first `thread_size` bytes
  size_t range = 0;            // of the state
  Address top = 0;             // the frame that it was in
};

// One way of following frames. `plan` adds the ranges that it predicts to the bulk read; `walk` decides
// inside what came back, and asks for more where its prediction fell short.
class Walker {
 public:
  virtual ~Walker() = default;
  virtual std::unique_ptr<WalkState> make_state() const = 0;
  // Adds the thread's state and the pointer to its current frame.
  virtual void plan_thread(WalkState& state, ThreadImage& thread, BulkRead& bulk) = 0;
  // Adds an image of its frames.
  virtual void plan(WalkState& state, BulkRead& bulk) = 0;
  // Adds several, one after another. Returns how many.
  virtual size_t plan_images(WalkState& state, const ThreadImage& thread, BulkRead& bulk) = 0;
  // Whether all of those were the same, as those of a thread are that is off its processor.
  virtual bool stands_still(const WalkState& state, const BulkRead& bulk) const = 0;
  // Sets `thread.top` after the read that `plan_thread` was for.
  virtual void find_top(WalkState& state, ThreadImage& thread, const BulkRead& bulk) = 0;
  // Fills `frames`, root first, from one of the images in `bulk`. Unreadable when a code object in them is
  // one too many to keep.
  virtual WalkStatus walk(WalkState& state, const ThreadImage& thread, const BulkRead& bulk, size_t image,
                          uint64_t now, std::vector<Frame>& frames) = 0;

  // The target is stopped: an image is one instant. So the list that the thread's pointer leads to is whole,
  // and none of its frames can be stale.
  bool still = false;
};

}  // namespace heavyops
