#include "walk/data_stack.h"

#include <algorithm>

namespace heavyops {

namespace {

constexpr size_t kSlack = 2048;          // bytes read beyond the data stack's top: calls made in the meantime
constexpr size_t kMaxChunk = 64u << 20;  // bytes; one holds at least the largest frame
constexpr size_t kMaxChunks = 4096;
constexpr uint8_t kOwnedByGenerator = 1;  // enum _frameowner (pycore_frame.h), the same from 3.11 to 3.15
constexpr size_t kNodeHead = 8;           // bytes before it, which hold a generator's state
constexpr size_t kNodeTail = 512;  // bytes of locals and value stack read with a frame off the data stack

}  // namespace

std::unique_ptr<WalkState> DataStackWalker::make_state() const {
  auto state = std::make_unique<State>(budget_);
  state->nodes.set_size(layout_.frame_size + kNodeTail, kNodeHead);
  state->nodes.recheck(layout_.frame_code);
  return state;
}

void DataStackWalker::plan(WalkState& base, const ThreadImage& thread, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  bool behind_cframe = layout_.thread_cframe_frame >= 0;
  Address pointer =
      behind_cframe ? state.cframe + layout_.thread_cframe_frame : thread.address + layout_.thread_frame;
  // The data stack decides most, and is read before anything else that the target writes often.
  for (Chunk& chunk : state.chunks) {
    if (chunk.bytes.size() < chunk.wanted && !state.grow(chunk, std::min(chunk.size, chunk.wanted * 2)))
      chunk.wanted = chunk.bytes.size();
    chunk.range = bulk.add(chunk.address, chunk.bytes.data(), chunk.wanted);
  }
  state.nodes.plan(bulk);
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
    if (!state.guess.empty() && state.guess[state.guess.size() / 2] == address) return Found::kNo;  // a cycle
    if (state.guess.size() >= max_depth_) {  // the root's end is cut
      state.truncated = true;
      return Found::kYes;
    }
    Found found = view(state, address, frame);
    if (found != Found::kYes) return found;
    state.guess.push_back(address);
    address = field<Address>(frame.bytes, layout_.frame_previous);
  }
  // Under the lowest frame that runs code of the program lie entry frames (3.12+), one or two.
  auto runs_code = [&](Address address) {
    return view(state, address, frame) == Found::kYes && !is_entry_shim(frame);
  };
  auto lowest = std::find_if(state.guess.rbegin(), state.guess.rend(), runs_code);
  if (lowest == state.guess.rend() || !is_root(state, *lowest)) return Found::kNo;
  state.root = *lowest;
  return Found::kYes;
}

// The lowest frame is the first on the data stack. A list that ends elsewhere went through a generator that
// has been suspended since, or an entry frame whose place on the C stack holds something else by now. The
// first word of the first chunk is never used (push_chunk in Python/pystate.c).
bool DataStackWalker::is_root(const State& state, Address address) const {
  return !state.chunks.empty() && address == state.chunks.front().address + layout_.chunk_first + 8;
}

bool DataStackWalker::is_generator(const View& view) const {
  return view.bytes[layout_.frame_owner] == kOwnedByGenerator;
}

// Frames that lie apart are read with what is in front of them (kNodeHead): a generator's state.
bool DataStackWalker::is_running_generator(const View& generator) const {
  if (!generator.apart) return false;
  const uint8_t* state = generator.bytes - (layout_.generator_frame - layout_.generator_state);
  return static_cast<int8_t>(*state) == layout_.generator_executing;
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
    out = {bytes, address, true};
    return Found::kYes;
  }
  auto on_data_stack = [&](Address one) { return bytes_behind(state, one) != 0; };
  bool asked = state.nodes.want_chain(memory_, address, layout_.frame_previous, on_data_stack);
  return asked ? Found::kNeedsMore : Found::kNo;
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
