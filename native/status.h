#pragma once
#include <cstdint>

namespace heavyops {

// What became of reading one thread at one instant. Torn or unreadable is an ordinary value here.
enum class WalkStatus : uint8_t {
  kComplete,    // the frames are those of the instant
  kRepaired,    // so they are, but only a later image showed the thread there
  kUndecided,   // no image showed the thread where it was: the frames end where they are sure
  kTruncated,   // deeper than the bound: the root's end is cut
  kNoFrames,    // the thread runs no Python code
  kUnreadable,  // no frames could be told

  // Of one image only, for ThreadReader. The last three, best first, show the thread in another frame than
  // the one that it was in.
  kNeedsMore,  // frames lie where the bulk read did not look; the walker has asked for them
  kCalling,    // in a frame called from there
  kEnded,      // in a caller of that frame, whose last content is still there
  kElsewhere,  // else
};

}  // namespace heavyops
