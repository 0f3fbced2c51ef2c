#pragma once
#include <unistd.h>

#include <utility>

namespace heavyops::bpf {

// A file descriptor that is closed with its owner.
class Fd {
 public:
  explicit Fd(int number = -1) : number_(number) {}
  ~Fd() {
    if (number_ >= 0) close(number_);
  }
  Fd(Fd&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
  Fd& operator=(Fd&& from) noexcept {
    std::swap(number_, from.number_);
    return *this;
  }

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace heavyops::bpf
