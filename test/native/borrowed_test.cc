#include "count/borrowed.h"

#include <cstdlib>
#include <vector>

#include "check.h"
#include "count/shared.h"

namespace heavyops::test {
namespace {

enum Op : uint8_t { kStop, kLoad, kAdd, kCall, kGo, kBack, kLong };

// kAdd has one cache entry.
std::vector<uint16_t> kinds() {
  std::vector<uint16_t> all(256, 0);
  all[kLoad] = count::kPlain;
  all[kAdd] = count::kAlike | 1 << count::kCachesShift;
  all[kGo] = count::kForward;
  all[kBack] = count::kBackward;
  all[kLong] = count::kPrefix;
  return all;
}

std::vector<int> borrowed(const std::vector<uint8_t>& code, const std::vector<uint8_t>& handlers = {}) {
  const auto all = kinds();
  uint8_t* found = count::borrowed_counts(
      all.data(), reinterpret_cast<const char*>(code.data()), static_cast<ptrdiff_t>(code.size()),
      reinterpret_cast<const char*>(handlers.data()), static_cast<ptrdiff_t>(handlers.size()));
  std::vector<int> distances;
  for (size_t unit = 0; unit < code.size() / 2; unit++) distances.push_back(static_cast<int8_t>(found[unit]));
  free(found);
  return distances;
}

TEST("borrowed counts: loads before a call have its count") {
  CHECK_EQUAL(borrowed({kLoad, 0, kLoad, 0, kCall, 0, kStop, 0}), (std::vector<int>{2, 1, 0, 0}));
}

TEST("borrowed counts: an operator behind loads has the count of the first of them, its caches none") {
  CHECK_EQUAL(borrowed({kLoad, 0, kLoad, 0, kAdd, 0, 0, 0, kStop, 0}), (std::vector<int>{0, -1, -2, 0, 0}));
}

TEST("borrowed counts: what something else leads to has a count of its own") {
  // The first jumps over a load to the second load; the last back to the call.
  CHECK_EQUAL(borrowed({kGo, 1, kLoad, 0, kLoad, 0, kCall, 0, kStop, 0}), (std::vector<int>{0, 0, 1, 0, 0}));
  CHECK_EQUAL(borrowed({kLoad, 0, kLoad, 0, kCall, 0, kBack, 2}), (std::vector<int>{1, 0, 0, 0}));
}

TEST("borrowed counts: the argument of a jump may have a prefix, which leads nowhere itself") {
  std::vector<uint8_t> code = {kLong, 1, kGo, 0};  // 256 units ahead of unit 2
  for (int i = 0; i < 256; i++) code.insert(code.end(), {kStop, 0});
  code.insert(code.end(), {kLoad, 0, kLoad, 0, kCall, 0});
  code[2 * 257] = kLoad;  // right before the target
  const auto found = borrowed(code);
  CHECK_EQUAL(found[257], 0);
  CHECK_EQUAL(found[258], 2);
}

TEST("borrowed counts: a handler has a count of its own") {
  // From unit 0 on, one unit long, its handler at unit 1; and one whose target needs two bytes.
  CHECK_EQUAL(borrowed({kLoad, 0, kLoad, 0, kCall, 0}, {128, 1, 1, 0}), (std::vector<int>{0, 1, 0}));
  CHECK_EQUAL(borrowed({kLoad, 0, kLoad, 0, kCall, 0}, {128, 1, 64, 2, 0}), (std::vector<int>{1, 0, 0}));
}

TEST("borrowed counts: a long row is parted, and a table that is cut short is read to its end") {
  std::vector<uint8_t> code;
  for (int i = 0; i < 300; i++) code.insert(code.end(), {kLoad, 0});
  code.insert(code.end(), {kCall, 0});
  const auto found = borrowed(code, {128, 64});
  for (size_t unit = 0; unit < found.size(); unit++) {
    const size_t counted = unit + static_cast<size_t>(found[unit]);
    CHECK(counted < found.size());
    if (counted < found.size()) CHECK_EQUAL(found[counted], 0);
  }
}

}  // namespace
}  // namespace heavyops::test
