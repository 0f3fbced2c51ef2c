#include "memory.h"

#include <cerrno>
#include <climits>

namespace heavyops {

bool Memory::read(Address from, void* to, size_t size) {
  return read_some(from, to, size) == static_cast<ssize_t>(size);
}

ssize_t Memory::read_some(Address from, void* to, size_t size) {
  if (!plausible(from)) return -EFAULT;
  iovec local{to, size};
  iovec remote{reinterpret_cast<void*>(from), size};
  ++calls_;
  ssize_t got = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  if (got >= 0) return got;
  last_error_ = errno;
  return -last_error_;
}

Address Memory::read_pointer(Address from) {
  Address value = 0;
  return read(from, &value, sizeof value) ? value : 0;
}

void BulkRead::run(Memory& memory) {
  lengths_.assign(remote_.size(), 0);
  size_t first = 0;
  while (first < remote_.size()) {
    size_t count = remote_.size() - first;
    if (count > IOV_MAX) count = IOV_MAX;
    ++memory.calls_;
    ssize_t got = process_vm_readv(memory.pid_, &local_[first], count, &remote_[first], count, 0);
    if (got < 0) {
      memory.last_error_ = errno;
      // EFAULT here means that the first range of the call is not mapped; anything else concerns them all.
      if (errno != EFAULT) return;
      got = 0;
    }
    // The kernel stops at the first byte that it cannot read (process_vm_readv(2), "partial transfers"):
    // everything before is there, and the ranges behind it deserve a call of their own.
    size_t left = static_cast<size_t>(got);
    size_t end = first + count;
    while (first < end && left >= remote_[first].iov_len) {
      lengths_[first] = remote_[first].iov_len;
      left -= remote_[first].iov_len;
      ++first;
    }
    if (first < end) lengths_[first++] = left;
  }
}

}  // namespace heavyops
