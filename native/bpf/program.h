#pragma once
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "bpf/fd.h"
#include "bpf/record.h"

namespace heavyops::bpf {

// sample.bpf.c in the kernel, with its maps. All of it goes with this process, however that ends: the kernel
// drops what no descriptor holds.
class Program {
 public:
  // What could not be done, and the kernel's errno.
  struct Refusal {
    enum Step { kNone = 0, kImage, kMap, kVerify, kEvent };
    Step step = kNone;
    int error = 0;
    explicit operator bool() const { return step != kNone; }
  };

  // `image` is what scripts/setup/kernel-program.mjs makes. `ring_bytes` is a power of two.
  Refusal load(const std::vector<uint8_t>& image, const settings& with, size_t ring_bytes);

  // What is sampled of a thread, by its id in the target's namespace.
  bool put_thread(uint32_t id, const thread& value);
  void forget_thread(uint32_t id);

  int descriptor() const { return begin_.number(); }
  const Fd& ring() const { return maps_[kRing]; }
  // Whether the program reads a thread's registers, which tell what it waits in.
  bool reads_registers() const { return reads_registers_; }

 private:
  // In the order of their numbers in the image.
  enum Map { kSettings, kThreads, kScratch, kRing, kPrograms, kMaps };

  Refusal make_maps(const settings& with, size_t ring_bytes);
  Refusal verify(const std::vector<uint8_t>& image);
  Refusal verify_next(const uint8_t*& at, const uint8_t* end, Fd& out);

  Fd maps_[kMaps];
  Fd begin_, walk_;
  bool reads_registers_ = false;
};

}  // namespace heavyops::bpf
