#include <thread>

#include "check.h"
#include "fake_python.h"

namespace heavyops::test {
namespace {

// The thread sanitizer runs this one too: scripts/sanitizers.mjs finds it by the word "concurrently".
TEST("Sampler: rows are drained concurrently with the sampling thread, and none is lost") {
  for (Style style : {Style::k310, Style::k314}) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    FakeThread thread = python.add_thread_running(interpreter, 1, {"main", "a"});
    SamplerConfig config = python.config();
    config.rate = 5000;
    Sampler sampler(config);
    sampler.start();
    uint64_t count = 0;
    size_t codes = 0, frames = 0, stacks = 0, threads = 0;
    bool gone = false;
    SampleColumns rows;
    WaitColumns no_waits;
    auto drain = [&] {
      Sampler::Pause pause(sampler);
      sampler.swap_rows(rows, no_waits);
      for (uint32_t one : rows.count) count += one;
      for (const auto& code : sampler.codes().all()) codes += code->live.size() + code->name.size();
      for (int32_t frame : sampler.interner().frames()) frames += static_cast<size_t>(frame);
      stacks += sampler.interner().parents().size();
      threads += sampler.threads().size() + sampler.last().size();
      gone |= sampler.gone();
    };
    // Until there is enough, however slow the machine is.
    while (count < 500) {
      drain();
      std::this_thread::yield();
    }
    sampler.stop();
    drain();
    CHECK_EQUAL(count, sampler.counters().samples);
    CHECK_EQUAL(sampler.counters().unreadable + sampler.counters().lost, 0u);
    CHECK(!gone);
    CHECK(codes != 0 && stacks != 0 && threads != 0);
    CHECK_EQUAL(sampler.elapsed() > 0, true);
  }
}

TEST("Sampler: starts and stops again and again, concurrently drained, also without a single tick") {
  FakePython python(Style::k313);
  python.add_thread_running(python.add_interpreter(), 1, {"main"});
  SamplerConfig config = python.config();
  Sampler sampler(config);
  for (int i = 0; i < 20; ++i) {
    sampler.start();
    sampler.start();
    SampleColumns rows;
    WaitColumns no_waits;
    {
      Sampler::Pause pause(sampler);
      sampler.swap_rows(rows, no_waits);
    }
    sampler.stop();
    sampler.stop();
  }
  CHECK(!sampler.gone());
}

}  // namespace
}  // namespace heavyops::test
