#pragma once
#include <cstdint>
#include <cstdlib>

namespace heavyops::test {

// Of the tests of garbage: the same unless HEAVYOPS_SEED names another one.
inline uint64_t seed() {
  const char* given = std::getenv("HEAVYOPS_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : 0x9E3779B97F4A7C15;
}

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
