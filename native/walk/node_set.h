#pragma once
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "address_map.h"
#include "memory.h"
#include "walk/budget.h"
#include "walk/pages.h"

namespace heavyops {

// Pieces of equal size that are read at known addresses in every bulk read: frames that do not lie on the
// data stack, predicted from the last samples. Those not used for a while are forgotten. Pieces that lie near
// each other are read as one range, which is quicker and nearer to one instant than a range for each.
class NodeSet {
 public:
  explicit NodeSet(Budget& budget) : budget_(budget) {}
  ~NodeSet() { budget_.give_back(nodes_.size() * cost()); }
  NodeSet(const NodeSet&) = delete;
  NodeSet& operator=(const NodeSet&) = delete;

  // `before` bytes in front of each address are read too.
  void set_size(size_t bytes, size_t before = 0) {
    stride_ = before + bytes;
    before_ = before;
  }

  // To be called once a tick.
  void grow_older() {
    if (++age_ % kForgetEvery == 0) forget();
  }

  // Bytes of an image of all pieces, those asked for since the last one included.
  size_t image_size() {
    if (changed_) regroup();
    return image_size_;
  }

  // Adds the ranges of an image to the bulk read. It goes to `to`, or to memory of the set's own.
  void plan(BulkRead& bulk, uint8_t* to = nullptr) {
    size_t size = image_size();
    if (to == nullptr) own_.reserve(size);
    uint8_t* image = to == nullptr ? own_.data() : to;
    for (Group& group : groups_) group.range = bulk.add(group.address, image + group.start, group.size);
  }

  // Whether the images at `one` and at `other` are the same.
  bool same(const uint8_t* one, const uint8_t* other) const {
    return std::all_of(groups_.begin(), groups_.end(), [&](const Group& group) {
      return std::memcmp(one + group.start, other + group.start, group.size) == 0;
    });
  }

  // Looks at the image at `from` (the set's own if null), whose ranges come `before` ranges before the last
  // that was planned.
  void select(const BulkRead& bulk, const uint8_t* from, size_t before) {
    image_ = from == nullptr ? own_.data() : from;
    for (Group& group : groups_) {
      group.length = bulk.length(group.range - before);
      if (group.length == group.size) continue;
      // What follows is not mapped; to ask for that again would cost a call of its own each time.
      for (size_t i = group.first; i < group.end; ++i) split(nodes_[order_[i]], group);
    }
  }

  // The piece's bytes if at least `size` were read in this image.
  const uint8_t* at(Address address, size_t size) {
    int32_t i = index_.find(address);
    if (i < 0) return nullptr;
    if (length(nodes_[i]) < before_ + size) {
      if (nodes_[i].size < before_ + size) {  // what was not mapped may be by now
        nodes_[i].size = stride_;
        changed_ = true;
      }
      return nullptr;
    }
    nodes_[i].used = age_;
    return bytes(nodes_[i]);
  }

  // Calls `look(index, bytes)` for every piece of which at least `size` bytes were read.
  template <typename Look>
  void each(size_t size, Look look) const {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (length(nodes_[i]) >= before_ + size) look(static_cast<int32_t>(i), bytes(nodes_[i]));
    }
  }

  size_t count() const { return nodes_.size(); }

  Address address(int32_t index) const { return nodes_[index].address; }

  // Keeps a piece from being forgotten.
  void use(Address address) {
    int32_t i = index_.find(address);
    if (i >= 0) nodes_[i].used = age_;
  }

  size_t length(Address address) const {
    int32_t i = index_.find(address);
    size_t length = i < 0 ? 0 : this->length(nodes_[i]);
    return length < before_ ? 0 : length - before_;
  }

  // What was read of the piece, up to `size` bytes with what is in front of it.
  std::pair<const uint8_t*, size_t> piece(Address address, size_t size) const {
    int32_t i = index_.find(address);
    size_t length = i < 0 ? 0 : this->length(nodes_[i]);
    return length == 0 ? std::make_pair(image_, size_t{0})
                       : std::make_pair(image_ + nodes_[i].start, std::min(length, size));
  }

  bool knows(Address address) const { return index_.find(address) >= 0; }

  // Asks for `first` and for what it links to (a word at `link` of each) until `elsewhere` says that an
  // address needs no piece. They are followed one by one now, so that the next bulk read has them all. False
  // when it asks for none.
  template <typename Elsewhere>
  bool want_chain(Memory& memory, Address first, int32_t link, Elsewhere elsewhere) {
    bool asked = false;
    for (Address address = first;
         address != 0 && address % 8 == 0 && !knows(address) && !elsewhere(address);) {
      if (!want(address)) break;
      asked = true;
      address = memory.read_pointer(address + link);
    }
    return asked;
  }

