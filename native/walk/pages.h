#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace heavyops {

// Memory that begins on a page boundary. What is copied into one page is copied in one go; at a boundary the
// copy waits for the page's address to be looked up, some hundred nanoseconds in a virtual machine, while the
// target goes on.
class Pages {
 public:
  static constexpr size_t kSize = 4096;  // bytes of a page; of larger ones this is a part

  static size_t round_up(size_t bytes) { return (bytes + kSize - 1) & ~(kSize - 1); }

  // Where a range of `size` bytes that could begin at `at` crosses no boundary that it need not cross.
  static size_t place(size_t at, size_t size) { return at % kSize + size > kSize ? round_up(at) : at; }

  // Makes room for at least `bytes`; what was there is lost when it grows.
  void reserve(size_t bytes) {
    if (bytes <= size_) return;
    size_ = round_up(bytes);
    bytes_.reset(static_cast<uint8_t*>(std::aligned_alloc(kSize, size_)));
    if (!bytes_) throw std::bad_alloc();
  }

  size_t size() const { return size_; }
  uint8_t* data() { return bytes_.get(); }
  const uint8_t* data() const { return bytes_.get(); }

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, Free> bytes_;
  size_t size_ = 0;
};

}  // namespace heavyops
