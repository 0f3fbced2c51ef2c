#include <algorithm>
#include <cstring>

#include "walk/data_stack.h"

// The part of the walker that spares it what it has decided before: which frames are as they were.

namespace heavyops {

namespace {

// Up to which of two images' bytes, from `from` to `to`, they are the same; to within a word.
size_t same_bytes(const uint8_t* one, const uint8_t* other, size_t from, size_t to) {
  for (size_t block : {size_t{1024}, size_t{64}, size_t{8}}) {
    while (from + block <= to && std::memcmp(one + from, other + from, block) == 0) from += block;
  }
  return from;
}

}  // namespace

// How many of the known frames, from the root up, are as they were: the bytes of each and of what links it to
// its caller, so the decision on it, too.
size_t DataStackWalker::unchanged(State& state, uint64_t now) {
  const std::vector<Frame>& frames = state.known.frames();
  size_t fresh = now < state.fresh_until ? frames.size() : fresh_codes(state, now);
  Address begin = 0, end = 0, same_to = 0;  // of the chunk that the frames lie in
  for (size_t i = 0; i < fresh; ++i) {
    const Frame& frame = frames[i];
    if (frame.address < begin || frame.address >= end) {
      auto chunk = std::find_if(state.chunks.begin(), state.chunks.end(), [&](const Chunk& one) {
        return frame.address >= one.address && frame.address < one.address + one.length;
      });
      begin = end = same_to = 0;
      if (chunk != state.chunks.end()) {
        begin = chunk->address;
        end = begin + chunk->length;
        size_t head = static_cast<size_t>(layout_.chunk_first);
        size_t length = std::min(chunk->length, chunk->known_length);
        Address top = frames.back().address + frames.back().code->frame_bytes;
        if (top >= begin && top < end) length = std::min(length, static_cast<size_t>(top - begin));
        same_to = begin + same_bytes(chunk->read, chunk->known.data(), head, length);
      }
    }
    if (begin == 0 && !state.nodes.knows(frame.address)) return i;  // nothing of it was read
    if (begin != 0 && frame.address + frame.code->frame_bytes > same_to) return i;
    if (!state.known.same_pieces(i, state.nodes)) return i;
  }
  return fresh;
}

// How many of the known frames' code objects are still at their addresses; all of them until `fresh_until`.
size_t DataStackWalker::fresh_codes(State& state, uint64_t now) {
  const std::vector<Frame>& frames = state.known.frames();
  state.fresh_until = 0;
  uint64_t until = UINT64_MAX;
  for (size_t i = 0; i < frames.size(); ++i) {
    Code* code = frames[i].code;
    if (now >= CodeCache::fresh_until(*code, now) && codes_.find(code->address, now) != code) return i;
    until = std::min(until, CodeCache::fresh_until(*code, now));
  }
  state.fresh_until = until;
  return frames.size();
}

// Fills in those that lie below the guess; where they are still there from the walk before, in their place.
void DataStackWalker::begin_with_known(State& state, std::vector<Frame>& frames) {
  if (state.in_place) {
    frames.resize(state.joined);
    state.same = state.joined;
  } else {
    const std::vector<Frame>& known = state.known.frames();
    frames.assign(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(state.joined));
  }
  state.in_place = false;
}

// Keeps what the frames were decided by.
void DataStackWalker::remember(State& state, const std::vector<Frame>& frames, uint64_t now) {
  state.known.resize(state.joined);
  state.keep = true;
  for (size_t i = state.joined; i < frames.size(); ++i) {
    const Frame& frame = frames[i];
    auto keep_piece = [&](Address address, size_t size) {
      return state.known.add_piece(address, kNodeHead + size, state.nodes);
    };
    Address shim = state.shims[i - state.joined];
    if (shim != 0 && !keep_piece(shim, static_cast<size_t>(layout_.frame_size))) return;
    if (state.nodes.knows(frame.address) && !keep_piece(frame.address, frame.code->frame_bytes)) return;
    state.known.add(frame);
    state.fresh_until = std::min(state.fresh_until, CodeCache::fresh_until(*frame.code, now));
  }
}

}  // namespace heavyops
