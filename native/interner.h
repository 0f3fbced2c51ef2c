#pragma once
#include <cstdint>
#include <vector>

#include "walk/walker.h"

namespace heavyops {

// Gives frames and stacks their ids. A stack is its leaf frame on top of its parent; parents precede
// children.
class Interner {
 public:
  explicit Interner(size_t max_stacks) : max_stacks_(max_stacks) {}

  static constexpr int32_t kNone = -1;

  int32_t frame(Code& code, uint32_t unit) {
    int32_t& id = code.frame_ids[unit];
    if (id < 0) {
      id = static_cast<int32_t>(frame_codes_.size());
      frame_codes_.push_back(code.id);
      frame_offsets_.push_back(static_cast<int32_t>(unit * 2));
    }
    return id;
  }

  // kNone when memory is kept for no more stacks.
  int32_t stack(int32_t parent, int32_t frame) {
    if ((parents_.size() + 1) * 3 > slots_.size() * 2) grow();
    size_t at = start(parent, frame);
    for (; slots_[at] >= 0; at = (at + 1) & mask_) {
      if (parents_[slots_[at]] == parent && frames_[slots_[at]] == frame) return slots_[at];
    }
    if (parents_.size() >= max_stacks_) return kNone;
    slots_[at] = static_cast<int32_t>(parents_.size());
    parents_.push_back(parent);
    frames_.push_back(frame);
    return slots_[at];
  }

  const std::vector<int32_t>& frame_codes() const { return frame_codes_; }
  const std::vector<int32_t>& frame_offsets() const { return frame_offsets_; }  // bytes
  const std::vector<int32_t>& parents() const { return parents_; }
  const std::vector<int32_t>& frames() const { return frames_; }

 private:
  size_t start(int32_t parent, int32_t frame) const {
    uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(parent)) << 32 | static_cast<uint32_t>(frame);
    return (key * 0x9E3779B97F4A7C15u >> 29) & mask_;
  }

  void grow() {
    slots_.assign(slots_.empty() ? 1024 : slots_.size() * 2, kNone);
    mask_ = slots_.size() - 1;
    for (size_t id = 0; id < parents_.size(); ++id) {
      size_t at = start(parents_[id], frames_[id]);
      while (slots_[at] >= 0) at = (at + 1) & mask_;
      slots_[at] = static_cast<int32_t>(id);
    }
  }

  size_t max_stacks_;
  size_t mask_ = 0;
  std::vector<int32_t> slots_;
  std::vector<int32_t> frame_codes_, frame_offsets_;
  std::vector<int32_t> parents_, frames_;
};

}  // namespace heavyops
