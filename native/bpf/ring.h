#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bpf/fd.h"
#include "bpf/record.h"

namespace heavyops::bpf {

// The reader's end of a ring buffer of the kernel (kernel/bpf/ringbuf.c): a page with the consumer's
// position, one with the producer's, and the data. The kernel would map the data twice, so that no record is
// split; but all of a mapping of it counts as resident memory of ours, so a record that is split is copied.
class Ring {
 public:
  Ring() = default;
  ~Ring() { close(); }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // 0, or the errno of a refusal.
  int open(const Fd& map, size_t bytes);
  void close();

  // Hands on the records that were there when it was called, oldest first.
  template <typename Handler>
  void drain(Handler&& handle);

 private:
  struct View {
    bool discarded;
    uint32_t length;
  };
  uint64_t produced() const;
  uint64_t consumed() const;
  void consume(uint64_t position);
  // False while the record at `position` is being written.
  bool view(uint64_t position, View& out) const;
  // Its bytes in one piece, until this is called again.
  const uint8_t* whole(uint64_t position, uint32_t length);

  static constexpr uint64_t kHeader = 8;

  size_t page_ = 0, bytes_ = 0;
  uint8_t* consumer_ = nullptr;
  uint8_t* producer_ = nullptr;  // and the data
  std::vector<uint8_t> split_;   // the bytes of the last record that goes over the end
};

template <typename Handler>
void Ring::drain(Handler&& handle) {
  uint64_t until = produced(), position = consumed();
  while (position < until) {
    View seen;
    if (!view(position, seen)) break;
    uint64_t next = position + (seen.length + kHeader + 7) / 8 * 8;
    if (next > until)
      return consume(until);  // a length that the kernel never writes: nothing is found behind it
    constexpr uint32_t kLeast = offsetof(record, frames);
    if (!seen.discarded && seen.length >= kLeast) {
      const auto& one = *reinterpret_cast<const record*>(whole(position, seen.length));
      if (one.count <= kMostFrames && seen.length >= kLeast + one.count * sizeof(frame)) handle(one);
    }
    position = next;
    consume(position);
  }
}

}  // namespace heavyops::bpf
