#include "bpf/ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace heavyops::bpf {

int Ring::open(const Fd& map, size_t bytes) {
  close();
  page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  bytes_ = bytes;
  void* consumer = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, map.number(), 0);
  if (consumer == MAP_FAILED) return errno;
  consumer_ = static_cast<uint8_t*>(consumer);
  void* producer =
      mmap(nullptr, page_ + bytes_, PROT_READ, MAP_SHARED, map.number(), static_cast<off_t>(page_));
  if (producer == MAP_FAILED) return errno;
  producer_ = static_cast<uint8_t*>(producer);
  return 0;
}

void Ring::close() {
  if (consumer_ != nullptr) munmap(consumer_, page_);
  if (producer_ != nullptr) munmap(producer_, page_ + bytes_);
  consumer_ = producer_ = nullptr;
}

uint64_t Ring::produced() const {
  return __atomic_load_n(reinterpret_cast<const uint64_t*>(producer_), __ATOMIC_ACQUIRE);
}

uint64_t Ring::consumed() const {
  return __atomic_load_n(reinterpret_cast<const uint64_t*>(consumer_), __ATOMIC_RELAXED);
}

void Ring::consume(uint64_t position) {
  __atomic_store_n(reinterpret_cast<uint64_t*>(consumer_), position, __ATOMIC_RELEASE);
}

bool Ring::view(uint64_t position, View& out) const {
  const uint8_t* at = producer_ + page_ + (position & (bytes_ - 1));
  uint32_t length = __atomic_load_n(reinterpret_cast<const uint32_t*>(at), __ATOMIC_ACQUIRE);
  if (length & BPF_RINGBUF_BUSY_BIT) return false;
  out.discarded = (length & BPF_RINGBUF_DISCARD_BIT) != 0;
  out.length = length & ~static_cast<uint32_t>(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  return true;
}

// A header is never split: everything begins at a multiple of its 8 bytes.
const uint8_t* Ring::whole(uint64_t position, uint32_t length) {
  const uint8_t* data = producer_ + page_;
  size_t at = (position + kHeader) & (bytes_ - 1);
  size_t before = std::min<size_t>(length, bytes_ - at);
  if (before == length) return data + at;
  split_.resize(length);
  std::memcpy(split_.data(), data + at, before);
  std::memcpy(split_.data() + before, data, length - before);
  return split_.data();
}

}  // namespace heavyops::bpf
