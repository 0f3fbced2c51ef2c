#pragma once
#include <cstdint>
#include <vector>

namespace heavyops {

// Bits of SampleColumns::flags; SampleFlag in src/profile/profile.ts.
namespace sample_flag {
constexpr uint8_t kActive = 1;
constexpr uint8_t kGil = 2;
constexpr uint8_t kJit = 4;
constexpr uint8_t kTruncated = 8;
constexpr uint8_t kWaitShift = 4;  // above it what the thread waits for: WaitKind in readers/wait_kind.h
}  // namespace sample_flag

// One row: `count` samples in a row of a thread that showed the same.
struct SampleRow {
  int32_t thread;
  int32_t stack;   // -1 when unreadable
  int16_t opcode;  // the leaf's live opcode, -1 when unknown
  uint8_t flags;
  uint32_t count;
  double time;    // ns since the start, of the first
  double weight;  // ns

  bool same(const SampleRow& other) const {
    return thread == other.thread && stack == other.stack && opcode == other.opcode && flags == other.flags;
  }
};

struct SampleColumns {
  std::vector<int32_t> thread, stack;
  std::vector<int16_t> opcode;
  std::vector<uint8_t> flags;
  std::vector<double> time, weight;
  std::vector<uint32_t> count;

  size_t size() const { return thread.size(); }

  void push(const SampleRow& row) {
    thread.push_back(row.thread);
    stack.push_back(row.stack);
    opcode.push_back(row.opcode);
    flags.push_back(row.flags);
    time.push_back(row.time);
    weight.push_back(row.weight);
    count.push_back(row.count);
  }

  void clear() {
    thread.clear();
    stack.clear();
    opcode.clear();
    flags.clear();
    time.clear();
    weight.clear();
    count.clear();
  }
};

// Waits that have ended, each by itself.
struct WaitColumns {
  std::vector<int32_t> stack;
  std::vector<uint8_t> flags;  // as those of its samples
  std::vector<double> length;  // ns

  size_t size() const { return stack.size(); }

  void push(int32_t of, uint8_t with, double lasted) {
    stack.push_back(of);
    flags.push_back(with);
    length.push_back(lasted);
  }

  void clear() {
    stack.clear();
    flags.clear();
    length.clear();
  }
};

struct Counters {
  uint64_t ticks = 0, samples = 0, late = 0, missed = 0, unreadable = 0, repaired = 0, undecided = 0,
           truncated = 0, lost = 0;
};

}  // namespace heavyops
