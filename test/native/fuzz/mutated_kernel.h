#pragma once
#include <unordered_map>
#include <vector>

#include "image.h"
#include "kernel.h"
#include "random.h"

namespace heavyops::test {

// Serves the memory of a recorded image that is damaged on purpose: between ticks, and between the ranges of
// one bulk read as well, since a target runs on while it is read. All of it follows from the seed.
class MutatedKernel final : public Kernel {
 public:
  // In a wide one damaged pointers also lead into memory that goes on for ever.
  MutatedKernel(const Image& image, uint64_t seed, bool wide);

  // What the sampler reads until the next call belongs to one tick, with some new damage.
  void begin_damaged_tick();
  // The same, with memory as it was recorded at the next instant, and some time later.
  void begin_intact_tick(uint64_t nanoseconds);

  ssize_t read(const iovec* local, const iovec* remote, size_t ranges) override;
  uint64_t nanoseconds() override { return now_; }

  size_t instant() const { return instant_; }
  // Of the tick.
  uint64_t calls() const { return calls_; }
  uint64_t ranges() const { return ranges_; }

 private:
  // Memory that was not recorded but can be read as far as anyone asks: what hangs or grows does so here.
  enum Expanse : Address {
    kLinks = Address{2} << 44,  // every word points 64 bytes further
    kLoops = Address{3} << 44,  // every word points at itself
    kZeros = Address{4} << 44,
    kNumbers = Address{5} << 44,  // every word is a small number
    kCopies = Address{6} << 44,   // the image again and again, each copy linked to the next
    kExpanse = Address{1} << 40   // bytes of each
  };

  static constexpr size_t kNone = SIZE_MAX;

  void restore();
  void run_on();
  void damage();
  void overwrite(Address at, uint64_t value, size_t size);
  uint64_t odd_value(Address at);
  Address somewhere();
  Address victim();

  size_t page_of(Address at) const;
  uint8_t* live(size_t page) { return &live_[page * kPageSize]; }
  uint64_t word(Address at) const;
  size_t copy(Address from, uint8_t* to, size_t size);
  uint64_t expanse_word(Address at) const;
  uint64_t copied_word(Address at) const;

  const Image& image_;
  Random random_;
  std::vector<Address> pages_;  // in order
  std::unordered_map<Address, size_t> index_;
  std::vector<uint8_t> live_;
  std::vector<bool> gone_;                      // unmapped
  std::vector<size_t> dirty_;                   // pages that are not as in `instant_`
  std::vector<std::vector<size_t>> differing_;  // by instant: pages unlike those of the one before
  std::vector<Address> words_;                  // that hold anything
  size_t instant_ = 0;
  // Where the last tick read: damage there is met again.
  std::vector<std::pair<Address, size_t>> met_;
  size_t met_next_ = 0;
  // How often the target runs on, and is damaged, inside a tick: once in so many ranges; 0 never.
  uint64_t run_every_ = 0, damage_every_ = 0;
  bool wide_;
  uint64_t strength_ = 0;   // a tick has up to 2 to the power of it changes
  size_t span_ = 0;         // of a copy, in pages
  int32_t linking_ = 0;     // the field by which copies are chained
  uint64_t relocated_ = 0;  // which pointers in copies stay in copies
  bool in_damaged_tick_ = false;
  uint64_t now_ = 1'000'000'000;
  uint64_t calls_ = 0, ranges_ = 0;
};

}  // namespace heavyops::test
