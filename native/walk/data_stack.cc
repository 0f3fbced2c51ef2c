#include "walk/data_stack.h"

#include <algorithm>

namespace heavyops {

namespace {

constexpr size_t kSlack = 2048;          // bytes read beyond the data stack's top: calls made in the meantime
constexpr size_t kMaxChunk = 64u << 20;  // bytes; one holds at least the largest frame
constexpr size_t kMaxChunks = 4096;
constexpr uint8_t kOwnedByGenerator = 1;  // enum _frameowner (pycore_frame.h), the same from 3.11 to 3.15
constexpr size_t kNodeTail = 512;  // bytes of locals and value stack read with a frame off the data stack

}  // namespace

std::unique_ptr<WalkState> DataStackWalker::make_state() const {
  auto state = std::make_unique<State>(budget_);
  state->nodes.set_size(layout_.frame_size + kNodeTail);
  state->nodes.read_twice(layout_.frame_code, layout_.frame_previous);
  return state;
}

void DataStackWalker::plan(WalkState& base, const ThreadImage& thread, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  bool behind_cframe = layout_.thread_cframe_frame >= 0;
  Address pointer =
      behind_cframe ? state.cframe + layout_.thread_cframe_frame : thread.address + layout_.thread_frame;
  // Without generators the data stack alone decides, and it is read before anything that the target writes
  // often.
  if (state.generators) state.nodes.plan(bulk);
  for (Chunk& chunk : state.chunks) {
    if (chunk.bytes.size() < chunk.wanted && !state.grow(chunk, std::min(chunk.size, chunk.wanted * 2)))
      chunk.wanted = chunk.bytes.size();
    chunk.range = bulk.add(chunk.address, chunk.bytes.data(), chunk.wanted);
  }
  if (!state.generators) state.nodes.plan(bulk);
  state.nodes.plan_again(bulk);
  if (behind_cframe) state.range_first = bulk.add(pointer, &state.cframe_first, sizeof(Address));
  state.range_last = bulk.add(pointer, &state.frame_last, sizeof(Address));
}

WalkStatus DataStackWalker::walk(WalkState& base, const ThreadImage& thread, const BulkRead& bulk,
                                 uint64_t now, std::vector<Frame>& frames) {
  auto& state = static_cast<State&>(base);
  frames.clear();
  Address first = field<Address>(thread.state.data(), layout_.thread_frame);
  if (first == 0) return WalkStatus::kNoFrames;
  Address last = bulk.length(state.range_last) == sizeof(Address) ? state.frame_last : 0;
  if (layout_.thread_cframe_frame >= 0) {
    // `first` is the cframe here. When another evaluation loop was entered or left, both pointers are those
    // of the old one, and only the root is sure.
    Address cframe = first;
    bool expected = cframe == state.cframe;
    state.cframe = cframe;
    first = expected && bulk.length(state.range_first) == sizeof(Address) ? state.cframe_first : 0;
    if (expected && first == 0 && last == 0) return WalkStatus::kNoFrames;
    if (!expected) last = 0;
    if (!expected && state.root == 0) return WalkStatus::kNeedsMore;
  }

  for (Chunk& chunk : state.chunks) chunk.length = bulk.length(chunk.range);
  state.nodes.collect(bulk);
  Address top_chunk = field<Address>(thread.state.data(), layout_.thread_chunk);
  Address top = field<Address>(thread.state.data(), layout_.thread_top);
  auto chunk = std::find_if(state.chunks.begin(), state.chunks.end(),
                            [&](const Chunk& one) { return one.address == top_chunk; });
  if (top_chunk != 0 && (chunk == state.chunks.end() || chunk->length == 0)) {
    if (find_chunks(state, thread)) return WalkStatus::kNeedsMore;
    state.forget_chunks();
    return WalkStatus::kUnreadable;
  }
  if (top_chunk != 0) {
    if (top < top_chunk || top > top_chunk + chunk->size) return WalkStatus::kUnreadable;
    size_t used = top - top_chunk;
    chunk->wanted = std::min(chunk->size, used + kSlack);
    if (chunk->length < used) return WalkStatus::kNeedsMore;
  }

  // The deeper of the two pointers leads to a list that holds every frame that may be live below it. Either
  // may lead to a generator that has been suspended since and links to nothing any more; then the root is
  // where to begin.
  Address starts[] = {last, first, state.root};
  if (bytes_behind(state, first) != 0 && bytes_behind(state, last) != 0 && first > last)
    std::swap(starts[0], starts[1]);
  for (Address start : starts) {
    if (start == 0) continue;
    Found found = descend(state, start);
    if (found == Found::kNeedsMore) return WalkStatus::kNeedsMore;
    if (found != Found::kYes) continue;
    uint64_t refused = codes_.refused();
    WalkStatus status = ascend(state, now, frames);
    return codes_.refused() == refused ? status : WalkStatus::kUnreadable;
  }
  state.root = 0;
  bool between_calls = state.guess.size() == 1;  // only the entry frame is left
  return between_calls ? WalkStatus::kNoFrames : WalkStatus::kUnreadable;
}

bool DataStackWalker::State::grow(Chunk& chunk, size_t bytes) {
  if (!budget.take(bytes - chunk.bytes.size())) return false;
  chunk.bytes.resize(bytes);
  return true;
}

void DataStackWalker::State::forget_chunks() {
  for (const Chunk& chunk : chunks) budget.give_back(chunk.bytes.size());
  chunks.clear();
}

// Follows the chunks from the top down; their headers tell how much of each is used (struct _stack_chunk).
bool DataStackWalker::find_chunks(State& state, const ThreadImage& thread) {
  state.forget_chunks();
  Address address = field<Address>(thread.state.data(), layout_.thread_chunk);
  Address top = field<Address>(thread.state.data(), layout_.thread_top);
  uint8_t header[64];
  while (address != 0) {
    if (state.chunks.size() >= kMaxChunks || !memory_.read(address, header, layout_.chunk_first))
      return false;
    Chunk chunk;
    chunk.address = address;
    chunk.size = field<uint64_t>(header, layout_.chunk_size);
    if (chunk.size < 512 || chunk.size > kMaxChunk) return false;
    size_t used = state.chunks.empty() ? top - address
                                       : layout_.chunk_first + 8 * field<uint64_t>(header, layout_.chunk_top);
    if (used > chunk.size) return false;
    chunk.wanted = std::min(chunk.size, used + (state.chunks.empty() ? kSlack : 0));
    address = field<Address>(header, layout_.chunk_previous);
    state.chunks.push_back(std::move(chunk));
  }
  std::reverse(state.chunks.begin(), state.chunks.end());
  return true;
}

// Lists the frames from `top` down to the root as their links say. It is only a guess: any of them may be
// stale.
DataStackWalker::Found DataStackWalker::descend(State& state, Address top) {
  state.guess.clear();
  state.truncated = false;
  View frame;
  for (Address address = top; address != 0;) {
    if (state.guess.size() >= max_depth_) {  // too deep, or a cycle: the root's end is cut
      state.truncated = true;
      return Found::kYes;
    }
    Found found = view(state, address, frame);
    if (found != Found::kYes) return found;
    state.guess.push_back(address);
    address = field<Address>(frame.bytes, layout_.frame_previous);
  }
  if (!is_root(frame)) return Found::kNo;
  // Under the lowest frame that runs code of the program lie entry frames (3.12+), one or two.
  auto runs_code = [&](Address address) {
    return view(state, address, frame) == Found::kYes && !is_entry_shim(frame);
  };
  auto lowest = std::find_if(state.guess.rbegin(), state.guess.rend(), runs_code);
  if (lowest == state.guess.rend()) return Found::kNo;
  state.root = *lowest;
  return Found::kYes;
}

// What a list of frames must end with: an entry from C. A suspended generator also links to nothing.
bool DataStackWalker::is_root(const View& view) const {
  if (layout_.frame_is_entry < 0) return is_entry_shim(view);
  return view.bytes[layout_.frame_is_entry] != 0 && !is_generator(view);
}

bool DataStackWalker::is_generator(const View& view) const {
  return view.bytes[layout_.frame_owner] == kOwnedByGenerator;
}

DataStackWalker::Found DataStackWalker::view(State& state, Address address, View& out) {
  size_t size = layout_.frame_size;
  for (auto chunk = state.chunks.rbegin(); chunk != state.chunks.rend(); ++chunk) {
    if (address < chunk->address || address >= chunk->address + chunk->size) continue;
    size_t at = address - chunk->address;
    if (at % 8 != 0 || at + size > chunk->size) return Found::kNo;
    if (at + size > chunk->length) {
      size_t wanted = std::min(chunk->size, at + size + kSlack);
      if (wanted <= chunk->wanted) return Found::kNo;
      chunk->wanted = wanted;
      return Found::kNeedsMore;
    }
    out = {&chunk->bytes[at], address};
    return Found::kYes;
  }
  if (const uint8_t* bytes = state.nodes.at(address, size)) {
    out = {bytes, address};
    return Found::kYes;
  }
  auto on_data_stack = [&](Address one) { return bytes_behind(state, one) != 0; };
  bool asked = state.nodes.want_chain(memory_, address, layout_.frame_previous, on_data_stack);
  return asked ? Found::kNeedsMore : Found::kNo;
}

// Goes up from the root along the guess and keeps a frame only as long as its caller can be in a call to it;
// then goes on to callees that the guess did not know.
WalkStatus DataStackWalker::ascend(State& state, uint64_t now, std::vector<Frame>& frames) {
  Ascent ascent{state, frames, now};
  bool torn = false;
  for (auto address = state.guess.rbegin(); address != state.guess.rend() && !torn; ++address) {
    View here;
    if (view(state, *address, here) != Found::kYes) return WalkStatus::kUnreadable;
    if (is_entry_shim(here)) {
      ascent.entry = here;
    } else {
      torn = !push(ascent, here);
    }
  }
  if (frames.empty()) return torn ? WalkStatus::kUnreadable : WalkStatus::kNoFrames;
  ascent.entry = {};
  while (frames.size() < max_depth_ && (push_callee(ascent) || push_callee_through_c(ascent))) {
  }
  if (state.truncated) return WalkStatus::kTruncated;
  return torn ? WalkStatus::kRepaired : WalkStatus::kComplete;
}

// Adds a frame if it runs known code and its caller can be calling it.
bool DataStackWalker::push(Ascent& ascent, const View& view) {
  Frame frame;
  if (!resolve(view, ascent.now, frame)) return false;
  if (!ascent.frames.empty() && !links(ascent, view)) return false;
  if (bool on_stack = next_on_stack(ascent.state, frame, ascent.next); !on_stack && !is_generator(view))
    return false;
  if (is_generator(view)) ascent.state.generators = true;
  ascent.frames.push_back(frame);
  ascent.below = view;
  ascent.entry = {};
  return true;
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
    View entry{bytes, ascent.state.nodes.address(index)};
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
    if (!found) found = try_push({bytes, ascent.state.nodes.address(index)});
  });
  return found;
}

