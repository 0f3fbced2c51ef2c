// The file that is shared with heavyops, as the memory of a Store: where records and counters of each process
// are in it.

#include <sys/mman.h>
#include <unistd.h>

#include "store.h"

namespace heavyops::count {

namespace {

constexpr uint64_t kAllCounters = kSegment * kMaxSegments;

}  // namespace

bool Store::open(int descriptor) {
  Header head;
  if (read(descriptor, &head, sizeof head) != static_cast<ssize_t>(sizeof head) || head.magic != kMagic)
    return false;
  void* window = mmap(nullptr, head.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  if (window == MAP_FAILED) return false;
  void* counters = mmap(nullptr, kAllCounters, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (counters == MAP_FAILED) {
    munmap(window, head.size);
    return false;
  }
  window_ = static_cast<char*>(window);
  counters_ = static_cast<char*>(counters);
  header_ = static_cast<Header*>(window);
  return begin_process();
}

void Store::unmap() {
  munmap(counters_, kAllCounters);
  munmap(window_, header_->size);
  window_ = counters_ = nullptr;
}

// Nothing of the child may go where its parent counts. The addresses stay: each segment is laid over the old
// one.
void Store::forked() {
  const auto parent = mine_;
  if (!begin_process()) {
    mmap(counters_, kAllCounters, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    return;
  }
  for (uint64_t index = 0; index < parent.segments; index++) {
    const uint64_t place = allocate(kSegment);
    if (place == 0 || !map_segment(index, place)) {
      mmap(counters_ + index * kSegment, kSegment, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    }
    add_segment(place);
  }
  mine_.counters = parent.counters;
  mine_.records = process_->records = parent.records;
}

void Store::add_segment(uint64_t place) {
  process_->segment[mine_.segments++] = place;
  process_->segments = mine_.segments;
}

bool Store::begin_process() {
  text_ = text_end_ = 0;
  mine_ = {};
  const uint64_t place = allocate(kPage);
  if (place == 0) return false;
  process_ = reinterpret_cast<Process*>(window_ + place);
  process_->pid = static_cast<uint64_t>(getpid());
  uint64_t before = __atomic_load_n(&header_->processes, __ATOMIC_ACQUIRE);
  do process_->next = before;
  while (!__atomic_compare_exchange_n(&header_->processes, &before, place, false, __ATOMIC_RELEASE,
                                      __ATOMIC_ACQUIRE));
  return true;
}

// Several processes take from the one file. 0 when it is full.
uint64_t Store::allocate(uint64_t bytes) {
  const uint64_t place = __atomic_fetch_add(&header_->used, rounded(bytes, kPage), __ATOMIC_ACQ_REL);
  if (place + bytes <= header_->size) return place;
  __atomic_fetch_or(&header_->lacks, kNoRoom, __ATOMIC_RELEASE);
  return 0;
}

// mremap(2): with an old size of zero the pages of a shared mapping get a second address. No descriptor of
// the program has to stay open for that.
bool Store::map_segment(uint64_t index, uint64_t place) {
  void* at = counters_ + index * kSegment;
  return mremap(window_ + place, 0, kSegment, MREMAP_MAYMOVE | MREMAP_FIXED, at) == at;
}

// Counters in a row. Returns where they begin among all counters; nothing that could be (all ones) when there
// is no room.
uint64_t Store::take_counters(uint64_t bytes) {
  const uint64_t begin = mine_.counters;
  const uint64_t end = begin + bytes;
  while (mine_.segments * kSegment < end) {
    const uint64_t index = mine_.segments;
    const uint64_t place = index < kMaxSegments ? allocate(kSegment) : 0;
    if (place == 0 || !map_segment(index, place)) {
      __atomic_fetch_or(&header_->lacks, kNoRoom, __ATOMIC_RELEASE);
      return ~0ul;
    }
    add_segment(place);
  }
  mine_.counters = end;
  return begin;
}

}  // namespace heavyops::count
