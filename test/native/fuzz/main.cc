#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "mutated_kernel.h"
#include "record.h"

// Samples recorded images of memory that are damaged at random:
//
//   fuzz IMAGE…               HEAVYOPS_FUZZ damaged ticks (100,000) in all, from HEAVYOPS_SEED on; with
//                             HEAVYOPS_FUZZ_RUN=IMAGE/NUMBER that one run alone
//   fuzz record PID IMAGE     adds an instant to an image: see scripts/record-images.mjs
//
// Each run has a sampler of its own and a seed of its own, so that a failure comes again in a moment.

#if defined(__SANITIZE_ADDRESS__)
// sanitizer/allocator_interface.h and common_interface_defs.h, which not every distribution's GCC installs.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

namespace heavyops::test {
namespace {

constexpr uint64_t kTicks = 100'000;
constexpr size_t kProcesses = 2;
constexpr uint64_t kTicksOfRun = 200;
constexpr uint64_t kLongRun = 2'000;  // one in 16: what is kept from tick to tick piles up
constexpr uint64_t kWideRun = 20;     // one in 32: memory goes on for ever, and such a tick takes long
constexpr size_t kMaxHeap = size_t{600} << 20;  // two budgets of 256 MiB, and what belongs to them
constexpr uint64_t kMaxCalls = 200'000;
constexpr uint64_t kMaxRanges = 20'000'000;
constexpr unsigned kPatience = 120;    // s for a run, which takes about 0.1 s: something turns in a circle
constexpr int kNothingRan = 3;         // an exit code
constexpr pid_t kNobody = 0x7FFFFFFF;  // no process has this id: /proc has nothing of it
constexpr uint64_t kMillisecond = 1'000'000;

struct Numbers {
  uint64_t ticks = 0, samples = 0, unreadable = 0, undecided = 0, truncated = 0, calls = 0, ranges = 0;
  size_t heap = 0;
};

char present_run[256] = "";

// Says how to have it again; also from within a sanitizer's last moments and a signal handler.
void tell() {
  ssize_t ignored = write(STDERR_FILENO, present_run, strnlen(present_run, sizeof present_run));
  (void)ignored;
}

[[noreturn]] void fail(const std::string& what) {
  std::cerr << what << "\n";
  tell();
  std::_Exit(1);
}

void out_of_patience(int) {
  const char words[] = "the run does not end\n";
  ssize_t ignored = write(STDERR_FILENO, words, sizeof words - 1);
  (void)ignored;
  tell();
  _exit(1);
}

uint64_t number(const char* name, uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given != nullptr && *given != 0 ? std::strtoull(given, nullptr, 0) : otherwise;
}

size_t heap_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return 0;
#endif
}

// Of all threads: the code object at the root. More of a stack may well differ: where a call's callee is
// usually found is learnt, and of a code object its names and the bounds of its instructions are read once.
std::vector<std::string> stacks_of(const Sampler& sampler) {
  std::vector<std::string> stacks;
  for (const ThreadSample& sample : sampler.last()) {
    std::ostringstream stack;
    stack << (sample.status == WalkStatus::kUnreadable ? "unreadable " : "");
    if (!sample.frames->empty()) stack << std::hex << sample.frames->front().code->address;
    stacks.push_back(stack.str());
  }
  std::sort(stacks.begin(), stacks.end());
  return stacks;
}

void check_bounds(const SamplerConfig& config, const Sampler& sampler, const MutatedKernel& kernel,
                  size_t before, Numbers& numbers) {
  size_t heap = heap_bytes();
  heap -= std::min(heap, before);
  numbers.heap = std::max(numbers.heap, heap);
  numbers.calls = std::max(numbers.calls, kernel.calls());
  numbers.ranges = std::max(numbers.ranges, kernel.ranges());
  if (kernel.calls() > kMaxCalls || kernel.ranges() > kMaxRanges)
    fail(std::to_string(kernel.calls()) + " calls for " + std::to_string(kernel.ranges()) +
         " ranges in one tick");
  if (heap > kMaxHeap) fail(std::to_string(heap >> 20) + " MiB are allocated");
  if (sampler.threads().size() > config.max_threads) fail("too many threads are kept");
  if (sampler.codes().all().size() > config.code_limits.count) fail("too many code objects are kept");
  if (sampler.interner().parents().size() > config.max_stacks) fail("too many stacks are kept");
  for (const ThreadSample& sample : sampler.last()) {
    if (sample.thread < 0 || static_cast<size_t>(sample.thread) >= sampler.threads().size())
      fail("a sample is of a thread that there is not");
    if (sample.frames->size() > config.max_depth) fail("a stack is deeper than it may be");
    for (const Frame& frame : *sample.frames) {
      if (frame.unit >= frame.code->units) fail("a frame is behind the end of its code");
    }
  }
}

uint64_t drain(Sampler& sampler, SampleColumns& rows) {
  WaitColumns no_waits;
  Sampler::Pause pause(sampler);
  sampler.swap_rows(rows, no_waits);
  uint64_t count = 0;
  for (size_t row = 0; row < rows.size(); ++row) {
    count += rows.count[row];
    if (rows.stack[row] >= static_cast<int32_t>(sampler.interner().parents().size()))
      fail("a row has a stack that there is not");
  }
  return count;
}

void run(const Image& image, uint64_t seed, uint64_t ticks, bool wide, Numbers& numbers) {
  alarm(kPatience);
  size_t before = heap_bytes();
  MutatedKernel kernel(image, seed, wide);
  SamplerConfig config = image.config(kNobody);
  Sampler sampler(config);
  SampleColumns rows;
  uint64_t drained = 0;
  // The type of code objects is known from here on, as in any run that begins well.
  auto look_at_all = [&](uint64_t nanoseconds) {
    do {
      kernel.begin_intact_tick(nanoseconds);
      sampler.sample_once();
    } while (kernel.instant() != 0);
    return stacks_of(sampler);
  };
  look_at_all(kMillisecond);
  std::vector<std::string> intact = look_at_all(kMillisecond);
  if (intact.empty()) fail("nothing is seen in the image as it was recorded");
  for (uint64_t tick = 0; tick < ticks; ++tick) {
    kernel.begin_damaged_tick();
    sampler.sample_once();
    check_bounds(config, sampler, kernel, before, numbers);
    if (tick % 64 == 0) drained += drain(sampler, rows);
  }
  drained += drain(sampler, rows);
  const Counters& counters = sampler.counters();
  if (drained > counters.samples || drained + counters.lost < counters.samples)
    fail("rows and samples differ");
  numbers.ticks += ticks;
  numbers.samples += counters.samples;
  numbers.unreadable += counters.unreadable;
  numbers.undecided += counters.undecided;
  numbers.truncated += counters.truncated;
  // When everything is as it was, so is what is read, as soon as what was kept has grown old.
  std::vector<std::string> now;
  for (int round = 0; round < 8 && now != intact; ++round) now = look_at_all(1'000 * kMillisecond);
  if (now == intact) return;
  for (const std::string& stack : intact) std::cerr << "  before " << stack << "\n";
  for (const std::string& stack : now) std::cerr << "  after  " << stack << "\n";
  fail("the image is as it was recorded again, but what is seen is not");
}

uint64_t seed_of(uint64_t seed, const std::string& image, uint64_t number) {
  uint64_t mixed = seed + number * 0x9E3779B97F4A7C15;
  for (char c : image) mixed = (mixed ^ static_cast<uint8_t>(c)) * 0x100000001B3;  // FNV-1a
  mixed = (mixed ^ mixed >> 31) * 0xBF58476D1CE4E5B9;
  return mixed ^ mixed >> 29;
}

// Every second image, from the first or the second one on.
int fuzz(const std::vector<std::string>& paths, size_t first) {
  uint64_t seed = number("HEAVYOPS_SEED", 1);
  uint64_t wanted = number("HEAVYOPS_FUZZ", kTicks);
  const char* only = std::getenv("HEAVYOPS_FUZZ_RUN");
  bool ran = false;
  for (size_t i = first; i < paths.size(); i += kProcesses) {
    Image image = read_image(paths[i]);
    Numbers numbers;
    // Each image has its part; the first ones have what is left over.
    uint64_t share = wanted / paths.size() + (i < wanted % paths.size() ? 1 : 0);
    for (uint64_t each = 0; numbers.ticks < share; ++each) {
      std::string name = image.name + "/" + std::to_string(each);
      bool wide = each % 32 == 7;
      uint64_t usual = wide ? kWideRun : each % 16 == 15 ? kLongRun : kTicksOfRun;
      uint64_t ticks = std::min(share - numbers.ticks, usual);
      if (only != nullptr && *only != 0 && name != only) {
        numbers.ticks += ticks;
        continue;
      }
      std::snprintf(present_run, sizeof present_run,
                    "to have it again: HEAVYOPS_SEED=%llu HEAVYOPS_FUZZ=%llu HEAVYOPS_FUZZ_RUN=%s "
                    "node scripts/sanitizers.mjs fuzz\n",
                    static_cast<unsigned long long>(seed), static_cast<unsigned long long>(wanted),
                    name.c_str());
      run(image, seed_of(seed, image.name, each), ticks, wide, numbers);
      ran = true;
    }
    if (numbers.samples == 0) continue;
    if (numbers.unreadable == numbers.samples) fail("nothing could be read of " + image.name);
    std::cerr << image.name << ": " << numbers.ticks << " damaged ticks, " << numbers.samples << " samples, "
              << numbers.unreadable << " unreadable, " << numbers.undecided << " undecided, "
              << numbers.truncated << " truncated; at most " << numbers.calls << " calls for "
              << numbers.ranges << " ranges in a tick, " << (numbers.heap >> 10) << " KiB\n";
  }
  return ran ? 0 : kNothingRan;
}

// Each process has half of the images.
int fuzz_in_processes(const std::vector<std::string>& paths) {
  std::vector<pid_t> children;
  for (size_t first = 0; first < kProcesses; ++first) {
    pid_t child = fork();
    if (child == 0) std::exit(fuzz(paths, first));
    if (child < 0) fail("no process can be started");
    children.push_back(child);
  }
  bool passed = true, ran = false;
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    ran |= code != kNothingRan;
    passed &= code == 0 || code == kNothingRan;
  }
  if (!ran) std::cerr << "there is no such run\n";
  return passed && ran ? 0 : 1;
}

}  // namespace
}  // namespace heavyops::test

int main(int count, char** arguments) {
  using namespace heavyops::test;
  std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 3 && words[0] == "record") return record_instant(std::stoi(words[1]), words[2]);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(tell);
#endif
  signal(SIGALRM, out_of_patience);
  return fuzz_in_processes(words);
}
