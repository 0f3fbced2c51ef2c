#include <cmath>
#include <limits>
#include <set>

#include "address_map.h"
#include "batch.h"
#include "check.h"
#include "interner.h"
#include "timer.h"

namespace heavyops {
namespace {

TEST("AddressMap: finds what was put, over growth, and nothing else") {
  AddressMap map;
  CHECK_EQUAL(map.find(4096), AddressMap::kAbsent);
  constexpr int32_t kMany = 20'000;
  auto address = [](int32_t i) { return 0x7f0000000000u + 16 * static_cast<Address>(i); };
  for (int32_t i = 0; i < kMany; ++i) map.put(address(i), i);
  int32_t wrong = 0;
  for (int32_t i = 0; i < kMany; ++i) wrong += map.find(address(i)) != i;
  for (int32_t i = 0; i < kMany; ++i) wrong += map.find(address(i) + 8) != AddressMap::kAbsent;
  CHECK_EQUAL(wrong, 0);
  CHECK_EQUAL(map.find(0), AddressMap::kAbsent);
  map.put(address(5), 77);
  CHECK_EQUAL(map.find(address(5)), 77);
  map.clear();
  CHECK_EQUAL(map.find(address(5)), AddressMap::kAbsent);
}

TEST("Interner: equal stacks have one id, which stays when the table grows") {
  Interner interner(100'000);
  constexpr int32_t kMany = 30'000;
  for (int32_t i = 0; i < kMany; ++i) CHECK_EQUAL(interner.stack(i - 1, i % 7), i);
  int32_t wrong = 0;
  for (int32_t i = 0; i < kMany; ++i) wrong += interner.stack(i - 1, i % 7) != i;
  CHECK_EQUAL(wrong, 0);
  CHECK_EQUAL(interner.parents()[5], 4);
  CHECK_EQUAL(interner.frames()[5], 5);
}

TEST("Interner: keeps no more stacks than it may, and still knows those it has") {
  Interner interner(3);
  CHECK_EQUAL(interner.stack(-1, 0), 0);
  CHECK_EQUAL(interner.stack(0, 1), 1);
  CHECK_EQUAL(interner.stack(1, 2), 2);
  for (int i = 0; i < 5000; ++i) CHECK_EQUAL(interner.stack(2, 3 + i), Interner::kNone);
  CHECK_EQUAL(interner.stack(0, 1), 1);
  CHECK_EQUAL(interner.parents().size(), 3u);
}

TEST("Interner: a frame is a code object and an instruction") {
  Interner interner(10);
  Code first, second;
  first.id = 4;
  second.id = 9;
  first.frame_ids.assign(10, -1);
  second.frame_ids.assign(10, -1);
  CHECK_EQUAL(interner.frame(first, 3), 0);
  CHECK_EQUAL(interner.frame(second, 3), 1);
  CHECK_EQUAL(interner.frame(first, 4), 2);
  CHECK_EQUAL(interner.frame(first, 3), 0);
  CHECK_EQUAL(interner.frame_codes(), (std::vector<int32_t>{4, 9, 4}));
  CHECK_EQUAL(interner.frame_offsets(), (std::vector<int32_t>{6, 6, 8}));
}

TEST("Timer: deadlines rise by the period, moved by no more than the jitter") {
  constexpr uint64_t kStart = 5'000'000'000, kPeriod = 1'000'000;
  Timer timer(1000, 0.5, kStart);
  CHECK_EQUAL(timer.period(), kPeriod);
  std::set<uint64_t> moves;
  uint64_t before = kStart;
  for (uint64_t i = 1; i <= 10'000; ++i) {
    uint64_t deadline = timer.deadline();
    int64_t moved = static_cast<int64_t>(deadline - (kStart + i * kPeriod));
    CHECK(moved >= -250'000 && moved <= 250'000);
    CHECK(deadline > before);
    moves.insert(deadline - i * kPeriod);
    before = deadline;
    CHECK_EQUAL(timer.advance(deadline), 0u);
  }
  CHECK(moves.size() > 9'000);
  Timer steady(1000, 0, kStart);
  CHECK_EQUAL(steady.deadline(), kStart + kPeriod);
}

TEST("Timer: deadlines that passed are counted and left out") {
  Timer timer(1000, 0, 0);
  CHECK_EQUAL(timer.deadline(), 1'000'000u);
  CHECK_EQUAL(timer.advance(1'900'000), 0u);
  CHECK_EQUAL(timer.deadline(), 2'000'000u);
  CHECK_EQUAL(timer.advance(7'300'000), 5u);
  CHECK_EQUAL(timer.deadline(), 8'000'000u);
  CHECK_EQUAL(timer.advance(8'000'000), 0u);
  CHECK_EQUAL(timer.deadline(), 9'000'000u);
}

TEST("Timer: at rates that cannot be slept for the last deadline that passed is met late") {
  Timer timer(100'000, 0, 0);
  CHECK_EQUAL(timer.deadline(), 10'000u);
  CHECK_EQUAL(timer.advance(12'000), 0u);
  CHECK_EQUAL(timer.deadline(), 20'000u);
  CHECK_EQUAL(timer.advance(55'000), 2u);
  CHECK_EQUAL(timer.deadline(), 50'000u);
  CHECK_EQUAL(timer.advance(56'000), 0u);
  CHECK_EQUAL(timer.deadline(), 60'000u);
}

TEST("Timer: rates without sense make a timer all the same") {
  for (double rate : {0.0, -1.0, 1e-300, 1e300, std::nan(""), std::numeric_limits<double>::infinity()}) {
    Timer timer(rate, 0.1, 1'000'000'000);
    CHECK(timer.period() >= 1);
    timer.advance(timer.deadline());
    CHECK(timer.deadline() >= 1'000'000'000);
  }
}

TEST("SampleColumns: rows go into all columns, and clearing empties them") {
  SampleColumns columns;
  columns.push({1, 2, 3, 4, 5, 6.5, 7.5});
  columns.push({1, 2, 3, 4, 1, 8, 9});
  CHECK_EQUAL(columns.size(), 2u);
  CHECK_EQUAL(columns.stack, (std::vector<int32_t>{2, 2}));
  CHECK_EQUAL(columns.time, (std::vector<double>{6.5, 8}));
  CHECK_EQUAL(columns.count, (std::vector<uint32_t>{5, 1}));
  columns.clear();
  CHECK_EQUAL(columns.size() + columns.weight.size() + columns.opcode.size() + columns.flags.size(), 0u);
}

TEST("SampleRow: only rows of one thread that showed the same are merged") {
  SampleRow row{1, 2, 3, 4, 1, 10, 1};
  SampleRow later{1, 2, 3, 4, 1, 20, 3};
  CHECK(row.same(later));
  for (SampleRow other : {SampleRow{9, 2, 3, 4, 1, 10, 1}, SampleRow{1, 9, 3, 4, 1, 10, 1},
                          SampleRow{1, 2, 9, 4, 1, 10, 1}, SampleRow{1, 2, 3, 9, 1, 10, 1}}) {
    CHECK(!row.same(other));
  }
}

}  // namespace
}  // namespace heavyops
