#pragma once
#include <algorithm>
#include <vector>

#include "address_map.h"
#include "memory.h"
#include "walk/budget.h"

namespace heavyops {

// Pieces of equal size that are read at known addresses in every bulk read: frames that do not lie on the
// data stack, predicted from the last samples. Those not used for a while are forgotten.
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

  // The word at `identity` of a piece tells whose it is; `plan_again` reads it once more.
  void recheck(int32_t identity) { identity_ = identity; }

  void plan(BulkRead& bulk) {
    if (++age_ % kForgetEvery == 0) tidy();
    bytes_.resize(nodes_.size() * stride_);
    for (size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].range = bulk.add(nodes_[i].address - before_, &bytes_[i * stride_], nodes_[i].size);
    }
  }

  void plan_again(BulkRead& bulk) {
    if (identity_ < 0) return;
    for (Node& node : nodes_)
      node.again = bulk.add(node.address + identity_, &node.identity, sizeof(Address));
  }

  void collect(const BulkRead& bulk) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = nodes_[i];
      node.length = bulk.length(node.range);
      // Beyond its end nothing is mapped: to ask for that again would cost a call of its own each time.
      if (node.length != 0) node.size = node.length;
      node.steady = identity_ >= 0 && node.length >= before_ + identity_ + sizeof(Address) &&
                    bulk.length(node.again) == sizeof(Address) &&
                    field<Address>(frame(i), identity_) == node.identity;
    }
  }

  // The piece's bytes if at least `size` were read in this tick.
  const uint8_t* at(Address address, size_t size) {
    int32_t i = index_.find(address);
    if (i < 0) return nullptr;
    if (nodes_[i].length < before_ + size) {
      nodes_[i].size = stride_;  // what was not mapped may be by now
      return nullptr;
    }
    nodes_[i].used = age_;
    return frame(i);
  }

  // Calls `look(index, bytes)` for every piece of which at least `size` bytes were read.
  template <typename Look>
  void each(size_t size, Look look) const {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].length >= before_ + size) look(static_cast<int32_t>(i), frame(i));
    }
  }

  // Whether the piece was still the same one's at the end of the tick.
  bool steady(Address address) const {
    int32_t i = index_.find(address);
    return i >= 0 && nodes_[i].steady;
  }

  Address address(int32_t index) const { return nodes_[index].address; }

  // Keeps a piece from being forgotten, and has it read after those of less depth: callers before their
  // callees. A callee that was read first could be an older one, whose place the caller's present callee took
  // over since.
  void place(Address address, size_t depth) {
    int32_t i = index_.find(address);
    if (i < 0) return;
    nodes_[i].used = age_;
    nodes_[i].depth = depth;
  }

  size_t length(Address address) const {
    int32_t i = index_.find(address);
    return i < 0 || nodes_[i].length < before_ ? 0 : nodes_[i].length - before_;
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
    nodes_.push_back({address, age_, stride_, 0, 0, SIZE_MAX, 0, 0, false});
    return true;
  }

 private:
  struct Node {
    Address address;
    uint64_t used;
    size_t size;  // bytes to read
    size_t range;
    size_t length;
    size_t depth;
    size_t again;
    Address identity;
    bool steady;
  };
  static constexpr size_t kMaxNodes = 40'000;
  static constexpr uint64_t kForgetEvery = 64;  // ticks
  static constexpr uint64_t kKeepFew = 4096;    // ticks
  static constexpr size_t kFew = 48;

  // With what finds it again: slots of two address maps, at most a quarter full.
  size_t cost() const { return stride_ + sizeof(Node) + 8 * 16; }

  const uint8_t* frame(size_t node) const { return &bytes_[node * stride_ + before_]; }

  void tidy() {
    // A few are kept long, since what is called seldom is seldom caught in the act; many are not.
    uint64_t oldest = age_ - (nodes_.size() <= kFew ? kKeepFew : kForgetEvery);
    auto stale = [&](const Node& node) { return node.used < oldest; };
    auto end = std::remove_if(nodes_.begin(), nodes_.end(), stale);
    budget_.give_back(static_cast<size_t>(nodes_.end() - end) * cost());
    nodes_.erase(end, nodes_.end());
    std::stable_sort(nodes_.begin(), nodes_.end(),
                     [](const Node& a, const Node& b) { return a.depth < b.depth; });
    index_.clear();
    for (size_t i = 0; i < nodes_.size(); ++i) index_.put(nodes_[i].address, static_cast<int32_t>(i));
  }

  Budget& budget_;
  size_t stride_ = 0, before_ = 0;
  int32_t identity_ = -1;
  uint64_t age_ = kKeepFew;
  std::vector<Node> nodes_;
  std::vector<uint8_t> bytes_;
  AddressMap index_;
};

}  // namespace heavyops
