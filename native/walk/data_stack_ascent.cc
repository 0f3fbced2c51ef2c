#include <algorithm>
#include <cstring>

#include "walk/data_stack.h"

// The part of the walker that decides which frames are live: from the root up, inside one image.

namespace heavyops {

// Goes up from the root along the guess and keeps a frame only as long as its caller can be in a call to it;
// then goes on to callees that the guess did not know.
WalkStatus DataStackWalker::ascend(State& state, uint64_t now, std::vector<Frame>& frames) {
  Ascent ascent{state, frames, now};
  if (state.images.count == 0) ++walks_;
  state.shims.clear();
  begin_with_known(state, frames);
  if (state.joined > 0) {
    if (view(state, frames.back().address, ascent.below) != Found::kYes) return WalkStatus::kUnreadable;
    next_on_stack(state, frames.back(), ascent.next);
  }
  bool torn = false;
  state.ended_above = 0;
  for (auto address = state.guess.rbegin(); address != state.guess.rend() && !torn; ++address) {
    View here;
    if (view(state, *address, here) != Found::kYes) return WalkStatus::kUnreadable;
    if (is_entry_shim(here)) {
      ascent.entry = here;
    } else if (!frames.empty() && !layout_.popped_clears_code && has_ended(here, ascent)) {
      torn = true;
      bool is_top = address + 1 == state.guess.rend();
      bool was_called = is_top && resolve(here, now, state.ended) && links(ascent, here) &&
                        is_usual_callee(ascent, here, *state.ended.code);
      state.ended_above = was_called ? frames.size() : 0;
    } else {
      torn = !push(ascent, here);
    }
  }
  if (frames.empty()) return torn ? WalkStatus::kUnreadable : WalkStatus::kNoFrames;
  ascent.entry = {};
  while (frames.size() < max_depth_ && (push_callee(ascent) || push_callee_through_c(ascent))) {
  }
  if (state.images.count == 0) expect_generator(ascent);
  if (state.truncated) return WalkStatus::kTruncated;
  return WalkStatus::kComplete;
}

// Adds a frame if it runs known code and its caller can be calling it.
bool DataStackWalker::push(Ascent& ascent, const View& view) {
  Frame frame;
  if (!resolve(view, ascent.now, frame)) return false;
  bool is_root = ascent.frames.empty();
  if (!is_root && !(links(ascent, view) && is_usual_callee(ascent, view, *frame.code))) return false;
  if (bool on_stack = next_on_stack(ascent.state, frame, ascent.next); !on_stack && !is_generator(view))
    return false;
  if (ascent.entry.bytes != nullptr) ascent.state.nodes.use(ascent.entry.address);
  ascent.state.shims.push_back(ascent.entry.address);
  if (view.apart) ascent.state.nodes.use(view.address);
  ascent.frames.push_back(frame);
  ascent.below = view;
  ascent.entry = {};
  return true;
}

// Has the generator that the top frame resumes read from the next tick on. It is not read now: to look again
// whenever something is missing would prefer the moments in which nothing is.
void DataStackWalker::expect_generator(Ascent& ascent) {
  constexpr uint16_t kResumesInPlace = opcode_flag::kResumesGenerator | opcode_flag::kCanCall;
  const Frame& top = ascent.frames.back();
  bool resumes = (codes_.flags(*top.code, top.unit) & kResumesInPlace) == kResumesInPlace;
  int64_t at = stack_pointer(ascent.below) - 8;
  if (!resumes || !suspended(ascent.below) || at < layout_.frame_locals || at % 8 != 0) return;
  if (at + 8 > static_cast<int64_t>(std::min<size_t>(top.code->frame_bytes, ascent.below.length))) return;
  Address tags = static_cast<Address>(layout_.tag_mask);
  Address object = field<Address>(ascent.below.bytes, static_cast<int32_t>(at)) & ~tags;
  Address frame = object + layout_.generator_frame;
  if (frame % 8 == 0 && !ascent.state.nodes.knows(frame) && is_generator_object(object))
    ascent.state.nodes.want(frame);
}

// Other iterators stand there, too. What they are is asked once a type: a piece that is read for nothing
// costs some hundred nanoseconds in each tick until it is forgotten.
bool DataStackWalker::is_generator_object(Address object) {
  Address type = memory_.read_pointer(object + static_cast<Address>(layout_.code_type));
  int32_t known = type == 0 ? 0 : types_.find(type);
  if (known != AddressMap::kAbsent) return known == 1;
  char name[17] = {};
  memory_.read_some(memory_.read_pointer(type + static_cast<Address>(layout_.type_name)), name,
                    sizeof name - 1);
  bool is_generator = false;
  for (const char* one : {"generator", "coroutine", "async_generator"})
    is_generator |= std::strcmp(name, one) == 0;
  if (name[0] != 0 && types_.size() < kMaxTypes) types_.put(type, is_generator ? 1 : 0);
  return is_generator;
}

// A callee that the evaluation loop itself pushed: right above the last frame on the data stack, or a
// generator.
bool DataStackWalker::push_callee(Ascent& ascent) {
  const Frame& top = ascent.frames.back();
  if (!(codes_.flags(*top.code, top.unit) & opcode_flag::kCanCall) || !suspended(ascent.below)) return false;
  return push_linked(ascent, top.address);
}

// A callee of C code that the top frame has called, above an entry frame (3.12+) or marked as an entry
// (3.11).
bool DataStackWalker::push_callee_through_c(Ascent& ascent) {
  using namespace opcode_flag;
  const Frame& top = ascent.frames.back();
  if (!(codes_.flags(*top.code, top.unit) & (kCanCall | kCanCallAny))) return false;
  if (layout_.frame_is_entry >= 0) return push_linked(ascent, top.address);
  bool found = false;
  ascent.state.nodes.each(layout_.frame_size, [&](int32_t index, const uint8_t* bytes) {
    View entry = node_view(ascent.state, index, bytes);
    if (found || !is_entry_shim(entry) || field<Address>(bytes, layout_.frame_previous) != top.address)
      return;
    ascent.entry = entry;
    found = push_linked(ascent, entry.address);
    ascent.entry = {};
  });
  return found;
}

// The frame that links to `caller`: the next on the data stack, else one of those off it.
bool DataStackWalker::push_linked(Ascent& ascent, Address caller) {
  auto try_push = [&](const View& callee) {
    return field<Address>(callee.bytes, layout_.frame_previous) == caller && !is_entry_shim(callee) &&
           !has_ended(callee, ascent) && push(ascent, callee);
  };
  View callee;
  if (ascent.next != 0 && view(ascent.state, ascent.next, callee) == Found::kYes && try_push(callee))
    return true;
  bool found = false;
  ascent.state.nodes.each(layout_.frame_size, [&](int32_t index, const uint8_t* bytes) {
    if (!found) found = try_push(node_view(ascent.state, index, bytes));
  });
  return found;
}

// To 3.13 a popped frame keeps all that it held. When it was called from C nothing of its caller's tells; but
// it has stopped at an instruction that leaves. From 3.14 on its code is cleared, a moment after the pointer
// has left it: so it may have ended where the pointer is elsewhere, and has not where it leads to the frame.
bool DataStackWalker::has_ended(const View& callee, const Ascent& ascent) {
  if (!suspended(callee)) return false;
  Frame frame;
  return !resolve(callee, ascent.now, frame) ||
         (codes_.flags(*frame.code, frame.unit) & opcode_flag::kReturns) != 0;
}

// From 3.12 on each entry from C has a frame on the C stack that runs no code of the program.
bool DataStackWalker::is_entry_shim(const View& view) const {
  return static_cast<int8_t>(view.bytes[layout_.frame_owner]) >= layout_.owner_interpreter;
}

bool DataStackWalker::resolve(const View& view, uint64_t now, Frame& out) {
  Address tags = static_cast<Address>(layout_.tag_mask);
  Address code = field<Address>(view.bytes, layout_.frame_code) & ~tags;
  if (code == 0) return false;  // 3.14+: popped
  out.address = view.address;
  Address instruction = field<Address>(view.bytes, layout_.frame_instruction);
  return codes_.locate(code, instruction, now, out.code, out.unit);
}

// A frame that has called a Python function inside the evaluation loop has saved its stack pointer; one that
// runs has not (3.11–3.13: stacktop is -1, _PyFrame_GetStackPointer). From 3.14 on nothing tells.
bool DataStackWalker::suspended(const View& view) const {
  return layout_.frame_stacktop < 0 || field<int32_t>(view.bytes, layout_.frame_stacktop) >= 0;
}

// Whether `callee` can be what the top frame is calling just now.
bool DataStackWalker::links(Ascent& ascent, const View& callee) {
  using namespace opcode_flag;
  const Frame& caller = ascent.frames.back();
  uint16_t flags = codes_.flags(*caller.code, caller.unit);
  // A generator that has ended keeps its link to the caller, and its place may be another's before long.
  if (is_generator(callee) && !is_running_generator(callee)) return false;
  Address generator = is_generator(callee) ? callee.address - layout_.generator_frame : 0;
  bool is_entry = layout_.frame_is_entry >= 0 && callee.bytes[layout_.frame_is_entry] != 0;
  if (ascent.entry.bytes != nullptr || is_entry) {
    bool executing = layout_.frame_stacktop < 0 || !suspended(ascent.below);
    if (!executing || !(flags & (kCanCallAny | kCanCall))) return false;
    // Where it is in the caller's value stack while C code runs is not known, only that it most often is.
    int words = static_cast<int>(caller.code->frame_bytes / 8) - layout_.frame_locals / 8;
    return generator == 0 ||
           is_usual(ascent, callee, holds(ascent, layout_.frame_locals, 0, words, generator));
  }
  if (!suspended(ascent.below) || !(flags & kCanCall)) return false;
  int64_t top = stack_pointer(ascent.below);
  if ((generator != 0) != ((flags & kResumesGenerator) != 0)) return false;
  if (generator != 0) return holds(ascent, top, -2, 0, generator) != Held::kNo;
  Address tags = static_cast<Address>(layout_.tag_mask);
  // The function object that the caller pushed lies just above its saved stack pointer until the call
  // returns.
  Held held = holds(ascent, top, 0, 3, field<Address>(callee.bytes, layout_.frame_function) & ~tags);
  if ((flags & kFunctionOnStack) && held == Held::kNo) return false;
  return is_usual(ascent, callee, held);
}

// Some calls leave no callee in the caller's frame (properties, bound methods, iterators written in C …). An
// instruction where it is found nearly always is not one of those.
bool DataStackWalker::is_usual(Ascent& ascent, const View& callee, Held held) {
  const Frame& caller = ascent.frames.back();
  Code::Site& site = caller.code->sites[caller.unit];
  if (held == Held::kUnknown) return true;
  // The same callee may be tried again in one walk: by its place on the data stack, and by its links.
  bool counted = held == Held::kNo && ascent.missed == callee.address;
  if (held == Held::kNo) ascent.missed = callee.address;
  // Images that are looked at again are the torn ones: they would make what is torn usual.
  bool first = ascent.state.images.count == 0;
  if (first && !counted) site.count_held(held == Held::kYes);
  return held == Held::kYes || site.found < 16 || site.missed > site.found / 8;
}

// Most instructions call one function only. Where one that has done so seems to call another, the frames may
// be of two instants: with the stack of another caller of the same shape the value stack, too, has what fits.
// So that is believed only where it lasts.
bool DataStackWalker::is_usual_callee(Ascent& ascent, const View& callee, const Code& code) {
  const Frame& caller = ascent.frames.back();
  Code::Site& site = caller.code->sites[caller.unit];
  bool counted = ascent.state.images.count != 0 || ascent.unusual == callee.address;
  if (!counted) site.count_callee(code.id, walks_);
  if (site.callee == code.id || site.usual < 16 || site.others > 4 + site.usual / 32) return true;
  ascent.unusual = callee.address;
  return lasts(ascent, callee);
}

// Where the value stack of a frame ends, in bytes from the frame; the frame has saved it. -1: nowhere near
// it.
int64_t DataStackWalker::stack_pointer(const View& view) const {
  if (layout_.frame_stacktop >= 0) {
    return layout_.frame_locals + 8 * int64_t{field<int32_t>(view.bytes, layout_.frame_stacktop)};
  }
  Address distance = field<Address>(view.bytes, layout_.frame_stackpointer) - view.address;
  return distance <= kMaxChunk ? static_cast<int64_t>(distance) : -1;
}

// Whether the frame below holds `object` in the words [from, to) counted from byte `at` of it.
DataStackWalker::Held DataStackWalker::holds(const Ascent& ascent, int64_t at, int from, int to,
                                             Address object) const {
  Address tags = static_cast<Address>(layout_.tag_mask);
  const View& frame = ascent.below;
  // No code object is larger than 8 MB (code_cache.cc), so neither are its frames.
  if (at < 0 || at > (8 << 20) || at % 8 != 0 || at + 8 * from < layout_.frame_locals) return Held::kNo;
  int64_t available = static_cast<int64_t>(frame.length);
  int64_t end = ascent.frames.back().code->frame_bytes;
  for (int word = from; word < to; ++word) {
    int64_t offset = at + 8 * word;
    if (offset + 8 > end) return Held::kNo;  // what follows is the callee's own frame
    if (offset + 8 > available) return Held::kUnknown;
    if ((field<Address>(frame.bytes, static_cast<int32_t>(offset)) & ~tags) == object) return Held::kYes;
  }
  return Held::kNo;
}

}  // namespace heavyops
