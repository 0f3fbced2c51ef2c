#include "walk/data_stack.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace heavyops {

namespace {

// Bytes read beyond the data stack's top, for calls made in the meantime; fewer where the next page begins,
// as the kernel looks up each page by itself.
constexpr size_t kSlack = 512;
constexpr size_t kLeastSlack = 256;
constexpr size_t kMaxChunks = 4096;
constexpr uint8_t kOwnedByGenerator = 1;  // enum _frameowner (pycore_frame.h), the same from 3.11 to 3.15
constexpr size_t kNodeTail = 512;  // bytes of locals and value stack read with a frame off the data stack

}  // namespace

std::unique_ptr<WalkState> DataStackWalker::make_state() const {
  auto state = std::make_unique<State>(budget_);
  state->nodes.set_size(layout_.frame_size + kNodeTail, kNodeHead);
  return state;
}

void DataStackWalker::plan_thread(WalkState& base, ThreadImage& thread, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  if (layout_.thread_cframe_frame >= 0)
    state.range_pointer =
        bulk.add(state.cframe + layout_.thread_cframe_frame, &state.pointer, sizeof(Address));
  thread.range = bulk.add(thread.address, thread.state.data(), thread.state.size());
}

void DataStackWalker::find_top(WalkState& base, ThreadImage& thread, const BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  thread.top = field<Address>(thread.state.data(), layout_.thread_frame);
  if (layout_.thread_cframe_frame < 0 || thread.top == 0) return;
  // 3.11 and 3.12: that is the cframe, whose word was read just before if it is the one of the last tick.
  Address cframe = thread.top;
  bool expected = cframe == state.cframe && bulk.length(state.range_pointer) == sizeof(Address);
  state.cframe = cframe;
  if (expected) {
    thread.top = state.pointer;
  } else if (!memory_.read(cframe + layout_.thread_cframe_frame, &thread.top, sizeof thread.top)) {
    thread.top = ~Address{0};  // nowhere
  }
}

void DataStackWalker::plan(WalkState& base, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  state.images.count = 0;
  state.images.size = 0;
  for (Chunk& chunk : state.chunks) {
    if (state.keep) {
      std::swap(chunk.bytes, chunk.known);
      chunk.known_length = chunk.length;
    }
    plan_chunk(state, chunk, bulk);
  }
  state.in_place = std::exchange(state.keep, false);
  state.nodes.grow_older();
  state.nodes.plan(bulk);
}

void DataStackWalker::plan_chunk(State& state, Chunk& chunk, BulkRead& bulk) {
  if (chunk.bytes.size() < chunk.wanted && !state.grow(chunk, std::min(chunk.size, chunk.wanted * 2)))
    chunk.wanted = chunk.bytes.size();
  chunk.range = bulk.add(chunk.address, chunk.bytes.data(), chunk.wanted);
  chunk.planned = true;
}

// Chunks below the one that the current frame is in are not read again: whatever runs above leaves them
// alone.
size_t DataStackWalker::plan_images(WalkState& base, const ThreadImage& thread, BulkRead& bulk) {
  auto& state = static_cast<State&>(base);
  auto first = state.chunks.begin();
  for (auto chunk = first; chunk != state.chunks.end(); ++chunk) {
    chunk->planned = false;
    if (thread.top >= chunk->address && thread.top < chunk->address + chunk->size) first = chunk;
  }
  size_t size = state.nodes.image_size();
  for (auto chunk = first; chunk != state.chunks.end(); ++chunk) {
    chunk->start = Pages::place(size, chunk->wanted);
    size = chunk->start + chunk->wanted;
  }
  size_t most = state.unsteady ? kNeighbours : ImageMemory::kMost;
  state.unsteady = false;
  auto plan_image = [&](uint8_t* to) {
    for (auto chunk = first; chunk != state.chunks.end(); ++chunk) {
      chunk->range = bulk.add(chunk->address, to + chunk->start, chunk->wanted);
      chunk->planned = true;
    }
    state.nodes.plan(bulk, to);
  };
  if (images_.plan(state.images, size, kNeighbours, most, bulk, plan_image)) return state.images.count;
  for (auto chunk = first; chunk != state.chunks.end(); ++chunk) plan_chunk(state, *chunk, bulk);
  state.nodes.plan(bulk);
  return 1;
}

bool DataStackWalker::stands_still(const WalkState& base, const BulkRead& bulk) const {
  auto& state = static_cast<const State&>(base);
  return images_.all_same(state.images, bulk, [&](const uint8_t* first, const uint8_t* other) {
    auto same = [&](const Chunk& chunk) {
      return !chunk.planned || std::memcmp(first + chunk.start, other + chunk.start, chunk.wanted) == 0;
    };
    return state.nodes.same(first, other) && std::all_of(state.chunks.begin(), state.chunks.end(), same);
  });
}

