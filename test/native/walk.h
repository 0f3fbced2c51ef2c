#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fake_python.h"
#include "readers/thread_reader.h"
#include "walk/data_stack.h"
#include "walk/frame_chain.h"

namespace heavyops::test {

// How the thread changes between images of its frames, though nothing here ever does.
struct Motion {
  bool moves = true;                // it is taken for one that goes on
  bool each_image_differs = false;  // from the one before
};

template <typename Walker>
class Moving final : public Walker {
 public:
  Moving(Memory& memory, const Layout& layout, CodeCache& codes, size_t max_depth, const Motion& motion)
      : Walker(memory, layout, codes, max_depth), motion_(motion) {}
  bool stands_still(const WalkState& state, const BulkRead& bulk) const override {
    return !motion_.moves && Walker::stands_still(state, bulk);
  }
  WalkStatus walk(WalkState& state, const ThreadImage& thread, const BulkRead& bulk, size_t image,
                  uint64_t now, std::vector<Frame>& frames) override {
    if (motion_.each_image_differs && image > 0) {
      std::memset(const_cast<uint8_t*>(this->images_.image(state.images, image - 1)), 0, state.images.size);
    }
    return Walker::walk(state, thread, bulk, image, now, frames);
  }

 private:
  const Motion& motion_;
};

// A walker on a fake interpreter, used as the reader uses it.
class Walk {
 public:
  explicit Walk(FakePython& python, size_t max_depth = 1000)
      : python_(python), memory_(getpid()), codes_(memory_, python.layout(), opcodes_) {
    const Layout& layout = python.layout();
    if (layout.has_data_stack()) {
      walker_ = std::make_unique<Moving<DataStackWalker>>(memory_, layout, codes_, max_depth, motion);
    } else {
      walker_ = std::make_unique<Moving<FrameChainWalker>>(memory_, layout, codes_, max_depth, motion);
    }
    reader_ = std::make_unique<ThreadReader>(memory_, *walker_);
  }

  // Reads the thread's frames.
  WalkStatus operator()(const FakeThread& thread) {
    if (thread_.image.address != thread.state) {
      thread_.image.address = thread.state;
      thread_.image.state.resize(static_cast<size_t>(python_.layout().thread_size));
      thread_.walk = walker_->make_state();
    }
    uint64_t before = memory_.calls();
    BulkRead bulk;
    reader_->plan(thread_, bulk);
    bulk.run(memory_);
    WalkStatus status = reader_->decide(thread_, bulk, ++now_, before + 1000);
    calls = memory_.calls() - before;
    return status;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const Frame& frame : frames) out.push_back(frame.code->name);
    return out;
  }
  std::vector<uint32_t> units() const {
    std::vector<uint32_t> out;
    for (const Frame& frame : frames) out.push_back(frame.unit);
    return out;
  }

  // From now on what it reads is believed to be one instant.
  void hold_still() { walker_->still = true; }
  // Lets what is kept grow old.
  void wait(uint64_t nanoseconds) { now_ += nanoseconds; }

  const std::vector<Frame>& frames = thread_.frames;
  uint64_t calls = 0;  // that the last walk took
  Motion motion;

 private:
  FakePython& python_;
  OpcodeFacts opcodes_ = fake_opcodes();
  Memory memory_;
  CodeCache codes_;
  std::unique_ptr<Walker> walker_;
  std::unique_ptr<ThreadReader> reader_;
  ThreadFrames thread_;
  uint64_t now_ = 1'000'000'000;
};

using Names = std::vector<std::string>;

inline std::ostream& operator<<(std::ostream& out, WalkStatus status) {
  const char* names[] = {"complete",   "repaired",   "undecided", "truncated", "no frames",
                         "unreadable", "needs more", "calling",   "ended",     "elsewhere"};
  return out << names[static_cast<int>(status)];
}

}  // namespace heavyops::test

namespace heavyops {
using test::operator<<;
}