// To 3.13 a popped frame keeps all that it held. When it was called from C nothing of its caller's tells; but
// it has stopped at an instruction that leaves.
bool DataStackWalker::has_ended(const View& callee, const Ascent& ascent) {
  bool through_c = ascent.entry.bytes != nullptr ||
                   (layout_.frame_is_entry >= 0 && callee.bytes[layout_.frame_is_entry] != 0);
  if (layout_.popped_clears_code || !through_c || !suspended(callee)) return false;
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
  Address address = field<Address>(view.bytes, layout_.frame_code) & ~tags;
  if (address == 0) return false;  // 3.14+: popped
  Code* code = codes_.find(address, now);
  if (code == nullptr) return false;
  Address instruction = field<Address>(view.bytes, layout_.frame_instruction);
  for (int attempt = 0; attempt < 2; ++attempt) {
    // To 3.12 a frame that is about to begin points at the unit before its first one.
    uint64_t bytes = instruction + 2 == code->bytecode ? 0 : instruction - code->bytecode;
    if (bytes % 2 == 0 && bytes / 2 < code->units) {
      out = {code, code->owner[bytes / 2], view.address};
      return true;
    }
    code = codes_.refresh(code, now, 1'000'000);  // perhaps another code object lies at this address by now
    if (code == nullptr) return false;
  }
  return false;
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
  uint8_t flags = codes_.flags(*caller.code, caller.unit);
  Address generator = is_generator(callee) ? callee.address - layout_.generator_frame : 0;
  bool is_entry = layout_.frame_is_entry >= 0 && callee.bytes[layout_.frame_is_entry] != 0;
  if (ascent.entry.bytes != nullptr || is_entry) {
    bool executing = layout_.frame_stacktop < 0 || !suspended(ascent.below);
    if (!executing || !(flags & (kCanCallAny | kCanCall))) return false;
    // Where it is in the caller's value stack while C code runs is not known, only that it most often is.
    int words = static_cast<int>(caller.code->frame_bytes / 8) - layout_.frame_locals / 8;
    return generator == 0 || is_usual(ascent, holds(ascent, layout_.frame_locals, 0, words, generator));
  }
  if (!suspended(ascent.below) || !(flags & kCanCall)) return false;
  int64_t top = stack_pointer(ascent.below);
  if (generator != 0) return holds(ascent, top, -2, 0, generator) != Held::kNo;
  Address tags = static_cast<Address>(layout_.tag_mask);
  // The function object that the caller pushed lies just above its saved stack pointer until the call
  // returns.
  Held held = holds(ascent, top, 0, 3, field<Address>(callee.bytes, layout_.frame_function) & ~tags);
  if ((flags & kFunctionOnStack) && held == Held::kNo) return false;
  return is_usual(ascent, held);
}

