#pragma once
#include "walk/node_set.h"
#include "walk/walker.h"

namespace heavyops {

// CPython to 3.10: frames are heap objects on a chain of `f_back`. Their addresses are predicted from the
// last samples, so that one bulk read brings them all, and the links are verified in what it brought.
class FrameChainWalker final : public Walker {
 public:
  FrameChainWalker(const Layout& layout, CodeCache& codes, size_t max_depth)
      : layout_(layout), codes_(codes), max_depth_(max_depth) {}

  std::unique_ptr<WalkState> make_state() const override;
  void plan(WalkState& state, const ThreadImage& thread, BulkRead& bulk) override;
  WalkStatus walk(WalkState& state, const ThreadImage& thread, const BulkRead& bulk, uint64_t now,
                  std::vector<Frame>& frames) override;

 private:
  struct State final : WalkState {
    NodeSet nodes;
    Address frame_last = 0;  // the pointer to the current frame, read again after everything else
    size_t range_last = 0;
  };

  WalkStatus follow(State& state, Address top, uint64_t now, std::vector<Frame>& frames);
  bool resolve(const uint8_t* frame, Address address, uint64_t now, Frame& out);

  const Layout& layout_;
  CodeCache& codes_;
  size_t max_depth_;
};

}  // namespace heavyops
