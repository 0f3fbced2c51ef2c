#include "mutated_kernel.h"

#include <algorithm>
#include <cerrno>

namespace heavyops::test {
namespace {

constexpr size_t kMet = 512;
constexpr uint64_t kHash = 0x9E3779B97F4A7C15;

}  // namespace

MutatedKernel::MutatedKernel(const Image& image, uint64_t seed, bool wide)
    : image_(image), random_(seed), wide_(wide) {
  strength_ = random_.below(5);
  for (const auto& [address, page] : image.instants.front()) {
    index_[address] = pages_.size();
    pages_.push_back(address);
    live_.insert(live_.end(), page.begin(), page.end());
    for (Address at = 0; at < kPageSize; at += 8) {
      if (field<uint64_t>(page.data(), static_cast<int32_t>(at)) != 0) words_.push_back(address + at);
    }
  }
  gone_.assign(pages_.size(), false);
  span_ = pages_.size();
  for (size_t i = 0; i < image.instants.size(); ++i) {
    const Pages& before = image.instants[(i + image.instants.size() - 1) % image.instants.size()];
    differing_.emplace_back();
    for (size_t page = 0; page < pages_.size(); ++page) {
      if (image.instants[i].at(pages_[page]) != before.at(pages_[page])) differing_.back().push_back(page);
    }
  }
  const uint64_t often[] = {0, 0, 4, 16, 64, 256};
  run_every_ = often[random_.below(6)];
  damage_every_ = often[random_.below(6)];
  const Layout& layout = image.layout;
  const int32_t links[] = {layout.thread_next, layout.frame_previous, layout.interpreter_next,
                           std::max(0, layout.chunk_previous), 0};
  linking_ = links[random_.below(5)];
  relocated_ = random_();
}

void MutatedKernel::begin_damaged_tick() {
  in_damaged_tick_ = true;
  calls_ = ranges_ = 0;
  const uint64_t steps[] = {100'000, 1'000'000, 1'000'000, 10'000'000, 25'000'000, 600'000'000};
  now_ += steps[random_.below(6)];
  // Damage piles up for a while; then everything is as it was.
  if (random_.one_in(4)) restore();
  if (random_.one_in(2)) run_on();
  for (uint64_t left = uint64_t{1} << random_.below(strength_ + 1); left > 0; --left) damage();
}

void MutatedKernel::begin_intact_tick(uint64_t nanoseconds) {
  in_damaged_tick_ = false;
  calls_ = ranges_ = 0;
  now_ += nanoseconds;
  restore();
  run_on();
}

void MutatedKernel::restore() {
  std::fill(gone_.begin(), gone_.end(), false);
  for (size_t page : dirty_) {
    const Page& from = image_.instants[instant_].at(pages_[page]);
    std::copy(from.begin(), from.end(), live(page));
  }
  dirty_.clear();
}

// The target writes what it wrote until the next instant that was recorded.
void MutatedKernel::run_on() {
  instant_ = (instant_ + 1) % image_.instants.size();
  for (size_t page : differing_[instant_]) {
    const Page& from = image_.instants[instant_].at(pages_[page]);
    std::copy(from.begin(), from.end(), live(page));
  }
}

size_t MutatedKernel::page_of(Address at) const {
  auto found = index_.find(at - at % kPageSize);
  return found == index_.end() ? kNone : found->second;
}

uint64_t MutatedKernel::word(Address at) const {
  size_t page = page_of(at);
  if (page == kNone || at % kPageSize > kPageSize - 8) return 0;
  return field<uint64_t>(&live_[page * kPageSize], static_cast<int32_t>(at % kPageSize));
}

void MutatedKernel::overwrite(Address at, uint64_t value, size_t size) {
  size_t page = page_of(at);
  if (page == kNone || at % kPageSize + size > kPageSize) return;
  std::memcpy(live(page) + at % kPageSize, &value, size);
  dirty_.push_back(page);
}

// Mostly a word that was read lately: only such damage is felt.
Address MutatedKernel::victim() {
  if (met_.empty() || random_.one_in(4)) return words_[random_.below(words_.size())];
  const auto& [from, size] = met_[random_.below(met_.size())];
  return from + random_.below(std::max<size_t>(size, 8) / 8) * 8;
}

Address MutatedKernel::somewhere() {
  switch (random_.below(wide_ ? 8 : 7)) {
    case 0:
      return pages_[random_.below(pages_.size())] + random_.below(kPageSize / 8) * 8;
    case 1:
      return victim();
    case 2:
      return victim() + random_.below(16);
    case 7: {
      const Address expanses[] = {kLinks, kLoops, kZeros, kNumbers, kCopies};
      return expanses[random_.below(5)] + random_.below(kExpanse / 16) * 8;
    }
    default:
      return word(words_[random_.below(words_.size())]);
  }
}

uint64_t MutatedKernel::odd_value(Address at) {
  uint64_t now = word(at);
  switch (random_.below(12)) {
    case 0:
      return now ^ uint64_t { 1 } << random_.below(64);
    case 1:
      return random_();
    case 2:
      return 0;
    case 3:
      return ~uint64_t{0} >> random_.below(64);
    case 4:
      return uint64_t{1} << random_.below(64);
    case 5:
      return now + random_.below(64) - 32;
    case 6:  // negative
      return ~random_.below(1024);
    case 7:  // it points at itself, or a little before
      return at - 8 * random_.below(16);
    case 8: {  // what it points at goes on for ever
      size_t page = page_of(now);
      if (page == kNone || !wide_) return now + 1;
      return kCopies + (random_.below(64) * span_ + page) * kPageSize + now % kPageSize;
    }
    default:
      return somewhere();
  }
}

void MutatedKernel::damage() {
  Address at = victim();
  switch (random_.below(16)) {
    case 0: {  // another object takes the place
      Address from = victim();
      for (uint64_t left = 8 << random_.below(7); left > 0; left -= 8) {
        overwrite(at, word(from), 8);
        at += 8;
        from += 8;
      }
      return;
    }
    case 1: {
      size_t page = page_of(at);
      if (page == kNone || !random_.one_in(4)) return;
      gone_[page] = true;
      return;
    }
    case 2: {
      Address end = at + (16 << random_.below(7));
      for (; at < end; at += 8) overwrite(at, 0, 8);
      return;
    }
    case 3:
    case 4:
      return overwrite(at + random_.below(8), random_(), 1);
    case 5:
    case 6:
    case 7:
      return overwrite(at + 4 * random_.below(2), odd_value(at), 4);
    default:
      return overwrite(at, odd_value(at), 8);
  }
}

ssize_t MutatedKernel::read(const iovec* local, const iovec* remote, size_t ranges) {
  ++calls_;
  size_t all = 0;
  for (size_t i = 0; i < ranges; ++i) {
    ++ranges_;
    Address from = reinterpret_cast<Address>(remote[i].iov_base);
    size_t size = remote[i].iov_len;
    if (in_damaged_tick_) {
      if (run_every_ != 0 && random_.one_in(run_every_)) run_on();
      if (damage_every_ != 0 && random_.one_in(damage_every_)) damage();
    }
    if (met_.size() < kMet) {
      met_.push_back({from - from % 8, size});
    } else {
      met_[met_next_++ % kMet] = {from - from % 8, size};
    }
    size_t got = copy(from, static_cast<uint8_t*>(local[i].iov_base), size);
    all += got;
    if (got < size) break;
  }
  if (all != 0 || ranges == 0 || remote[0].iov_len == 0) return static_cast<ssize_t>(all);
  errno = EFAULT;
  return -1;
}

size_t MutatedKernel::copy(Address from, uint8_t* to, size_t size) {
  size_t done = 0;
  while (done < size) {
    Address at = from + done;
    size_t part = std::min<size_t>(size - done, kPageSize - at % kPageSize);
    if (at >= kLinks && at < kCopies + kExpanse && at % (Address{1} << 44) < kExpanse) {
      uint64_t value = expanse_word(at - at % 8);
      part = std::min<size_t>(size - done, 8 - at % 8);
      std::memcpy(to + done, reinterpret_cast<uint8_t*>(&value) + at % 8, part);
    } else {
      size_t page = page_of(at);
      if (page == kNone || gone_[page]) break;
      std::memcpy(to + done, live(page) + at % kPageSize, part);
    }
    done += part;
  }
  return done;
}

uint64_t MutatedKernel::expanse_word(Address at) const {
  switch (at - at % (Address{1} << 44)) {
    case kLinks:
      return at + 64;
    case kLoops:
      return at;
    case kNumbers:
      return at / 8 % 1024;
    case kCopies:
      return copied_word(at);
    default:
      return 0;
  }
}

uint64_t MutatedKernel::copied_word(Address at) const {
  Address number = (at - kCopies) / kPageSize;
  size_t page = number % span_;
  Address next = kCopies + (number / span_ + 1) * span_ * kPageSize;
  Address offset = at % kPageSize;
  uint64_t value = field<uint64_t>(&live_[page * kPageSize], static_cast<int32_t>(offset));
  if (value == 0) {  // the end of a list, perhaps: it goes on with the next copy of what it belongs to
    return offset < static_cast<Address>(linking_)
               ? 0
               : next + page * kPageSize + offset - static_cast<Address>(linking_);
  }
  size_t to = page_of(value);
  bool stays = ((page * kPageSize + offset) * kHash ^ relocated_) >> 62 != 0;
  return to == kNone || !stays ? value : next + to * kPageSize + value % kPageSize;
}

}  // namespace heavyops::test