// Some calls leave no callee in the caller's frame (properties, bound methods, iterators written in C …). An
// instruction where it is found nearly always is not one of those.
bool DataStackWalker::is_usual(Ascent& ascent, Held held) {
  const Frame& caller = ascent.frames.back();
  Code::Site& site = caller.code->sites[caller.unit];
  if (held == Held::kUnknown) return true;
  if (++(held == Held::kYes ? site.found : site.missed) == UINT16_MAX) {
    site.found /= 2;
    site.missed /= 2;
  }
  return held == Held::kYes || site.found < 16 || site.missed > site.found / 8;
}

// Where the value stack of a frame ends, in bytes from the frame; the frame has saved it.
int64_t DataStackWalker::stack_pointer(const View& view) const {
  if (layout_.frame_stacktop >= 0) {
    return layout_.frame_locals + 8 * int64_t{field<int32_t>(view.bytes, layout_.frame_stacktop)};
  }
  return static_cast<int64_t>(field<Address>(view.bytes, layout_.frame_stackpointer) - view.address);
}

// Whether the frame below holds `object` in the words [from, to) counted from byte `at` of it.
DataStackWalker::Held DataStackWalker::holds(const Ascent& ascent, int64_t at, int from, int to,
                                             Address object) const {
  Address tags = static_cast<Address>(layout_.tag_mask);
  const View& frame = ascent.below;
  // No code object is larger than 8 MB (code_cache.cc), so neither are its frames.
  if (at < 0 || at > (8 << 20) || at % 8 != 0 || at + 8 * from < layout_.frame_locals) return Held::kNo;
  int64_t available = static_cast<int64_t>(bytes_behind(ascent.state, frame.address));
  for (int word = from; word < to; ++word) {
    int64_t offset = at + 8 * word;
    if (offset + 8 > available) return Held::kUnknown;
    if ((field<Address>(frame.bytes, static_cast<int32_t>(offset)) & ~tags) == object) return Held::kYes;
  }
  return Held::kNo;
}

// How many bytes were read from `address` on; 0 when it lies in no piece.
size_t DataStackWalker::bytes_behind(const State& state, Address address) const {
  for (const Chunk& chunk : state.chunks) {
    if (address >= chunk.address && address < chunk.address + chunk.length) {
      return chunk.length - (address - chunk.address);
    }
  }
  return state.nodes.length(address);
}

// Sets `next` to where the next frame on the data stack begins: right after `frame`, or in the next chunk.
// False, and no change, when `frame` does not lie on it.
bool DataStackWalker::next_on_stack(const State& state, const Frame& frame, Address& next) const {
  for (size_t i = 0; i < state.chunks.size(); ++i) {
    const Chunk& chunk = state.chunks[i];
    if (frame.address < chunk.address || frame.address >= chunk.address + chunk.size) continue;
    next = frame.address + frame.code->frame_bytes;
    if (next + layout_.frame_size > chunk.address + chunk.length) {
      next = i + 1 < state.chunks.size() ? state.chunks[i + 1].address + layout_.chunk_first : 0;
    }
    return true;
  }
  return false;
}

}  // namespace heavyops