void DataStackWalker::select(State& state, const BulkRead& bulk, size_t image) {
  const uint8_t* from = images_.image(state.images, image);
  size_t before = images_.ranges_before(state.images, image);
  for (Chunk& chunk : state.chunks) {
    if (!chunk.planned) continue;
    chunk.length = bulk.length(chunk.range - before);
    chunk.read = from == nullptr ? chunk.bytes.data() : from + chunk.start;
  }
  state.nodes.select(bulk, from, before);
}

WalkStatus DataStackWalker::walk(WalkState& base, const ThreadImage& thread, const BulkRead& bulk,
                                 size_t image, uint64_t now, std::vector<Frame>& frames) {
  auto& state = static_cast<State&>(base);
  state.changed = false;
  state.same = 0;
  if (!state.in_place) frames.clear();
  WalkStatus status =
      thread.top == 0 ? WalkStatus::kNoFrames : walk_image(state, thread, bulk, image, now, frames);
  if (state.in_place) frames.clear();  // they are still those of the walk before
  state.in_place = false;
  return status;
}

WalkStatus DataStackWalker::walk_image(State& state, const ThreadImage& thread, const BulkRead& bulk,
                                       size_t image, uint64_t now, std::vector<Frame>& frames) {
  select(state, bulk, image);
  state.image = image;
  Address top_chunk = field<Address>(thread.state.data(), layout_.thread_chunk);
  Address top = field<Address>(thread.state.data(), layout_.thread_top);
  bool first = state.images.count == 0;
  auto chunk = std::find_if(state.chunks.begin(), state.chunks.end(),
                            [&](const Chunk& one) { return one.address == top_chunk; });
  size_t in_use = static_cast<size_t>(chunk - state.chunks.begin()) + 1;
  if (top_chunk != 0 &&
      (chunk == state.chunks.end() || chunk->length == 0 || (first && !are_as_listed(state, in_use)))) {
    if (find_chunks(state, thread)) return WalkStatus::kNeedsMore;
    state.forget_chunks();
    return WalkStatus::kUnreadable;
  }
  if (top_chunk != 0) {
    if (first) forget_chunks_above(state, in_use);
    if (top < top_chunk || top > top_chunk + chunk->size) return WalkStatus::kUnreadable;
    size_t used = top - top_chunk;
    chunk->wanted = chunk->with_slack(used);
    if (chunk->length < used) return WalkStatus::kNeedsMore;
  }

  Found found = descend(state, thread.top, first && !still ? unchanged(state, now) : 0);
  if (found == Found::kNo && state.joined > 0) found = descend(state, thread.top, 0);
  if (found == Found::kNeedsMore) return WalkStatus::kNeedsMore;
  bool leads = found == Found::kYes;
  if (!leads) {
    View entry;
    bool between_calls = state.guess.size() == 1 && view(state, state.guess[0], entry) == Found::kYes &&
                         is_entry_shim(entry);  // nothing else is left
    if (state.root == 0 || descend(state, state.root, 0) != Found::kYes) {
      state.root = 0;
      return between_calls ? WalkStatus::kNoFrames : WalkStatus::kUnreadable;
    }
  }
  uint64_t refused = codes_.refused();
  if (still && leads) {
    WalkStatus status = believe(state, now, frames);
    return codes_.refused() == refused ? status : WalkStatus::kUnreadable;
  }
  Address leaf = state.joined > 0 ? state.known.frames()[state.joined - 1].address : 0;
  for (auto address = state.guess.begin(); leads && address != state.guess.end(); ++address) {
    View frame;
    if (view(state, *address, frame) == Found::kYes && !is_entry_shim(frame)) {
      leaf = *address;
      break;
    }
  }
  WalkStatus status = ascend(state, now, frames);
  if (codes_.refused() != refused) return WalkStatus::kUnreadable;
  if (status != WalkStatus::kComplete || frames.empty()) return status;
  state.changed = state.joined < frames.size() || state.joined < state.known.size();
  bool decided = steady(state, frames) && frames.back().address == leaf;
  if (decided && first) remember(state, frames, now);
  if (decided) return WalkStatus::kComplete;
  if (!leads || state.ended_above != frames.size()) return WalkStatus::kElsewhere;
  frames.push_back(state.ended);
  return WalkStatus::kEnded;
}

// Takes the list for what it says.
WalkStatus DataStackWalker::believe(State& state, uint64_t now, std::vector<Frame>& frames) {
  begin_with_known(state, frames);
  for (auto address = state.guess.rbegin(); address != state.guess.rend(); ++address) {
    View here;
    if (view(state, *address, here) != Found::kYes) return WalkStatus::kUnreadable;
    if (here.apart) state.nodes.use(here.address);
    if (is_entry_shim(here)) continue;
    Frame frame;
    if (!resolve(here, now, frame)) return frames.empty() ? WalkStatus::kUnreadable : WalkStatus::kElsewhere;
    frames.push_back(frame);
  }
  if (frames.empty()) return WalkStatus::kNoFrames;
  return state.truncated ? WalkStatus::kTruncated : WalkStatus::kComplete;
}

