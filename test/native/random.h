#pragma once
#include <cstdint>

namespace heavyops::test {

class Random {
 public:
  explicit Random(uint64_t state) : state_(state != 0 ? state : 1) {}
  uint64_t operator()() {  // xorshift64 (Marsaglia, 2003)
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    return state_ ^= state_ << 17;
  }
  uint64_t below(uint64_t bound) { return (*this)() % bound; }
  bool one_in(uint64_t bound) { return below(bound) == 0; }

 private:
  uint64_t state_;
};

}  // namespace heavyops::test
