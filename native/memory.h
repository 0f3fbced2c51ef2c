#pragma once
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace heavyops {

using Address = uint64_t;

// Reads a field of a struct that was copied from the target. The caller has checked that it lies inside.
template <typename T>
inline T field(const uint8_t* bytes, int32_t offset) {
  T value;
  std::memcpy(&value, bytes + offset, sizeof value);
  return value;
}

// User space of x86-64 and arm64 ends below 2^56; null pages are never mapped.
inline bool plausible(Address address) { return address >= 4096 && address < (Address{1} << 56); }

// From `start` up to before `end`.
struct Range {
  Address start = 0, end = 0;
  bool has(Address address) const { return address >= start && address < end; }
};

// The target's memory, read without stopping it: process_vm_readv(2).
class Memory {
 public:
  explicit Memory(pid_t pid) : pid_(pid) {}

  // Copies `size` bytes; false unless all could be read.
  bool read(Address from, void* to, size_t size);
  // Copies up to `size` bytes; the number read, or -errno when none could be.
  ssize_t read_some(Address from, void* to, size_t size);
  Address read_pointer(Address from);  // 0 when unreadable

  pid_t pid() const { return pid_; }
  uint64_t calls() const { return calls_; }
  // errno of the last call that read nothing: ESRCH tells that the process is gone.
  int last_error() const { return last_error_; }

 private:
  friend class BulkRead;
  pid_t pid_;
  uint64_t calls_ = 0;
  int last_error_ = 0;
};

// Many ranges brought by as few calls as can be (IOV_MAX ranges a call), in the order they were added.
class BulkRead {
 public:
  void clear() {
    local_.clear();
    remote_.clear();
  }
  // `to` must stay valid until `run` returns. The result is the index that `length` takes.
  size_t add(Address from, void* to, size_t size) {
    remote_.push_back({reinterpret_cast<void*>(from), size});
    local_.push_back({to, size});
    return remote_.size() - 1;
  }
  size_t size() const { return remote_.size(); }
  // Reads all ranges. A range that cannot be read whole gets what could be; the rest goes on.
  void run(Memory& memory);
  // Whether every range was read whole.
  bool whole() const {
    for (size_t i = 0; i < remote_.size(); ++i) {
      if (lengths_[i] != remote_[i].iov_len) return false;
    }
    return true;
  }
  // Whether nothing at all was read.
  bool empty_handed() const {
    return std::all_of(lengths_.begin(), lengths_.end(), [](size_t length) { return length == 0; });
  }
  // Bytes read of the range.
  size_t length(size_t index) const { return lengths_[index]; }

 private:
  std::vector<iovec> local_;
  std::vector<iovec> remote_;
  std::vector<size_t> lengths_;
};

}  // namespace heavyops
