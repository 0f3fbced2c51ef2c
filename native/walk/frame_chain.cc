#include "walk/frame_chain.h"

#include <algorithm>

namespace heavyops {

std::unique_ptr<WalkState> FrameChainWalker::make_state() const {
  auto state = std::make_unique<State>();
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
  // The frames were read between the two looks at the pointer; the one whose frames all still run is right.
  WalkStatus status = last != 0 ? follow(state, last, now, frames) : WalkStatus::kUnreadable;
  if (status == WalkStatus::kUnreadable && first != last && first != 0) {
    status = follow(state, first, now, frames);
    if (status == WalkStatus::kComplete) status = WalkStatus::kRepaired;
  }
  return status;
}

WalkStatus FrameChainWalker::follow(State& state, Address top, uint64_t now, std::vector<Frame>& frames) {
  frames.clear();
  Address address = top;
  while (address != 0 && frames.size() < max_depth_) {
    const uint8_t* bytes = state.nodes.at(address, layout_.frame_size);
    if (bytes == nullptr) {
      if (state.nodes.knows(address) || !state.nodes.want(address)) return WalkStatus::kUnreadable;
      return WalkStatus::kNeedsMore;
    }
    // A popped frame does not run any more; its link may be cleared, or lead into a list of free frames.
    Frame frame;
    if (bytes[layout_.frame_executing] != layout_.executing_value) return WalkStatus::kUnreadable;
    if (!resolve(bytes, address, now, frame)) return WalkStatus::kUnreadable;
    frames.push_back(frame);
    address = field<Address>(bytes, layout_.frame_previous);
  }
  std::reverse(frames.begin(), frames.end());
  return address == 0 ? WalkStatus::kComplete : WalkStatus::kTruncated;
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
