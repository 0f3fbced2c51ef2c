#pragma once
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "walk/node_set.h"
#include "walk/walker.h"

namespace heavyops {

// Frames that were decided in an earlier image, with copies of what was read apart from the data stack to
// decide them. As far as all of it is the same in a later image, so is the decision.
class KnownFrames {
 public:
  const std::vector<Frame>& frames() const { return frames_; }
  size_t size() const { return frames_.size(); }

  // The frames after the first `count` are forgotten.
  void resize(size_t count) {
    count = std::min(count, frames_.size());
    size_t kept = count == 0 ? 0 : pieces_to_[count - 1];
    bytes_.resize(kept == 0 ? 0 : pieces_[kept - 1].start + pieces_[kept - 1].size);
    pieces_.resize(kept);
    pieces_to_.resize(count);
    frames_.resize(count);
  }

  // Belongs to the frame that is added next: the frame itself, or the entry frame that C code has called it
  // by. Its first `size` bytes, counted from what is read in front of it.
  // False when none of it was read.
  bool add_piece(Address address, size_t size, const NodeSet& nodes) {
    std::pair<const uint8_t*, size_t> piece = nodes.piece(address, size);
    if (piece.second == 0) return false;
    pieces_.push_back({address, bytes_.size(), piece.second});
    bytes_.insert(bytes_.end(), piece.first, piece.first + piece.second);
    return true;
  }

  void add(const Frame& frame) {
    frames_.push_back(frame);
    pieces_to_.push_back(pieces_.size());
  }

  // Whether what was read apart for frame `index` is the same now. Keeps it from being forgotten.
  bool same_pieces(size_t index, NodeSet& nodes) const {
    for (size_t i = index == 0 ? 0 : pieces_to_[index - 1]; i < pieces_to_[index]; ++i) {
      const Piece& piece = pieces_[i];
      std::pair<const uint8_t*, size_t> now = nodes.piece(piece.address, piece.size);
      if (now.second != piece.size || std::memcmp(now.first, bytes_.data() + piece.start, piece.size) != 0)
        return false;
      nodes.use(piece.address);
    }
    return true;
  }

  // How many of the first `among` frames are the callers of the frame at `address`, and it; 0 if it is none.
  size_t up_to(Address address, size_t among) const {
    constexpr size_t kNear = 16;  // a thread is seldom found further below where it was
    for (size_t count = among; count > 0 && among - count < kNear; --count) {
      if (frames_[count - 1].address == address) return count;
    }
    return 0;
  }

 private:
  struct Piece {
    Address address;
    size_t start, size;  // in bytes_, with what is read in front of it
  };

  std::vector<Frame> frames_;      // root first
  std::vector<size_t> pieces_to_;  // by frame: where its pieces end
  std::vector<Piece> pieces_;
  std::vector<uint8_t> bytes_;
};

}  // namespace heavyops
