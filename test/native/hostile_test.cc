#include <sys/resource.h>

#include <cstring>

#include "check.h"
#include "fake_python.h"
#include "random.h"

#if defined(__SANITIZE_ADDRESS__)
// sanitizer/allocator_interface.h, which not every distribution's GCC installs.
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace heavyops::test {
namespace {

constexpr uint64_t kMutations = 20'000;  // for each style of interpreter
constexpr size_t kMaxHeap = size_t{200} << 20;

// Bytes that the process has allocated; the sanitizer's shadow and quarantine do not count.
size_t heap_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
#endif
}

void build(FakePython& python) {
  Address interpreter = python.add_interpreter();
  FakeThread first = python.add_thread_running(interpreter, 1, {"main", "a", "b", "c"});
  FakeThread second = python.add_thread_running(interpreter, 2, {"worker", "x"});
  if (python.layout().has_data_stack()) {
    python.push_generator(first, python.code("generator"));
    python.push_through_c(second, python.code("callback"));
    python.push(second, python.code("y"));
  }
  Address tool = python.code({"traced",
                              {kInstrumentedLine, 0, kInstrumentedInstruction, 0, kExtendedArg, 1,
                               kEnterExecutor, 0, kCache, 0, kReturn, 0}});
  if (python.layout().code_monitoring >= 0) {
    const Layout& layout = python.layout();
    Address monitoring = python.allocate(64), tables = python.allocate(64);
    python.set(tool, layout.code_monitoring, monitoring);
    python.set(monitoring, layout.monitoring_lines, tables);
    python.set(monitoring, layout.monitoring_instructions, tables + 32);
    python.set(tool, layout.code_executors, tables);
  }
  python.push(first, tool);
  python.hold_gil(first);
  python.add_thread_running(python.add_interpreter(), 3, {"sub"});
}

// Puts something that does not belong there into a random place of the fake's structures.
void mutate(FakePython& python, const std::vector<size_t>& words, Random& random) {
  uint8_t* at = python.arena() + 8 * words[random.below(words.size())];
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  Address somewhere = reinterpret_cast<Address>(python.arena()) + random.below(python.used());
  switch (random.below(10)) {
    case 0:
      value ^= uint64_t{1} << random.below(64);
      break;
    case 1:
      value = random();
      break;
    case 2:
      value = 0;
      break;
    case 3:
      value = ~uint64_t{0};
      break;
    case 4:
      value = uint64_t{1} << random.below(64);
      break;
    case 5:
      value += random.below(64) - 32;
      break;
    case 6:
      value = somewhere;
      break;
    case 7:
      value = somewhere & ~Address{7};
      break;
    case 8:
      std::memcpy(&value, python.arena() + 8 * words[random.below(words.size())], 8);
      break;
    default:
      at[random.below(8)] = static_cast<uint8_t>(random());
      return;
  }
  std::memcpy(at, &value, sizeof value);
}

// The words of the arena that hold anything: those that the fake has written.
std::vector<size_t> words_in_use(FakePython& python) {
  std::vector<size_t> words;
  for (size_t word = 0; word < python.used() / 8; ++word) {
    uint64_t value;
    std::memcpy(&value, python.arena() + 8 * word, sizeof value);
    if (value != 0) words.push_back(word);
  }
  return words;
}

void torment(Style style, Random& random) {
  FakePython python(style);
  build(python);
  std::vector<uint8_t> intact(python.arena(), python.arena() + python.used());
  std::vector<size_t> words = words_in_use(python);
  SamplerConfig config = python.config();
  config.max_stacks = 20'000;
  config.max_rows = 1'000;
  config.max_threads = 1'000;
  config.code_limits = {2'000, size_t{64} << 20};
  size_t before = heap_bytes();
  Sampler sampler(config);
  SampleColumns rows;
  WaitColumns no_waits;
  uint64_t counted = 0, peak = 0;
  for (uint64_t i = 0; i < kMutations; ++i) {
    // Mutations pile up a few deep; then everything is as it was.
    if (random.below(4) == 0) std::memcpy(python.arena(), intact.data(), intact.size());
    mutate(python, words, random);
    sampler.sample_once();
    if (i % 64 == 0) {
      Sampler::Pause pause(sampler);
      sampler.swap_rows(rows, no_waits);
      for (uint32_t count : rows.count) counted += count;
      peak = std::max<uint64_t>(peak, heap_bytes());
    }
  }
  sampler.swap_rows(rows, no_waits);
  for (uint32_t count : rows.count) counted += count;
  const Counters& counters = sampler.counters();
  CHECK_EQUAL(counters.ticks, kMutations);
  CHECK(counted <= counters.samples && counted + counters.lost >= counters.samples);
  CHECK(counters.unreadable + counters.undecided + counters.truncated <= counters.samples);
  CHECK(counters.samples > kMutations / 2);
  CHECK(counters.unreadable < counters.samples);
  CHECK(peak < before + kMaxHeap);
  CHECK(sampler.threads().size() <= config.max_threads);
  CHECK(sampler.codes().all().size() <= config.code_limits.count);
  CHECK(sampler.interner().parents().size() <= config.max_stacks);
  // And when everything is as it was, so is what is read.
  std::memcpy(python.arena(), intact.data(), intact.size());
  usleep(600'000);
  uint64_t unreadable = counters.unreadable;
  sampler.sample_once();
  CHECK_EQUAL(counters.unreadable, unreadable);
  CHECK_EQUAL(sampler.last().size(), 3u);
  std::cerr << "  " << counters.samples << " samples, " << counters.unreadable << " unreadable, "
            << counters.undecided << " undecided, " << counters.truncated << " truncated, "
            << sampler.codes().all().size() << " code objects, " << sampler.threads().size() << " threads, "
            << (peak - std::min<uint64_t>(peak, before)) / 1024 << " kB, " << sampler.reads() << " reads\n";
}

TEST("Sampler: memory that is garbage neither crashes nor hangs it, nor makes it grow") {
  std::cerr << "  HEAVYOPS_SEED=" << seed() << "\n";
  Random random(seed());
  for (Style style : kStyles) torment(style, random);
}

}  // namespace
}  // namespace heavyops::test
