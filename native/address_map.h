#pragma once
#include <vector>

#include "memory.h"

namespace heavyops {

// Addresses but 0 to small integers: open addressing, allocates only when it grows.
class AddressMap {
 public:
  static constexpr int32_t kAbsent = -1;

  int32_t find(Address address) const {
    if (slots_.empty()) return kAbsent;
    for (size_t at = start(address);; at = (at + 1) & mask_) {
      if (slots_[at].address == address) return slots_[at].value;
      if (slots_[at].address == 0) return kAbsent;
    }
  }

  void put(Address address, int32_t value) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    size_t at = start(address);
    while (slots_[at].address != 0 && slots_[at].address != address) at = (at + 1) & mask_;
    if (slots_[at].address == 0) ++used_;
    slots_[at] = {address, value};
  }

  size_t size() const { return used_; }

  void clear() {
    for (Slot& slot : slots_) slot = {};
    used_ = 0;
  }

 private:
  struct Slot {
    Address address = 0;
    int32_t value = kAbsent;
  };

  size_t start(Address address) const { return (address * 0x9E3779B97F4A7C15u >> 20) & mask_; }

  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 64 : old.size() * 2, Slot{});
    mask_ = slots_.size() - 1;
    used_ = 0;
    for (const Slot& slot : old) {
      if (slot.address != 0) put(slot.address, slot.value);
    }
  }

  std::vector<Slot> slots_;
  size_t mask_ = 0;
  size_t used_ = 0;
};

}  // namespace heavyops
