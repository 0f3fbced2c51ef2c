#include "count/runs.h"

#include <cstdlib>
#include <vector>

#include "check.h"
#include "count/shared.h"

namespace heavyops::test {
namespace {

enum Op : uint8_t { kResume, kLoad, kAdd, kCall, kIf, kGo, kBack, kReturn, kRaise, kLong, kNext };

// kAdd and kCall have one cache entry.
std::vector<uint16_t> kinds() {
  std::vector<uint16_t> all(256, 0);
  all[kResume] = count::kResumes;
  all[kLoad] = count::kPushes;
  all[kAdd] = 1 << count::kCachesShift;
  all[kCall] = count::kCalls | 1 << count::kCachesShift;
  all[kIf] = count::kForward;
  all[kGo] = count::kForward | count::kStops;
  all[kBack] = count::kBackward | count::kStops;
  all[kReturn] = count::kStops | count::kReturns;
  all[kRaise] = count::kStops | count::kBlind;
  all[kLong] = count::kPrefix;
  all[kNext] = count::kForward | count::kWaits;
  return all;
}

struct Unit {
  Op op;
  uint8_t argument = 0;
  int line = 1;
  int top = 0;          // how full the frame is before it
  bool calls_c = true;  // as far as was seen
};

struct Found {
  std::vector<uint32_t> numbers;

