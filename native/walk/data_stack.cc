#include "walk/data_stack.h"

#include <algorithm>

namespace heavyops {

namespace {

constexpr size_t kSlack = 2048;  // bytes read beyond the data stack's top: calls made in the meantime
constexpr size_t kMaxChunk = 256u << 20;  // bytes
constexpr size_t kMaxChunks = 4096;
constexpr size_t kNodeTail = 128;  // bytes of locals and value stack read with a frame off the data stack

}  // namespace

std::unique_ptr<WalkState> DataStackWalker::make_state() const {
  auto state = std::make_unique<State>();
  state->nodes.set_size(layout_.frame_size + kNodeTail);
  return state;
}

void DataStackWalker::plan(WalkState& base, const ThreadImage& thread, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  bool behind_cframe = layout_.thread_cframe_frame >= 0;
  Address pointer =
      behind_cframe ? state.cframe + layout_.thread_cframe_frame : thread.address + layout_.thread_frame;
  if (behind_cframe) state.range_first = bulk.add(pointer, &state.cframe_first, sizeof(Address));
  for (Chunk& chunk : state.chunks) {
    if (chunk.bytes.size() < chunk.wanted) chunk.bytes.resize(std::min(chunk.size, chunk.wanted * 2));
    chunk.range = bulk.add(chunk.address, chunk.bytes.data(), chunk.wanted);
  }
  state.nodes.plan(bulk);
  state.range_last = bulk.add(pointer, &state.frame_last, sizeof(Address));
}

WalkStatus DataStackWalker::walk(WalkState& base, const ThreadImage& thread, const BulkRead& bulk,
                                 uint64_t now, std::vector<Frame>& frames) {
  auto& state = static_cast<State&>(base);
  frames.clear();
  Address first = field<Address>(thread.state.data(), layout_.thread_frame);
  if (layout_.thread_cframe_frame >= 0) {
    if (first != state.cframe) {  // `first` is the cframe here; another evaluation loop was entered or left
      state.cframe = first;
      return first == 0 ? WalkStatus::kNoFrames : WalkStatus::kNeedsMore;
    }
    if (bulk.length(state.range_first) < sizeof(Address)) return WalkStatus::kUnreadable;
    first = state.cframe_first;
  }
  if (bulk.length(state.range_last) < sizeof(Address)) return WalkStatus::kUnreadable;
  Address last = state.frame_last;
  if (first == 0 && last == 0) return WalkStatus::kNoFrames;

  for (Chunk& chunk : state.chunks) chunk.length = bulk.length(chunk.range);
  state.nodes.collect(bulk);
  Address top_chunk = field<Address>(thread.state.data(), layout_.thread_chunk);
  Address top = field<Address>(thread.state.data(), layout_.thread_top);
  auto chunk = std::find_if(state.chunks.begin(), state.chunks.end(),
                            [&](const Chunk& one) { return one.address == top_chunk; });
  if (top_chunk != 0 && (chunk == state.chunks.end() || chunk->length == 0)) {
    return find_chunks(state, thread) ? WalkStatus::kNeedsMore : WalkStatus::kUnreadable;
  }
  if (top_chunk != 0) {
    if (top < top_chunk || top > top_chunk + chunk->size) return WalkStatus::kUnreadable;
    size_t used = top - top_chunk;
    chunk->wanted = std::min(chunk->size, used + kSlack);
    if (chunk->length < used) return WalkStatus::kNeedsMore;
  }

  // The deeper of the two pointers leads to a list that holds every frame that may be live below it.
  Address starts[2] = {last, first};
  if (bytes_behind(state, first) != 0 && bytes_behind(state, last) != 0 && first > last)
    std::swap(starts[0], starts[1]);
  for (Address start : starts) {
    if (start == 0) continue;
    Found found = descend(state, start);
    if (found == Found::kNeedsMore) return WalkStatus::kNeedsMore;
    if (found == Found::kYes) return ascend(state, now, frames);
  }
  return WalkStatus::kUnreadable;
}

// Follows the chunks from the top down; their headers tell how much of each is used (struct _stack_chunk).
bool DataStackWalker::find_chunks(State& state, const ThreadImage& thread) {
  state.chunks.clear();
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
  for (Address address = top; address != 0;) {
    if (state.guess.size() >= max_depth_) {  // too deep, or a cycle: the root's end is cut
      state.truncated = true;
      return Found::kYes;
    }
    View frame;
    Found found = view(state, address, frame);
    if (found != Found::kYes) return found;
    state.guess.push_back(address);
    address = field<Address>(frame.bytes, layout_.frame_previous);
  }
  return Found::kYes;
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
  if (state.nodes.knows(address) || address % 8 != 0) return Found::kNo;
  return state.nodes.want(address) ? Found::kNeedsMore : Found::kNo;
}

// Goes up from the root along the guess and keeps a frame only as long as its caller can be in a call to it;
// then goes on to a callee that the guess did not know yet.
WalkStatus DataStackWalker::ascend(State& state, uint64_t now, std::vector<Frame>& frames) {
  bool through_c = false;
  bool torn = false;
  View below;
  for (auto address = state.guess.rbegin(); address != state.guess.rend(); ++address) {
    View here;
    if (view(state, *address, here) != Found::kYes) return WalkStatus::kUnreadable;
    if (is_entry_shim(here)) {
      through_c = true;
      continue;
    }
    Frame frame;
    if (!resolve(here, now, frame)) {
      torn = true;
      break;
    }
    if (layout_.frame_is_entry >= 0 && here.bytes[layout_.frame_is_entry] != 0) through_c = true;
    if (!frames.empty() && !links(frames.back(), below, frame, here, through_c, state)) {
      torn = true;
      break;
    }
    frames.push_back(frame);
    below = here;
    through_c = false;
  }
  if (frames.empty()) return torn ? WalkStatus::kUnreadable : WalkStatus::kNoFrames;

  while (frames.size() < max_depth_ && suspended(below)) {
    Frame& top = frames.back();
    if (!(codes_.flags(*top.code, top.unit) & opcode_flag::kCanCall)) break;
    Address next = next_on_stack(state, top);
    View above;
    if (next == 0 || view(state, next, above) != Found::kYes) break;
    if (field<Address>(above.bytes, layout_.frame_previous) != top.address || is_entry_shim(above)) break;
    Frame frame;
    if (!resolve(above, now, frame) || !links(top, below, frame, above, false, state)) break;
    frames.push_back(frame);
    below = above;
  }
  if (state.truncated) return WalkStatus::kTruncated;
  return torn ? WalkStatus::kRepaired : WalkStatus::kComplete;
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

// Whether `callee` can be what `caller` is calling just now.
bool DataStackWalker::links(const Frame& caller, const View& caller_view, const Frame& callee,
                            const View& callee_view, bool through_c, State& state) {
  using namespace opcode_flag;
  (void)callee;
  uint8_t flags = codes_.flags(*caller.code, caller.unit);
  if (through_c) {
    bool executing = layout_.frame_stacktop < 0 || !suspended(caller_view);
    return executing && (flags & (kCanCallAny | kCanCall)) != 0;
  }
  if (!suspended(caller_view) || !(flags & kCanCall)) return false;
  Code::Site& site = caller.code->sites[caller.unit];
  if (callee_on_stack(caller_view, callee_view, state)) {
    if (site.found < UINT16_MAX) ++site.found;
    return true;
  }
  if (site.missed < UINT16_MAX) ++site.missed;
  // Some calls leave no function in the value stack (properties, bound methods …): a place where it is found
  // nearly always is not one of those.
  if (flags & kFunctionOnStack) return false;
  return site.found < 16 || site.missed > site.found / 8;
}

// The function object that the caller pushed lies just above its saved stack pointer until the call returns.
bool DataStackWalker::callee_on_stack(const View& caller, const View& callee, State& state) const {
  Address tags = static_cast<Address>(layout_.tag_mask);
  Address function = field<Address>(callee.bytes, layout_.frame_function) & ~tags;
  int64_t at;  // bytes from the caller's frame
  if (layout_.frame_stacktop >= 0) {
    at = layout_.frame_locals + 8 * int64_t{field<int32_t>(caller.bytes, layout_.frame_stacktop)};
  } else {
    at = static_cast<int64_t>(field<Address>(caller.bytes, layout_.frame_stackpointer) - caller.address);
  }
  int64_t available = static_cast<int64_t>(bytes_behind(state, caller.address));
  constexpr int64_t kWindow = 3 * 8;
  if (at < layout_.frame_locals || at % 8 != 0 || at + kWindow > available) return false;
  for (int64_t word = 0; word < kWindow; word += 8) {
    if ((field<Address>(caller.bytes, static_cast<int32_t>(at + word)) & ~tags) == function) return true;
  }
  return false;
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

// Where a callee pushed by `frame` lies: right after it, or at the start of the next chunk.
Address DataStackWalker::next_on_stack(const State& state, const Frame& frame) const {
  for (size_t i = 0; i < state.chunks.size(); ++i) {
    const Chunk& chunk = state.chunks[i];
    if (frame.address < chunk.address || frame.address >= chunk.address + chunk.size) continue;
    Address next = frame.address + frame.code->frame_bytes;
    if (next + layout_.frame_size <= chunk.address + chunk.length) return next;
    return i + 1 < state.chunks.size() ? state.chunks[i + 1].address + layout_.chunk_first : 0;
  }
  return 0;  // a generator's frame: its callee lies at the data stack's top, which the guess finds
}

}  // namespace heavyops
