#include "bpf/ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "check.h"

namespace heavyops::bpf {
namespace {

constexpr size_t kLeast = offsetof(record, frames);

size_t size_of(uint32_t frames) { return kLeast + frames * sizeof(frame); }

// What the kernel keeps of a ring buffer, in a file of memory: the same pages, with the data in it twice,
// where the kernel maps the same data twice (bpf_ringbuf_area_alloc in kernel/bpf/ringbuf.c).
class Kernel {
 public:
  explicit Kernel(size_t bytes) : bytes_(bytes), page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    file = Fd(memfd_create(kName, MFD_CLOEXEC));
    CHECK_EQUAL(ftruncate(file.number(), static_cast<off_t>(size())), 0);
    at_ = static_cast<uint8_t*>(mmap(nullptr, size(), PROT_READ | PROT_WRITE, MAP_SHARED, file.number(), 0));
  }
  ~Kernel() { munmap(at_, size()); }
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  uint64_t consumed() const { return *reinterpret_cast<uint64_t*>(at_); }
  uint64_t produced() const { return *reinterpret_cast<uint64_t*>(at_ + page_); }
  void set_produced(uint64_t position) { *reinterpret_cast<uint64_t*>(at_ + page_) = position; }

  // Puts a record of `frames` frames at the producer's end. `length` is what the header says, with its bits.
  void put(uint32_t number, uint32_t frames, uint32_t length) {
    std::vector<uint8_t> bytes(8 + size_of(frames));
    std::memcpy(bytes.data(), &length, sizeof length);
    auto* one = reinterpret_cast<record*>(bytes.data() + 8);
    one->thread = number;
    one->count = frames;
    for (uint32_t i = 0; i < frames; ++i) one->frames[i] = {number, i};
    write(produced(), bytes);
    set_produced(produced() + (bytes.size() + 7) / 8 * 8);
  }
  void put(uint32_t number, uint32_t frames) { put(number, frames, static_cast<uint32_t>(size_of(frames))); }

  void set_header(uint64_t position, uint32_t length) {
    std::vector<uint8_t> bytes(sizeof length);
    std::memcpy(bytes.data(), &length, sizeof length);
    write(position, bytes);
  }
  void set_count(uint64_t position, uint32_t count) {
    std::vector<uint8_t> bytes(sizeof count);
    std::memcpy(bytes.data(), &count, sizeof count);
    write(position + 8 + offsetof(record, count), bytes);
  }

  // Of the test's name in /proc/self/maps.
  static constexpr char kName[] = "ring-of-a-test";
  Fd file;

 private:
  size_t size() const { return 2 * page_ + 2 * bytes_; }
  void write(uint64_t position, const std::vector<uint8_t>& bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      uint8_t* data = at_ + 2 * page_ + ((position + i) & (bytes_ - 1));
      data[0] = data[bytes_] = bytes[i];
    }
  }

  size_t bytes_, page_;
  uint8_t* at_;
};

// How much of the ring's mapping there is from an address on, 0 outside of it. What lies behind it may be
// mapped, too. Of a copy the address sanitizer knows how long it is.
size_t mapped_from(const void* from) {
  std::ifstream maps("/proc/self/maps");
  auto begin = reinterpret_cast<uintptr_t>(from);
  for (std::string line; std::getline(maps, line);) {
    unsigned long low = 0, high = 0;
    if (line.find(Kernel::kName) == std::string::npos) continue;
    if (std::sscanf(line.c_str(), "%lx-%lx", &low, &high) != 2) continue;
    if (low <= begin && begin < high) return high - begin;
  }
  return 0;
}

size_t copies = 0;

// The numbers of the records that were handed on. Each is read to its end.
std::vector<uint32_t> drained(Ring& ring) {
  std::vector<uint32_t> numbers;
  ring.drain([&](const record& one) {
    numbers.push_back(one.thread);
    size_t mapped = mapped_from(&one);
    copies += mapped == 0;
    CHECK(mapped == 0 || size_of(one.count) <= mapped);
    for (uint32_t i = 0; i < one.count; ++i) {
      CHECK_EQUAL(one.frames[i].code, one.thread);
      CHECK_EQUAL(one.frames[i].instruction, i);
    }
  });
  return numbers;
}

using Numbers = std::vector<uint32_t>;

TEST("Ring: records come as they were put, oldest first, and each once") {
  Kernel kernel(8192);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, 8192), 0);
  CHECK_EQUAL(drained(ring), Numbers());
  for (uint32_t i = 0; i < 5; ++i) kernel.put(i, i);
  CHECK_EQUAL(drained(ring), (Numbers{0, 1, 2, 3, 4}));
  CHECK_EQUAL(kernel.consumed(), kernel.produced());
  CHECK_EQUAL(drained(ring), Numbers());
}

