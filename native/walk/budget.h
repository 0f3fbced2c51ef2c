#pragma once
#include <cstddef>

namespace heavyops {

// Bytes that the images of all threads together may take, whatever sizes the target claims.
class Budget {
 public:
  explicit Budget(size_t bytes = size_t{256} << 20) : left_(bytes) {}

  bool take(size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }
  void give_back(size_t bytes) { left_ += bytes; }

 private:
  size_t left_;
};

}  // namespace heavyops
