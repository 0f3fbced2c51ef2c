#include "walk/frame_chain.h"

#include <algorithm>

namespace heavyops {

std::unique_ptr<WalkState> FrameChainWalker::make_state() const {
  auto state = std::make_unique<State>(budget_);
  state->nodes.set_size(layout_.frame_size);
  return state;
}

void FrameChainWalker::plan_thread(WalkState&, ThreadImage& thread, BulkRead& bulk) {
  thread.range = bulk.add(thread.address, thread.state.data(), thread.state.size());
}

void FrameChainWalker::plan(WalkState& base, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  state.images.count = 0;
  state.nodes.grow_older();
  state.nodes.plan(bulk);
}

size_t FrameChainWalker::plan_images(WalkState& base, const ThreadImage&, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  auto plan_image = [&](uint8_t* to) { state.nodes.plan(bulk, to); };
  if (images_.plan(state.images, state.nodes.image_size(), 2, ImageMemory::kMost, bulk, plan_image))
    return state.images.count;
  state.nodes.plan(bulk);
  return 1;
}

bool FrameChainWalker::stands_still(const WalkState& base, const BulkRead& bulk) const {
  auto& state = static_cast<const State&>(base);
  return images_.all_same(state.images, bulk, [&](const uint8_t* first, const uint8_t* other) {
    return state.nodes.same(first, other);
  });
}

void FrameChainWalker::find_top(WalkState&, ThreadImage& thread, const BulkRead&) {
  thread.top = field<Address>(thread.state.data(), layout_.thread_frame);
}

WalkStatus FrameChainWalker::walk(WalkState& base, const ThreadImage& thread, const BulkRead& bulk,
                                  size_t image, uint64_t now, std::vector<Frame>& frames) {
  auto& state = static_cast<State&>(base);
  frames.clear();
  state.nodes.select(bulk, images_.image(state.images, image), images_.ranges_before(state.images, image));
  if (thread.top == 0) return WalkStatus::kNoFrames;
  uint64_t refused = codes_.refused();
  WalkStatus status = follow(state, thread.top, now, frames);
  if (codes_.refused() != refused) return WalkStatus::kUnreadable;
  bool there = status == WalkStatus::kEnded || status == WalkStatus::kCalling;
  if (still && there) status = frames.size() >= max_depth_ ? WalkStatus::kTruncated : WalkStatus::kComplete;
  if (status == WalkStatus::kEnded && !has_ended(state, frames.back(), image)) {
    frames.pop_back();
    status = WalkStatus::kElsewhere;
  }
  if (status == WalkStatus::kElsewhere && frames.empty()) ascend(state, now, frames);
  if (!frames.empty()) state.root = frames.front().address;
  return status;
}

// Where the thread's frame leads nowhere: from the last root up, as far as callees are executing.
void FrameChainWalker::ascend(State& state, uint64_t now, std::vector<Frame>& frames) {
  const uint8_t* bytes = state.nodes.at(state.root, layout_.frame_size);
  if (bytes == nullptr || !executing(bytes) || field<Address>(bytes, layout_.frame_previous) != 0) return;
  state.callees.clear();
  state.nodes.each(layout_.frame_size, [&](int32_t index, const uint8_t* callee) {
    Address caller = field<Address>(callee, layout_.frame_previous);
    if (caller != 0 && executing(callee)) state.callees.put(caller, index);
  });
  Frame frame;
  for (Address address = state.root; frames.size() < max_depth_ && resolve(bytes, address, now, frame);) {
    frames.push_back(frame);
    int32_t callee = state.callees.find(address);
    if (callee < 0) return;
    address = state.nodes.address(callee);
    bytes = state.nodes.at(address, layout_.frame_size);
  }
}

// From the thread's frame through its callers to the root. A caller has to be executing; what is not is cut,
// with all that it calls: its memory may be another frame's by now.
WalkStatus FrameChainWalker::follow(State& state, Address top, uint64_t now, std::vector<Frame>& frames) {
  size_t cut = 0;  // frames from `top` on
  const uint8_t* bytes = nullptr;
  for (Address address = top; address != 0;) {
    const uint8_t* callee = bytes;
    bytes = state.nodes.at(address, layout_.frame_size);
    if (bytes == nullptr) {
      bool sure = callee == nullptr || executing(callee) || frames.size() == 1;
      frames.clear();
      return sure && want(state, address) ? WalkStatus::kNeedsMore : WalkStatus::kElsewhere;
    }
    Frame frame;
    bool circle = frames.size() >= state.nodes.count();
    if (circle || !resolve(bytes, address, now, frame)) {
      frames.clear();
      return WalkStatus::kElsewhere;
    }
    frames.push_back(frame);
    if (address != top && !executing(bytes)) cut = frames.size();
    if (frames.size() >= max_depth_) break;
    address = field<Address>(bytes, layout_.frame_previous);
  }
  // A generator links to nothing while it is suspended.
  bool truncated = frames.size() >= max_depth_;
  bool whole = truncated || (executing(bytes) && !frames.back().code->is_generator);
  if (!whole) frames.clear();
  std::reverse(frames.begin(), frames.end());
  if (!whole || cut > 0) {
    frames.resize(frames.size() - std::min(cut, frames.size()));
    return WalkStatus::kElsewhere;
  }
  if (!executing(state.nodes.at(top, layout_.frame_size))) return WalkStatus::kEnded;
  if (calls(state, top)) return WalkStatus::kCalling;
  return truncated ? WalkStatus::kTruncated : WalkStatus::kComplete;
}

bool FrameChainWalker::want(State& state, Address address) {
  auto nowhere = [](Address) { return false; };
  return state.nodes.want_chain(memory_, address, layout_.frame_previous, nowhere);
}

// Whether a frame is executing that links back to it.
bool FrameChainWalker::calls(const State& state, Address caller) const {
  bool found = false;
  state.nodes.each(layout_.frame_size, [&](int32_t, const uint8_t* bytes) {
    found |= field<Address>(bytes, layout_.frame_previous) == caller && executing(bytes);
  });
  return found;
}

// A frame that has ended stands where it left, and keeps its content until it is used again. One that is
// being made from it does neither.
bool FrameChainWalker::has_ended(State& state, const Frame& frame, size_t image) const {
  if (state.images.count == 0 || !(codes_.flags(*frame.code, frame.unit) & opcode_flag::kReturns))
    return false;
  const uint8_t* here = state.nodes.at(frame.address, layout_.frame_size);
  if (here == nullptr) return false;
  const uint8_t* other = image + 1 < state.images.count ? here + state.images.size : here - state.images.size;
  return field<Address>(here, layout_.frame_code) == field<Address>(other, layout_.frame_code) &&
         field<Address>(here, layout_.frame_previous) == field<Address>(other, layout_.frame_previous) &&
         field<int32_t>(here, layout_.frame_instruction) == field<int32_t>(other, layout_.frame_instruction);
}

bool FrameChainWalker::executing(const uint8_t* frame) const {
  return frame[layout_.frame_executing] == layout_.executing_value;
}

bool FrameChainWalker::resolve(const uint8_t* frame, Address address, uint64_t now, Frame& out) {
  out.address = address;
  auto last = static_cast<uint64_t>(field<int32_t>(frame, layout_.frame_instruction));
  return codes_.locate(field<Address>(frame, layout_.frame_code), last, now, out.code, out.unit);
}

}  // namespace heavyops
