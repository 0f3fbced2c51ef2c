#include "memory.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <climits>

#include "check.h"

namespace heavyops {
namespace {

constexpr size_t kPage = 4096;

// Three pages, of which the middle one is not mapped.
class Pages {
 public:
  Pages() {
    void* at = mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bytes = static_cast<uint8_t*>(at);
    std::memset(bytes, 7, 3 * kPage);
    munmap(bytes + kPage, kPage);
  }
  ~Pages() {
    munmap(bytes, kPage);
    munmap(bytes + 2 * kPage, kPage);
  }
  Address at(size_t offset) const { return reinterpret_cast<Address>(bytes) + offset; }
  uint8_t* bytes;
};

TEST("Memory: a range brings what is mapped of it, and says how much") {
  Pages pages;
  Memory memory(getpid());
  uint8_t to[3 * kPage];
  CHECK_EQUAL(memory.read_some(pages.at(0), to, 100), 100);
  CHECK_EQUAL(memory.read_some(pages.at(kPage - 10), to, 100), 10);
  CHECK_EQUAL(memory.read_some(pages.at(kPage), to, 100), -EFAULT);
  CHECK_EQUAL(memory.read_some(0, to, 1), -EFAULT);
  CHECK_EQUAL(memory.read_some(~Address{0}, to, 1), -EFAULT);
  CHECK(!memory.read(pages.at(kPage - 10), to, 100));
  CHECK_EQUAL(memory.read_pointer(pages.at(0)), 0x0707070707070707u);
  CHECK_EQUAL(memory.read_pointer(pages.at(kPage)), 0u);
}

TEST("BulkRead: ranges that cannot be read do not keep the others from being read") {
  Pages pages;
  Memory memory(getpid());
  uint8_t to[5][2 * kPage] = {};
  BulkRead bulk;
  bulk.add(pages.at(kPage), to[0], 8);                  // not mapped, at the start
  bulk.add(pages.at(0), to[1], 8);                      // whole
  bulk.add(pages.at(kPage - 16), to[2], 2 * kPage);     // its middle is not mapped
  bulk.add(pages.at(2 * kPage), to[3], kPage);          // whole
  bulk.add(pages.at(3 * kPage - 8), to[4], 2 * kPage);  // partly, at the end (whatever lies behind)
  bulk.run(memory);
  CHECK_EQUAL(bulk.length(0), 0u);
  CHECK_EQUAL(bulk.length(1), 8u);
  CHECK_EQUAL(bulk.length(2), 16u);
  CHECK_EQUAL(bulk.length(3), kPage);
  CHECK(bulk.length(4) >= 8);
  CHECK_EQUAL(to[1][7], 7);
  CHECK_EQUAL(to[2][15], 7);
  CHECK_EQUAL(to[3][kPage - 1], 7);
}

TEST("BulkRead: nothing to read and ranges of no length are no errors") {
  Pages pages;
  Memory memory(getpid());
  BulkRead bulk;
  bulk.run(memory);
  CHECK_EQUAL(memory.calls(), 0u);
  uint8_t to[8];
  bulk.add(pages.at(0), to, 0);
  bulk.add(pages.at(0), to, 8);
  bulk.add(pages.at(kPage), to, 0);
  bulk.run(memory);
  CHECK_EQUAL(bulk.length(0), 0u);
  CHECK_EQUAL(bulk.length(1), 8u);
  CHECK_EQUAL(bulk.length(2), 0u);
}

TEST("BulkRead: more ranges than one call takes, with holes") {
  Pages pages;
  Memory memory(getpid());
  constexpr size_t kRanges = 3 * IOV_MAX + 17;
  std::vector<uint64_t> to(kRanges);
  BulkRead bulk;
  for (size_t i = 0; i < kRanges; ++i) bulk.add(pages.at(i % 100 == 99 ? kPage : 8 * (i % 512)), &to[i], 8);
  bulk.run(memory);
  size_t wrong = 0;
  for (size_t i = 0; i < kRanges; ++i) {
    bool hole = i % 100 == 99;
    if (bulk.length(i) != (hole ? 0u : 8u) || to[i] != (hole ? 0 : 0x0707070707070707u)) ++wrong;
  }
  CHECK_EQUAL(wrong, 0u);
  bulk.clear();
  for (size_t i = 0; i < 2000; ++i) bulk.add(pages.at(kPage), &to[i], 8);
  bulk.run(memory);
  for (size_t i = 0; i < 2000; ++i) wrong += bulk.length(i);
  CHECK_EQUAL(wrong, 0u);
}

TEST("BulkRead: a process that has ended reads as nothing, with ESRCH, in one call") {
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  Memory memory(child);
  Pages pages;
  uint64_t to[3] = {};
  BulkRead bulk;
  for (uint64_t& one : to) bulk.add(pages.at(0), &one, 8);
  bulk.run(memory);
  CHECK_EQUAL(memory.last_error(), ESRCH);
  CHECK_EQUAL(memory.calls(), 1u);
  for (size_t i = 0; i < 3; ++i) CHECK_EQUAL(bulk.length(i), 0u);
  CHECK_EQUAL(memory.read_some(pages.at(0), to, 8), -ESRCH);
}

}  // namespace
}  // namespace heavyops