size_t DataStackWalker::Chunk::with_slack(size_t used) const {
  size_t page_left = Pages::round_up(address + used) - (address + used);
  size_t slack = page_left >= kLeastSlack ? std::min(page_left, kSlack) : kSlack;
  return std::min(size, used + slack);
}

bool DataStackWalker::State::grow(Chunk& chunk, size_t bytes) {
  if (!budget.take(Pages::round_up(bytes) - chunk.bytes.size())) return false;
  chunk.bytes.reserve(bytes);
  return true;
}

void DataStackWalker::State::forget_chunks() {
  for (const Chunk& chunk : chunks) budget.give_back(chunk.bytes.size() + chunk.known.size());
  chunks.clear();
  known.resize(0);
  keep = false;
}

// Whether the headers of the first `count` chunks are as they were when these were listed. A chunk is mapped
// anew where another one was, perhaps with others below it.
bool DataStackWalker::are_as_listed(const State& state, size_t count) const {
  Address below = 0;
  for (size_t i = 0; i < count; ++i) {
    const Chunk& chunk = state.chunks[i];
    if (chunk.length < static_cast<size_t>(layout_.chunk_first) ||
        field<Address>(chunk.read, layout_.chunk_previous) != below ||
        field<uint64_t>(chunk.read, layout_.chunk_size) != chunk.size) {
      return false;
    }
    below = chunk.address;
  }
  return true;
}

// The thread has left those: they are unmapped, or will be. The beginning of one is read on, as a call may be
// made into it at any time.
void DataStackWalker::forget_chunks_above(State& state, size_t count) {
  if (state.chunks.size() <= count) return;
  Chunk& next = state.chunks[count];
  next.wanted = std::min(next.wanted, next.with_slack(static_cast<size_t>(layout_.chunk_first)));
  for (size_t i = count + 1; i < state.chunks.size(); ++i)
    state.budget.give_back(state.chunks[i].bytes.size() + state.chunks[i].known.size());
  state.chunks.erase(
      state.chunks.begin() + static_cast<std::ptrdiff_t>(std::min(count + 1, state.chunks.size())),
      state.chunks.end());
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
    chunk.wanted = state.chunks.empty() ? chunk.with_slack(used) : used;
    address = field<Address>(header, layout_.chunk_previous);
    state.chunks.push_back(std::move(chunk));
  }
  std::reverse(state.chunks.begin(), state.chunks.end());
  return true;
}

// Lists the frames from `top` down to the root as their links say, or to one of the first `known` frames. It
// is only a guess: any of them may be stale.
DataStackWalker::Found DataStackWalker::descend(State& state, Address top, size_t known) {
  state.guess.clear();
  state.truncated = false;
  state.joined = 0;
  View frame;
  for (Address address = top; address != 0;) {
    state.joined = state.known.up_to(address, known);
    if (state.joined > 0 && state.guess.size() + state.joined <= max_depth_) return Found::kYes;
    state.joined = 0;
    if (!state.guess.empty() && state.guess[state.guess.size() / 2] == address) return Found::kNo;  // a cycle
    if (state.guess.size() >= max_depth_) {  // the root's end is cut
      state.truncated = true;
      return Found::kYes;
    }
    Found found = view(state, address, frame);
    if (found != Found::kYes) return found;
    state.guess.push_back(address);
    if (is_root(state, address)) break;  // what lies below it is the entry frame of the C code that called it
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
      size_t wanted = chunk->with_slack(at + size);
      if (wanted <= chunk->wanted) return Found::kNo;
      chunk->wanted = wanted;
      return Found::kNeedsMore;
    }
    out = {chunk->read + at, chunk->length - at, address};
    return Found::kYes;
  }
  if (const uint8_t* bytes = state.nodes.at(address, size)) {
    out = {bytes, state.nodes.length(address), address, true};
    return Found::kYes;
  }
  auto on_data_stack = [&](Address one) {
    return std::any_of(state.chunks.begin(), state.chunks.end(), [&](const Chunk& chunk) {
      return one >= chunk.address && one < chunk.address + chunk.length;
    });
  };
  bool asked = state.nodes.want_chain(memory_, address, layout_.frame_previous, on_data_stack);
  return asked ? Found::kNeedsMore : Found::kNo;
}

DataStackWalker::View DataStackWalker::node_view(const State& state, int32_t index,
                                                 const uint8_t* bytes) const {
  Address address = state.nodes.address(index);
  return {bytes, state.nodes.length(address), address, true};
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
