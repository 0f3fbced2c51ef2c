#pragma once
#include <cstdint>

namespace heavyops {

// Numbers that fall in step with nothing: xorshift64 (Marsaglia, 2003).
class Xorshift {
 public:
  explicit Xorshift(uint64_t seed) : state_(seed) {}

  // From 0 up to 1.
  double next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }

 private:
  uint64_t state_;
};

}  // namespace heavyops
