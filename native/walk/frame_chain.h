#pragma once
#include "walk/node_set.h"
#include "walk/walker.h"

namespace heavyops {

// CPython to 3.10: frames are heap objects on a chain of `f_back`. Those of the last samples are read again
// in one bulk read, and the links are followed inside that image from the thread's pointer to the root;
// docs/accuracy.md has the rule.
class FrameChainWalker : public Walker {
 public:
  FrameChainWalker(Memory& memory, const Layout& layout, CodeCache& codes, size_t max_depth)
      : memory_(memory), layout_(layout), codes_(codes), max_depth_(max_depth) {}

  std::unique_ptr<WalkState> make_state() const override;
  void plan_thread(WalkState& state, ThreadImage& thread, BulkRead& bulk) override;
  void plan(WalkState& state, BulkRead& bulk) override;
  size_t plan_images(WalkState& state, const ThreadImage& thread, BulkRead& bulk) override;
  bool stands_still(const WalkState& state, const BulkRead& bulk) const override;
  void find_top(WalkState& state, ThreadImage& thread, const BulkRead& bulk) override;
  WalkStatus walk(WalkState& state, const ThreadImage& thread, const BulkRead& bulk, size_t image,
                  uint64_t now, std::vector<Frame>& frames) override;

 protected:
  ImageMemory images_;

 private:
  struct State final : WalkState {
    explicit State(Budget& budget) : nodes(budget) {}

    NodeSet nodes;
    AddressMap callees;  // frame → the node that is executing and links back to it
    Address root = 0;    // of the last stack
  };

  WalkStatus follow(State& state, Address top, uint64_t now, std::vector<Frame>& frames);
  void ascend(State& state, uint64_t now, std::vector<Frame>& frames);
  bool executing(const uint8_t* frame) const;
  bool want(State& state, Address address);
  bool calls(const State& state, Address caller) const;
  bool has_ended(State& state, const Frame& frame, size_t image) const;
  bool resolve(const uint8_t* frame, Address address, uint64_t now, Frame& out);

  Memory& memory_;
  const Layout& layout_;
  CodeCache& codes_;
  size_t max_depth_;
  mutable Budget budget_;
};

}  // namespace heavyops
