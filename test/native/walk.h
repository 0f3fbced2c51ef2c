#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fake_python.h"
#include "readers/thread_reader.h"
#include "walk/data_stack.h"
#include "walk/frame_chain.h"

namespace heavyops::test {

// Takes a thread for one that goes on, though nothing here ever changes.
template <typename Walker>
class Moving final : public Walker {
 public:
  Moving(Memory& memory, const Layout& layout, CodeCache& codes, size_t max_depth, const bool& moves)
      : Walker(memory, layout, codes, max_depth), moves_(moves) {}
  bool stands_still(const WalkState& state, const BulkRead& bulk) const override {
    return !moves_ && Walker::stands_still(state, bulk);
  }

 private:
  const bool& moves_;
};

// A walker on a fake interpreter, used as the reader uses it.
class Walk {
 public:
  explicit Walk(FakePython& python, size_t max_depth = 1000)
      : python_(python), memory_(getpid()), codes_(memory_, python.layout(), opcodes_) {
    const Layout& layout = python.layout();
    if (layout.has_data_stack()) {
      walker_ = std::make_unique<Moving<DataStackWalker>>(memory_, layout, codes_, max_depth, moves);
    } else {
      walker_ = std::make_unique<Moving<FrameChainWalker>>(memory_, layout, codes_, max_depth, moves);
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
  bool moves = true;   // the thread, between images of its frames

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
