#pragma once
#include <cstdint>

namespace heavyops {

// What became of reading one thread at one instant. Torn or unreadable is an ordinary value here.
enum class WalkStatus : uint8_t {
  kComplete,   // the frames are those of the instant
  kRepaired,   // the image was torn above some frame; the stack ends where it is sure
  kTruncated,  // deeper than the bound: the root's end is cut
  kNeedsMore,  // frames lie where the bulk read did not look; the walker has asked for them
  kNoFrames,   // the thread runs no Python code
  kUnreadable,
};

}  // namespace heavyops