  bool is_any() const { return !numbers.empty(); }
  uint32_t role(size_t unit) const { return numbers[3 * unit] & 0xff; }
  bool is_run(size_t unit) const { return (role(unit) & count::kRun) != 0; }
  bool is_quiet(size_t unit) const { return (role(unit) & count::kQuiet) != 0; }
  uint32_t mark() const { return numbers[0] >> count::kMarkShift; }
  // Where it leads, and one more; 0 for nowhere.
  uint32_t next(size_t unit) const { return numbers[3 * unit + 1] >> 1; }
  uint32_t jump(size_t unit) const { return numbers[3 * unit + 2] >> 1; }
  bool is_next_told(size_t unit) const { return (numbers[3 * unit + 1] & 1) != 0; }
  bool is_jump_told(size_t unit) const { return (numbers[3 * unit + 2] & 1) != 0; }
};

Found find(const std::vector<Unit>& units) {
  const auto all = kinds();
  std::vector<uint8_t> bytecode;
  std::vector<int16_t> lines;
  std::vector<count::Seen> seen;
  for (const Unit& unit : units) {
    const int caches = all[unit.op] >> count::kCachesShift & count::kMostCaches;
    for (int cache = -1; cache < caches; cache++) {
      bytecode.push_back(cache < 0 ? unit.op : 0);
      bytecode.push_back(cache < 0 ? unit.argument : 0);
      lines.push_back(static_cast<int16_t>(unit.line));
      seen.push_back({cache == caches - 1 && !unit.calls_c ? 7u : 0, unit.top + 1});
    }
  }
  const auto count = static_cast<uint32_t>(lines.size());
  const std::vector<uint64_t> counts(count, 7);
  uint32_t* numbers =
      count::find_runs({all.data(), bytecode.data(), count, reinterpret_cast<const char*>(lines.data()), 2, 0,
                        seen.data(), counts.data(), count});
  Found found;
  if (numbers != nullptr) found.numbers.assign(numbers, numbers + 3 * count);
  free(numbers);
  return found;
}

TEST("runs: what only goes forward is quiet from its beginning on") {
  const auto found = find({{kResume}, {kLoad, 0, 2}, {kLoad, 0, 3}, {kReturn, 0, 3}});
  for (size_t unit = 0; unit < 4; unit++) CHECK(found.is_quiet(unit));
  CHECK(!found.is_next_told(1));
  CHECK_EQUAL(found.next(1), 3u);
  CHECK_EQUAL(found.next(3), 0u);
}

TEST("runs: of a loop lines are told") {
  // 0 resume, 1 next (to 4), 2 load, 3 back (to 1), 4 return
  const auto found = find({{kResume}, {kNext, 2, 2}, {kLoad, 0, 3}, {kBack, 3, 3}, {kReturn, 0, 4}});
  for (size_t unit = 0; unit < 4; unit++) CHECK(found.is_run(unit) && !found.is_quiet(unit));
  CHECK(found.is_quiet(4));
  CHECK(found.is_next_told(1) && found.is_jump_told(1) && found.is_jump_told(3));
  CHECK_EQUAL(found.jump(3), 2u);
}

TEST("runs: two ways that meet on their line are told one by one until they have parted") {
  // 0 resume, 1 load, 2 if (to 5), 3 load, 4 go (to 6), 5 load, 6 load, 7 return
  const auto found = find({{kResume}, {kLoad}, {kIf, 2}, {kLoad}, {kGo, 1}, {kLoad}, {kLoad}, {kReturn}});
  CHECK(!found.is_run(1) && !found.is_run(2));
  for (size_t unit = 3; unit < 8; unit++) CHECK(found.is_quiet(unit));
  CHECK_EQUAL(found.mark(), 0u);
}

TEST("runs: where they meet to return, the fuller one is told apart by a mark") {
  // 0 resume, 1 load, 2 if (to 5), 3 load, 4 go (to 7), 5 load, 6 load, 7 return
  const auto found = find({{kResume},
                           {kLoad, 0, 1, 1},
                           {kIf, 2, 1, 2},
                           {kLoad, 0, 1, 1},
                           {kGo, 2, 1, 2},
                           {kLoad, 0, 1, 1},
                           {kLoad, 0, 1, 2},
                           {kReturn, 0, 1, 2}});
  for (size_t unit = 0; unit < 8; unit++) CHECK(found.is_quiet(unit));
  CHECK_EQUAL(found.mark(), 3u);  // the third place, which only unit 6 takes
  CHECK(found.is_next_told(6) && !found.is_jump_told(4));
  CHECK((found.role(7) & count::kMerge) != 0);
}

TEST("runs: of two calls of C in a row only what follows the first is in a run") {
  // 0 resume, 1 load, 2 call + 3, 4 call + 5, 6 return
  const auto found = find({{kResume}, {kLoad}, {kCall}, {kCall}, {kReturn}});
  CHECK(!found.is_run(1) && !found.is_run(2));
  CHECK(found.is_run(4) && found.is_run(6));
  CHECK((found.role(4) & count::kUnfinished) != 0);
  const auto python = find({{kResume}, {kLoad}, {kCall, 0, 1, 0, false}, {kCall}, {kReturn}});
  CHECK(python.is_run(1) && python.is_run(2));
}

TEST("runs: what goes where nobody is told of is in none") {
  // 0 resume, 1 if (to 3), 2 raise, 3 return
  const auto one_line = find({{kResume}, {kIf, 1}, {kRaise}, {kReturn}});
  CHECK(!one_line.is_run(1) && !one_line.is_run(2) && one_line.is_run(3));
  const auto lines = find({{kResume}, {kIf, 1, 2}, {kRaise, 0, 3}, {kReturn, 0, 4}});
  CHECK(lines.is_run(1) && !lines.is_run(2) && lines.is_run(3));
  CHECK(!find({{kRaise}}).is_any());
}

TEST("runs: no tracer is told of what has a prefix, nor of RESUME") {
  const auto found = find({{kResume}, {kLoad}, {kLong}, {kLoad, 0, 2}, {kReturn, 0, 2}});
  CHECK((found.role(0) & count::kHidden) != 0);
  CHECK((found.role(3) & count::kHidden) != 0);
  CHECK((found.role(1) & count::kHidden) == 0);
}

TEST("runs: bytecode that makes no sense leads nowhere") {
  // Under the address sanitizer.
  find({{kIf, 200}, {kBack, 200}, {kCall}});
  const auto found = find({{kResume}, {kIf, 200}, {kReturn}});
  CHECK_EQUAL(found.jump(1), 0u);
}

}  // namespace
}  // namespace heavyops::test