  // Asks for a piece in the next bulk read; false when there are too many.
  bool want(Address address) {
    if (nodes_.size() >= kMaxNodes || !plausible(address) || !budget_.take(cost())) return false;
    index_.put(address, static_cast<int32_t>(nodes_.size()));
    nodes_.push_back({address, age_, stride_, kNone, 0, false});
    changed_ = true;
    return true;
  }

 private:
  struct Node {
    Address address;
    uint64_t used;
    size_t size;   // bytes to read
    size_t group;  // kNone: not read yet
    size_t start;  // of its bytes in an image
    bool alone;    // never in a group with others: something near it is not mapped
  };

  // Pieces read as one range.
  struct Group {
    Address address;
    size_t start;       // in an image
    size_t size;        // bytes to read
    size_t first, end;  // in order_
    size_t range = 0;   // of the first image
    size_t length = 0;  // bytes read
  };

  static constexpr size_t kNone = SIZE_MAX;
  static constexpr size_t kMaxNodes = 40'000;
  static constexpr uint64_t kForgetEvery = 64;  // ticks
  static constexpr uint64_t kKeepFew = 4096;    // ticks
  static constexpr size_t kFew = 48;
  static constexpr size_t kNear =
      2048;  // bytes between two pieces, less than a page: nothing unmapped between
  static constexpr size_t kLargest = 16'384;  // bytes of a group

  // With what lies between it and the next, and what finds it again: slots of two address maps, at most a
  // quarter full; a group, and its place in order_.
  size_t cost() const { return stride_ + kNear + sizeof(Node) + sizeof(Group) + 9 * 16; }

  const uint8_t* bytes(const Node& node) const { return image_ + node.start + before_; }

  size_t length(const Node& node) const {
    if (node.group == kNone) return 0;
    const Group& group = groups_[node.group];
    size_t skipped = node.start - group.start;
    return image_ == nullptr || group.length <= skipped ? 0 : std::min(node.size, group.length - skipped);
  }

  void split(Node& node, const Group& group) {
    if (group.end - group.first > 1) {
      node.alone = true;
    } else if (group.length != 0) {
      node.size = group.length;
    } else {
      return;  // nothing is there just now
    }
    changed_ = true;
  }

  void forget() {
    // A few are kept long, since what is called seldom is seldom caught in the act; many are not.
    uint64_t oldest = age_ - (nodes_.size() <= kFew ? kKeepFew : kForgetEvery);
    auto stale = [&](const Node& node) { return node.used < oldest; };
    auto end = std::remove_if(nodes_.begin(), nodes_.end(), stale);
    if (end == nodes_.end()) return;
    budget_.give_back(static_cast<size_t>(nodes_.end() - end) * cost());
    nodes_.erase(end, nodes_.end());
    index_.clear();
    for (size_t i = 0; i < nodes_.size(); ++i) index_.put(nodes_[i].address, static_cast<int32_t>(i));
    changed_ = true;
  }

  void regroup() {
    changed_ = false;
    order_.resize(nodes_.size());
    for (size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<int32_t>(i);
    std::sort(order_.begin(), order_.end(),
              [&](int32_t a, int32_t b) { return nodes_[a].address < nodes_[b].address; });
    groups_.clear();
    image_size_ = 0;
    for (size_t i = 0; i < order_.size(); ++i) {
      Node& node = nodes_[order_[i]];
      Address begin = node.address - before_;
      bool joins = !groups_.empty() && !node.alone && !nodes_[order_[i - 1]].alone &&
                   begin <= groups_.back().address + groups_.back().size + kNear &&
                   begin + node.size <= groups_.back().address + kLargest;
      if (!joins) groups_.push_back({begin, 0, 0, i, i});
      Group& group = groups_.back();
      group.size = std::max(group.size, static_cast<size_t>(begin - group.address) + node.size);
      group.end = i + 1;
      node.group = groups_.size() - 1;
      node.start = begin - group.address;
    }
    for (Group& group : groups_) {
      group.start = Pages::place(image_size_, group.size);
      image_size_ = group.start + group.size;
      for (size_t i = group.first; i < group.end; ++i) nodes_[order_[i]].start += group.start;
    }
  }

  Budget& budget_;
  size_t stride_ = 0, before_ = 0;
  uint64_t age_ = kKeepFew;
  std::vector<Node> nodes_;
  std::vector<int32_t> order_;  // indices of nodes_, by address
  std::vector<Group> groups_;
  size_t image_size_ = 0;  // bytes
  Pages own_;
  const uint8_t* image_ = nullptr;  // that is looked at
  bool changed_ = false;
  AddressMap index_;
};

}  // namespace heavyops
