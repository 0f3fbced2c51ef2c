#include "readers/thread_reader.h"

namespace heavyops {

namespace {

// Of chains.py, whose functions take some ten nanoseconds, 64 leave 1 % undecided to 3.10 and 0.1 % later on.
constexpr size_t kImages = 128;
constexpr size_t kSameImages = 16;  // one after another: the thread does not move just now

bool shows_elsewhere(WalkStatus status) {
  return status == WalkStatus::kCalling || status == WalkStatus::kEnded || status == WalkStatus::kElsewhere ||
         status == WalkStatus::kUnreadable;
}

bool is_decided(WalkStatus status) { return status != WalkStatus::kNeedsMore && !shows_elsewhere(status); }

}  // namespace

void ThreadReader::plan(ThreadFrames& thread, BulkRead& bulk) {
  walker_.plan_thread(*thread.walk, thread.image, bulk);
  walker_.plan(*thread.walk, bulk);
}

WalkStatus ThreadReader::decide(ThreadFrames& thread, const BulkRead& bulk, uint64_t now,
                                uint64_t last_call) {
  walker_.find_top(*thread.walk, thread.image, bulk);
  WalkStatus status = walker_.walk(*thread.walk, thread.image, bulk, 0, now, thread.frames);
  return is_decided(status) ? status : look_again(thread, status, now, last_call);
}

// A thread that is off its processor may be between two words of a call, or have gone on since its pointer
// was read. While both the pointer and the frames behind it stay, the list that it leads to is whole, as in a
// target that is stopped.
WalkStatus ThreadReader::decide_still(ThreadFrames& thread, uint64_t now) {
  Address top = thread.image.top;
  images_.clear();
  walker_.plan_thread(*thread.walk, thread.image, images_);
  walker_.plan_images(*thread.walk, thread.image, images_);
  images_.run(memory_);
  if (images_.length(thread.image.range) < thread.image.state.size()) return WalkStatus::kUnreadable;
  walker_.find_top(*thread.walk, thread.image, images_);
  bool still = walker_.still;
  walker_.still |= thread.image.top == top && walker_.stands_still(*thread.walk, images_);
  WalkStatus status = walker_.walk(*thread.walk, thread.image, images_, 0, now, thread.frames);
  walker_.still = still;
  if (status == WalkStatus::kComplete) return WalkStatus::kRepaired;
  if (is_decided(status)) return status;
  bool known = status != WalkStatus::kUnreadable && !thread.frames.empty();
  return known ? WalkStatus::kUndecided : WalkStatus::kUnreadable;
}

WalkStatus ThreadReader::look_again(ThreadFrames& thread, WalkStatus status, uint64_t now,
                                    uint64_t last_call) {
  WalkStatus best = WalkStatus::kUnreadable;
  auto keep_better = [&] {
    bool better = best == WalkStatus::kUnreadable || status < best;
    if (!shows_elsewhere(status) || thread.frames.empty() || !better) return;
    best = status;
    std::swap(thread.frames, best_);
  };
  keep_better();
  bool elsewhere = shows_elsewhere(status);
  size_t same = 0;
  last_.clear();
  for (size_t looked = 1; looked < kImages && same < kSameImages && memory_.calls() < last_call;) {
    images_.clear();
    size_t images = 1;
    if (status == WalkStatus::kNeedsMore) {
      walker_.plan(*thread.walk, images_);
    } else {
      images = walker_.plan_images(*thread.walk, thread.image, images_);
    }
    images_.run(memory_);
    if (images > 1 && walker_.stands_still(*thread.walk, images_)) return decide_still(thread, now);
    for (size_t image = 0; image < images; ++image) {
      ++looked;
      status = walker_.walk(*thread.walk, thread.image, images_, image, now, thread.frames);
      if (status == WalkStatus::kNeedsMore) break;
      if (!shows_elsewhere(status)) {
        return status == WalkStatus::kComplete && elsewhere ? WalkStatus::kRepaired : status;
      }
      elsewhere = true;
      same = thread.frames == last_ ? same + 1 : 0;
      last_ = thread.frames;
      keep_better();
    }
  }
  std::swap(thread.frames, best_);
  if (best == WalkStatus::kUnreadable) return best;
  if (best != WalkStatus::kElsewhere) return WalkStatus::kRepaired;
  for (size_t i = 0; i < thread.frames.size(); ++i) {
    if (thread.frames[i].address == thread.image.top) thread.frames.resize(i + 1);
  }
  return WalkStatus::kUndecided;
}

}  // namespace heavyops
