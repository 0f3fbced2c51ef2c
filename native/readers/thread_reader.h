#pragma once
#include <memory>
#include <vector>

#include "walk/walker.h"

namespace heavyops {

// A thread as a reader keeps it between instants.
struct ThreadFrames {
  ThreadImage image;
  std::unique_ptr<WalkState> walk;
  std::vector<Frame> frames;  // root first
};

// Reads the frames of one thread at an instant: that of the pointer to its current frame, one word that is
// never torn. Frames are read after it and may have changed by then, so images of them are taken until one
// shows the thread in that very frame. Which image that is depends on the target alone, not on how quickly it
// was read: what runs for a short time is seen as often as it should be. docs/accuracy.md has the figures.
class ThreadReader {
 public:
  ThreadReader(Memory& memory, Walker& walker) : memory_(memory), walker_(walker) {}

  // Adds the thread's state, its pointer, and a first image to the bulk read.
  void plan(ThreadFrames& thread, BulkRead& bulk);

  // To be called after that bulk read. Fills `thread.frames`; reads more images itself where one is not
  // enough, as long as memory.calls() is below `last_call`.
  WalkStatus decide(ThreadFrames& thread, const BulkRead& bulk, uint64_t now, uint64_t last_call);

 private:
  WalkStatus decide_still(ThreadFrames& thread, uint64_t now);
  WalkStatus look_again(ThreadFrames& thread, WalkStatus status, uint64_t now, uint64_t last_call);

  Memory& memory_;
  Walker& walker_;
  BulkRead images_;
  std::vector<Frame> best_, last_;
};

}  // namespace heavyops
