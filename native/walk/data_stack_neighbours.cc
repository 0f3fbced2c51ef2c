#include <algorithm>
#include <cstring>

#include "walk/data_stack.h"

// The part of the walker that asks what the images before and after one show: what lasts is of no torn image.

namespace heavyops {

// 3.11: generators are resumed through C, and where C code keeps the generator is not known. Those that call
// are read some hundred nanoseconds before or after what they call, and another may begin to live at the same
// address meanwhile: so they have to be the same in the images before and after this one. Frames from the
// first that is not sure are cut.
bool DataStackWalker::steady(State& state, std::vector<Frame>& frames) const {
  if (layout_.frame_is_entry < 0 || (state.images.count == 0 && !can_have_neighbours(state))) return true;
  auto same = [&](const uint8_t* here, const uint8_t* other) {
    return field<Address>(here, layout_.frame_code) == field<Address>(other, layout_.frame_code) &&
           field<Address>(here, layout_.frame_previous) == field<Address>(other, layout_.frame_previous);
  };
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    if (!state.nodes.knows(frames[i].address)) continue;
    const uint8_t* here = state.nodes.at(frames[i].address, layout_.frame_size);
    if (here != nullptr && same_in_neighbours(state, here, same)) continue;
    state.unsteady = state.images.count == 0;
    frames.resize(std::max<size_t>(1, i));
    return false;
  }
  return true;
}

// Whether the top frame has stood at its call of `callee` from the image before this one to the image after.
bool DataStackWalker::lasts(Ascent& ascent, const View& callee) const {
  State& state = ascent.state;
  if (state.images.count == 0) {
    state.unsteady = can_have_neighbours(state);
    return !state.unsteady;
  }
  auto same_caller = [&](const uint8_t* here, const uint8_t* other) {
    return std::memcmp(here, other, static_cast<size_t>(layout_.frame_size)) == 0;
  };
  auto same_callee = [&](const uint8_t* here, const uint8_t* other) {
    return field<Address>(here, layout_.frame_code) == field<Address>(other, layout_.frame_code);
  };
  return same_in_neighbours(state, ascent.below.bytes, same_caller) &&
         same_in_neighbours(state, callee.bytes, same_callee);
}

// Three images of deep stacks are too much memory.
bool DataStackWalker::can_have_neighbours(const State& state) {
  return kNeighbours * state.images.size <= ImageMemory::kBytes;
}

// Whether `same(here, there)` for what the images before and after this one have in place of the bytes at
// `here`. What the images do not hold is not read again, as it cannot change.
template <typename Same>
bool DataStackWalker::same_in_neighbours(const State& state, const uint8_t* here, Same same) const {
  if (state.images.count != 0 && !images_.holds(state.images, here)) return true;
  if (state.image == 0 || state.image + 1 >= state.images.count) return false;
  return same(here, here - state.images.size) && same(here, here + state.images.size);
}

}  // namespace heavyops