TEST("Ring: a record that goes over the end is whole, and only such a one is copied") {
  Kernel kernel(8192);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, 8192), 0);
  copies = 0;
  for (uint32_t i = 0; i < 200;
       ++i) {  // of a length that divides no power of two, so the end comes everywhere
    kernel.put(i, 100 + i % 7);
    CHECK_EQUAL(drained(ring), Numbers{i});
  }
  uint64_t rounds = kernel.produced() / 8192;
  CHECK(rounds > 20);
  CHECK(copies > rounds / 2 && copies <= rounds);
}

TEST("Ring: the program's largest record goes through a ring that just holds it") {
  constexpr size_t kBytes = 32768;
  Kernel kernel(kBytes);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, kBytes), 0);
  for (uint32_t i = 0; i < 9; ++i) {
    kernel.put(i, kMostFrames);
    CHECK_EQUAL(drained(ring), Numbers{i});
  }
}

TEST("Ring: nothing is taken from behind a record that is being written, until it is there") {
  Kernel kernel(8192);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, 8192), 0);
  kernel.put(1, 3);
  uint64_t busy = kernel.produced();
  kernel.put(2, 3, static_cast<uint32_t>(size_of(3)) | BPF_RINGBUF_BUSY_BIT);
  kernel.put(3, 3);
  CHECK_EQUAL(drained(ring), Numbers{1});
  CHECK_EQUAL(kernel.consumed(), busy);
  CHECK_EQUAL(drained(ring), Numbers());
  kernel.set_header(busy, static_cast<uint32_t>(size_of(3)));
  CHECK_EQUAL(drained(ring), (Numbers{2, 3}));
}

TEST("Ring: a record that was thrown away is left out") {
  Kernel kernel(8192);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, 8192), 0);
  kernel.put(1, 3);
  kernel.put(2, 5, static_cast<uint32_t>(size_of(5)) | BPF_RINGBUF_DISCARD_BIT);
  kernel.put(3, 3);
  CHECK_EQUAL(drained(ring), (Numbers{1, 3}));
  CHECK_EQUAL(kernel.consumed(), kernel.produced());
}

TEST("Ring: a record whose count of frames is not true is left out, and the next one is found") {
  Kernel kernel(8192);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, 8192), 0);
  for (uint32_t count : {uint32_t{4}, uint32_t{kMostFrames}, uint32_t{kMostFrames + 1}, ~uint32_t{0}}) {
    uint64_t lying = kernel.produced();
    kernel.put(1, 3);
    kernel.set_count(lying, count);
    kernel.put(2, 3);
    CHECK_EQUAL(drained(ring), Numbers{2});
  }
}

TEST("Ring: a record too short to be one is left out, and the next one is found") {
  Kernel kernel(8192);
  Ring ring;
  CHECK_EQUAL(ring.open(kernel.file, 8192), 0);
  for (uint32_t length : {0u, 1u, 8u, static_cast<uint32_t>(kLeast - 1)}) {
    uint64_t begin = kernel.produced();
    kernel.set_header(begin, length);
    kernel.set_produced(begin + (length + 8 + 7) / 8 * 8);
    kernel.put(2, 3);
    CHECK_EQUAL(drained(ring), Numbers{2});
  }
}

TEST("Ring: a length that goes beyond what there is ends the reading, and nothing is read from outside") {
  // Smaller than the program's largest record, so that a length which is believed leads out of the mapping.
  constexpr size_t kBytes = 4096;
  constexpr uint32_t kLongest = BPF_RINGBUF_DISCARD_BIT - 1;
  for (uint32_t length :
       {static_cast<uint32_t>(size_of(kMostFrames)), 2 * static_cast<uint32_t>(kBytes), kLongest}) {
    Kernel kernel(kBytes);
    Ring ring;
    CHECK_EQUAL(ring.open(kernel.file, kBytes), 0);
    kernel.put(1, 3);
    uint64_t lying = kernel.produced();
    kernel.put(2, 100, length);
    kernel.set_count(lying, kMostFrames);
    kernel.put(3, 3);
    CHECK_EQUAL(drained(ring), Numbers{1});
    // What was put later is found again.
    CHECK_EQUAL(kernel.consumed(), kernel.produced());
    kernel.put(4, 3);
    CHECK_EQUAL(drained(ring), Numbers{4});
  }
}

TEST("Ring: what is no ring buffer is refused with the kernel's errno") {
  Ring ring;
  CHECK_EQUAL(ring.open(Fd(), 4096), EBADF);
}

}  // namespace
}  // namespace heavyops::bpf
