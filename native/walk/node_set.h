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

  void set_size(size_t bytes) { stride_ = bytes; }

  // Reads every piece twice, before and after what is added to the bulk read in between. `identity` is the
  // offset of a word that must be the same in both, or the piece does not count as read: a freed frame's
  // place is soon another's. `link` is that of a word that is not 0 while the frame is on a stack; the copy
  // that has it is taken.
  void read_twice(int32_t identity, int32_t link) {
    identity_ = identity;
    link_ = link;
  }

  void plan(BulkRead& bulk) {
    if (++age_ % kForgetEvery == 0) forget();
    bytes_.resize(nodes_.size() * stride_ * copies());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].range = bulk.add(nodes_[i].address, copy(i, 0), nodes_[i].size);
    }
  }

  void plan_again(BulkRead& bulk) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].again = bulk.add(nodes_[i].address, copy(i, 1), nodes_[i].size);
    }
  }

  void collect(const BulkRead& bulk) {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      Node& node = nodes_[i];
      node.length = bulk.length(node.range);
      // Beyond its end nothing is mapped: to ask for that again would cost a call of its own each time.
      if (node.length != 0) node.size = node.length;
      node.taken = 0;
      if (identity_ < 0) continue;
      node.length = std::min(node.length, bulk.length(node.again));
      if (node.length < static_cast<size_t>(std::max(identity_, link_)) + sizeof(Address)) continue;
      if (field<Address>(copy(i, 0), identity_) != field<Address>(copy(i, 1), identity_)) node.length = 0;
      if (field<Address>(copy(i, 0), link_) == 0) node.taken = 1;
    }
  }

  // The piece's bytes if at least `size` were read in this tick.
  const uint8_t* at(Address address, size_t size) {
    int32_t i = index_.find(address);
    if (i < 0 || nodes_[i].length < size) return nullptr;
    nodes_[i].used = age_;
    return taken(i);
  }

  // Calls `look(index, bytes)` for every piece of which at least `size` bytes were read.
  template <typename Look>
  void each(size_t size, Look look) const {
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].length >= size) look(static_cast<int32_t>(i), taken(i));
    }
  }

  Address address(int32_t index) const { return nodes_[index].address; }

  size_t length(Address address) const {
    int32_t i = index_.find(address);
    return i < 0 ? 0 : nodes_[i].length;
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
    nodes_.push_back({address, age_, stride_, 0, 0, 0, 0});
    return true;
  }

 private:
  struct Node {
    Address address;
    uint64_t used;
    size_t size;  // bytes to read
    size_t range;
    size_t length;
    size_t again;
    size_t taken;  // which copy
  };
  static constexpr size_t kMaxNodes = 40'000;
  static constexpr uint64_t kForgetEvery = 64;

  // With what finds it again: slots of two address maps, at most a quarter full.
  size_t cost() const { return stride_ * copies() + sizeof(Node) + 8 * 16; }

  size_t copies() const { return identity_ < 0 ? 1 : 2; }
  uint8_t* copy(size_t node, size_t which) { return &bytes_[(node * copies() + which) * stride_]; }
  const uint8_t* taken(size_t node) const {
    return &bytes_[(node * copies() + nodes_[node].taken) * stride_];
  }

  void forget() {
    uint64_t oldest = age_ - kForgetEvery;
    auto stale = [&](const Node& node) { return node.used < oldest; };
    auto end = std::remove_if(nodes_.begin(), nodes_.end(), stale);
    if (end == nodes_.end()) return;
    budget_.give_back(static_cast<size_t>(nodes_.end() - end) * cost());
    nodes_.erase(end, nodes_.end());
    index_.clear();
    for (size_t i = 0; i < nodes_.size(); ++i) index_.put(nodes_[i].address, static_cast<int32_t>(i));
  }

  Budget& budget_;
  size_t stride_ = 0;
  int32_t identity_ = -1, link_ = -1;
  uint64_t age_ = kForgetEvery;
  std::vector<Node> nodes_;
  std::vector<uint8_t> bytes_;
  AddressMap index_;
};

}  // namespace heavyops
