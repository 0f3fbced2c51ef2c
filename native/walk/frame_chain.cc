#include "walk/frame_chain.h"

namespace heavyops {

std::unique_ptr<WalkState> FrameChainWalker::make_state() const {
  auto state = std::make_unique<State>(budget_);
  state->nodes.set_size(layout_.frame_size);
  return state;
}

void FrameChainWalker::plan(WalkState& base, const ThreadImage& thread, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  state.nodes.plan(bulk);
  state.range_last = bulk.add(thread.address + layout_.thread_frame, &state.frame_last, sizeof(Address));
}

WalkStatus FrameChainWalker::walk(WalkState& base, const ThreadImage& thread, const BulkRead& bulk,
                                  uint64_t now, std::vector<Frame>& frames) {
  auto& state = static_cast<State&>(base);
  frames.clear();
  if (bulk.length(state.range_last) < sizeof(Address)) return WalkStatus::kUnreadable;
  state.nodes.collect(bulk);
  Address first = field<Address>(thread.state.data(), layout_.thread_frame);
  Address last = state.frame_last;
  if (first == 0 && last == 0) return WalkStatus::kNoFrames;
  // Both pointers' frames and all their callers have to be in the image, as far as they still run.
  for (Address top : {first, last}) {
    if (top != 0 && know(state, top, now) == Found::kNeedsMore) return WalkStatus::kNeedsMore;
  }
  const uint8_t* root = state.nodes.at(state.root, layout_.frame_size);
  if (root == nullptr || !executing(root) || field<Address>(root, layout_.frame_previous) != 0) {
    return WalkStatus::kUnreadable;
  }
  uint64_t refused = codes_.refused();
  WalkStatus status = ascend(state, now, frames);
  if (codes_.refused() != refused) return WalkStatus::kUnreadable;
  bool moving = first != last || (!frames.empty() && frames.back().address != last);
  return status == WalkStatus::kComplete && moving ? WalkStatus::kRepaired : status;
}

// Follows the callers of `top` to the root, and asks for those that were not read. kNo when one has ended.
FrameChainWalker::Found FrameChainWalker::know(State& state, Address top, uint64_t now) {
  Address address = top;
  for (size_t depth = 0; depth < max_depth_; ++depth) {
    const uint8_t* bytes = state.nodes.at(address, layout_.frame_size);
    if (bytes == nullptr) {
      auto nowhere = [](Address) { return false; };
      bool asked = state.nodes.want_chain(memory_, address, layout_.frame_previous, nowhere);
      return asked ? Found::kNeedsMore : Found::kNo;
    }
    if (!executing(bytes)) return Found::kNo;  // its link may be cleared, or lead into a list of free frames
    Address caller = field<Address>(bytes, layout_.frame_previous);
    if (caller == 0) {
      // A generator links to nothing for a moment when it is resumed or suspended.
      Frame root;
      if (!resolve(bytes, address, now, root) || root.code->is_generator) return Found::kNo;
      state.root = address;
      return Found::kYes;
    }
    address = caller;
  }
  return Found::kNo;
}

bool FrameChainWalker::executing(const uint8_t* frame) const {
  return frame[layout_.frame_executing] == layout_.executing_value;
}

WalkStatus FrameChainWalker::ascend(State& state, uint64_t now, std::vector<Frame>& frames) {
  state.callees.clear();
  state.nodes.each(layout_.frame_size, [&](int32_t index, const uint8_t* bytes) {
    Address caller = field<Address>(bytes, layout_.frame_previous);
    // Of two that claim the same caller the one read later is the later call.
    if (caller != 0 && executing(bytes)) state.callees.put(caller, index);
  });
  for (Address address = state.root;;) {
    Frame frame;
    if (!resolve(state.nodes.at(address, layout_.frame_size), address, now, frame)) break;
    frames.push_back(frame);
    if (frames.size() >= max_depth_) return WalkStatus::kTruncated;
    int32_t callee = state.callees.find(address);
    if (callee < 0) return WalkStatus::kComplete;
    address = state.nodes.address(callee);
  }
  return frames.empty() ? WalkStatus::kUnreadable : WalkStatus::kRepaired;
}

bool FrameChainWalker::resolve(const uint8_t* frame, Address address, uint64_t now, Frame& out) {
  Code* code = codes_.find(field<Address>(frame, layout_.frame_code), now);
  if (code == nullptr) return false;
  int32_t last = field<int32_t>(frame, layout_.frame_instruction);
  // f_lasti is -1 before the first instruction; it counts bytes to 3.9 and code units in 3.10.
  int64_t unit = last < 0 ? 0 : int64_t{last} * layout_.instruction_scale / 2;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (unit < code->units) {
      out = {code, code->owner[unit], address};
      return true;
    }
    code = codes_.refresh(code, now, 1'000'000);
    if (code == nullptr) return false;
  }
  return false;
}

}  // namespace heavyops
