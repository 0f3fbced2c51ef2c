#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fake_python.h"
#include "walk/data_stack.h"
#include "walk/frame_chain.h"

namespace heavyops::test {

// A walker on a fake interpreter, used as the reader uses it.
class Walk {
 public:
  explicit Walk(FakePython& python, size_t max_depth = 1000)
      : python_(python), memory_(getpid()), codes_(memory_, python.layout(), opcodes_) {
    if (python.layout().has_data_stack()) {
      walker_ = std::make_unique<DataStackWalker>(memory_, python.layout(), codes_, max_depth);
    } else {
      walker_ = std::make_unique<FrameChainWalker>(memory_, python.layout(), codes_, max_depth);
    }
  }

  // Follows the thread's frames, reading until the walker has all that it asks for.
  WalkStatus operator()(const FakeThread& thread) {
    if (image_.address != thread.state) {
      image_.address = thread.state;
      image_.state.resize(static_cast<size_t>(python_.layout().thread_size));
      state_ = walker_->make_state();
    }
    for (reads = 1;; ++reads) {
      BulkRead bulk;
      bulk.add(thread.state, image_.state.data(), image_.state.size());
      walker_->plan(*state_, image_, bulk);
      bulk.run(memory_);
      WalkStatus status = walker_->walk(*state_, image_, bulk, ++now_, frames);
      if (status != WalkStatus::kNeedsMore || reads == 8) return status;
    }
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

  // Lets what is kept grow old.
  void wait(uint64_t nanoseconds) { now_ += nanoseconds; }

  std::vector<Frame> frames;
  int reads = 0;  // bulk reads that the last walk took

 private:
  FakePython& python_;
  OpcodeFacts opcodes_ = fake_opcodes();
  Memory memory_;
  CodeCache codes_;
  std::unique_ptr<Walker> walker_;
  std::unique_ptr<WalkState> state_;
  ThreadImage image_;
  uint64_t now_ = 1'000'000'000;
};

using Names = std::vector<std::string>;

inline std::ostream& operator<<(std::ostream& out, WalkStatus status) {
  const char* names[] = {"complete", "repaired", "truncated", "needs more", "no frames", "unreadable"};
  return out << names[static_cast<int>(status)];
}

}  // namespace heavyops::test

namespace heavyops {
using test::operator<<;
}
