#include "sampler.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <map>
#include <numeric>

#include "check.h"
#include "fake_python.h"
#include "timer.h"

namespace heavyops::test {
namespace {

uint64_t own_id() { return static_cast<uint64_t>(syscall(SYS_gettid)); }

// Everything that a sampler has gathered.
struct Gathered {
  explicit Gathered(Sampler& sampler) {
    Sampler::Pause pause(sampler);
    sampler.swap_rows(rows, no_waits);
    counters = sampler.counters();
    for (size_t i = 0; i < rows.size(); ++i) {
      count += rows.count[i];
      weight[rows.thread[i]] += rows.weight[i];
    }
  }
  SampleColumns rows;
  WaitColumns no_waits;
  Counters counters;
  uint64_t count = 0;
  std::map<int32_t, double> weight;
};

std::vector<std::string> names_of(const Sampler& sampler, int32_t stack) {
  std::vector<std::string> names;
  const Interner& interner = sampler.interner();
  for (; stack >= 0; stack = interner.parents()[static_cast<size_t>(stack)]) {
    size_t frame = static_cast<size_t>(interner.frames()[static_cast<size_t>(stack)]);
    names.insert(names.begin(),
                 sampler.codes().all()[static_cast<size_t>(interner.frame_codes()[frame])]->name);
  }
  return names;
}

TEST("Sampler: shows each thread's stack, opcode, identity and who holds the GIL") {
  for (Style style : kStyles) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    FakeThread first = python.add_thread_running(interpreter, 11, {"main", "a"});
    FakeThread second = python.add_thread_running(interpreter, 22, {"worker"});
    if (style != Style::k310) python.set(first.state, python.layout().thread_native_id, own_id());
    python.hold_gil(second);
    Sampler sampler(python.config());
    sampler.sample_once();
    Gathered gathered(sampler);
    CHECK_EQUAL(gathered.rows.size(), 2u);
    CHECK_EQUAL(sampler.threads().size(), 2u);
    if (gathered.rows.size() != 2 || sampler.threads().size() != 2) continue;
    // CPython puts new threads in front.
    CHECK_EQUAL(sampler.threads()[0].ident, 22u);
    CHECK_EQUAL(sampler.threads()[1].ident, 11u);
    CHECK_EQUAL(sampler.threads()[1].state, first.state);
    if (style != Style::k310) CHECK_EQUAL(sampler.threads()[1].tid, static_cast<pid_t>(own_id()));
    CHECK_EQUAL(names_of(sampler, gathered.rows.stack[0]), (std::vector<std::string>{"worker"}));
    CHECK_EQUAL(names_of(sampler, gathered.rows.stack[1]), (std::vector<std::string>{"main", "a"}));
    CHECK_EQUAL(int{gathered.rows.opcode[0]}, int{kNop});
    CHECK_EQUAL(gathered.rows.flags[0] & sample_flag::kGil, int{sample_flag::kGil});
    CHECK_EQUAL(gathered.rows.flags[1] & sample_flag::kGil, 0);
  }
}

TEST("Sampler: threads and interpreters that appear and vanish between ticks") {
  for (Style style : kStyles) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    FakeThread main = python.add_thread_running(interpreter, 1, {"main"});
    Sampler sampler(python.config());
    auto sample_later = [&] {
      usleep(2000);  // threads are listed once a millisecond
      sampler.sample_once();
    };
    sampler.sample_once();
    CHECK_EQUAL(sampler.last().size(), 1u);
    FakeThread second = python.add_thread_running(interpreter, 2, {"second"});
    FakeThread third = python.add_thread_running(interpreter, 3, {"third"});
    sample_later();
    CHECK_EQUAL(sampler.last().size(), 3u);
    python.remove_thread(interpreter, second);
    sample_later();
    CHECK_EQUAL(sampler.last().size(), 2u);
    python.remove_thread(interpreter, third);
    FakeThread fourth = python.add_thread_running(interpreter, 4, {"fourth"});
    sample_later();
    CHECK_EQUAL(sampler.last().size(), 2u);
    // The same thread state for another thread.
    python.set<uint64_t>(fourth.state, python.layout().thread_ident, 5);
    sample_later();
    CHECK_EQUAL(sampler.threads().size(), 5u);
    Address sub = python.add_interpreter();
    python.add_thread_running(sub, 6, {"sub"});
    usleep(25'000);  // interpreters are listed still more seldom
    sampler.sample_once();
    CHECK_EQUAL(sampler.last().size(), 3u);
    CHECK_EQUAL(sampler.threads().back().interpreter, 1);
    // One that has not begun is none.
    python.add_thread(sub, 0);
    sample_later();
    CHECK_EQUAL(sampler.last().size(), 3u);
    CHECK(!sampler.gone());
    Gathered gathered(sampler);
    CHECK_EQUAL(gathered.counters.unreadable, 0u);
    CHECK_EQUAL(gathered.count, gathered.counters.samples);
  }
}

TEST("Sampler: the weights of a thread that was always there add up to the time that passed") {
  FakePython python(Style::k314);
  Address interpreter = python.add_interpreter();
  FakeThread thread = python.add_thread_running(interpreter, 1, {"main", "a"});
  Sampler sampler(python.config());
  double weight = 0;
  for (int i = 0; i < 300; ++i) {
    python.set_unit(thread.frames[1], i % 3 == 0 ? kAtNop : kAtCallC);
    sampler.sample_once();
    if (i % 50 == 7) weight += Gathered(sampler).weight[0];
    if (i == 100) usleep(30'000);  // a late one weighs more
  }
  weight += Gathered(sampler).weight[0];
  CHECK_EQUAL(static_cast<uint64_t>(weight), sampler.elapsed());
  CHECK_EQUAL(sampler.counters().samples, 300u);
}

TEST("Sampler: equal samples in a row are one row") {
  FakePython python(Style::k314);
  Address interpreter = python.add_interpreter();
  FakeThread thread = python.add_thread_running(interpreter, 1, {"main", "a"});
  python.set(thread.state, python.layout().thread_native_id, own_id());
  Sampler sampler(python.config());
  for (int i = 0; i < 10; ++i) sampler.sample_once();
  python.set_unit(thread.frames[1], kAtReturn);
  for (int i = 0; i < 5; ++i) sampler.sample_once();
  Gathered gathered(sampler);
  CHECK_EQUAL(gathered.rows.count, (std::vector<uint32_t>{10, 5}));
  CHECK(gathered.rows.time[1] > gathered.rows.time[0]);
  CHECK_EQUAL(gathered.rows.time[0] + gathered.rows.weight[0], gathered.rows.time[1]);
}

TEST("Sampler: rows beyond the bound are counted as lost") {
  FakePython python(Style::k313);
  Address interpreter = python.add_interpreter();
  FakeThread thread = python.add_thread_running(interpreter, 1, {"main", "a"});
  SamplerConfig config = python.config();
  config.max_rows = 20;
  Sampler sampler(config);
  for (int i = 0; i < 100; ++i) {
    python.set_unit(thread.frames[1], i % 2 == 0 ? kAtNop : kAtReturn);
    sampler.sample_once();
  }
  Gathered gathered(sampler);
  CHECK_EQUAL(gathered.rows.size(), 20u);
  CHECK_EQUAL(gathered.counters.samples, 100u);
  CHECK_EQUAL(gathered.counters.lost, 80u);
  for (int i = 0; i < 10; ++i) sampler.sample_once();
  CHECK_EQUAL(Gathered(sampler).count, 10u);
}

TEST("Sampler: stacks beyond the bound go to their deepest known part, or are lost") {
  FakePython python(Style::k313);
  Address interpreter = python.add_interpreter();
  FakeThread thread = python.add_thread_running(interpreter, 1, {"main", "a", "b"});
  SamplerConfig config = python.config();
  config.max_stacks = 2;
  Sampler sampler(config);
  sampler.sample_once();
  Gathered cut(sampler);
  CHECK_EQUAL(names_of(sampler, cut.rows.stack[0]), (std::vector<std::string>{"main", "a"}));
  CHECK_EQUAL(cut.rows.flags[0] & sample_flag::kTruncated, int{sample_flag::kTruncated});
  CHECK_EQUAL(cut.counters.lost, 0u);
  python.set_unit(thread.frames[0], kAtCallAttr);
  sampler.sample_once();
  Gathered lost(sampler);
  CHECK_EQUAL(lost.rows.stack, (std::vector<int32_t>{-1}));
  CHECK_EQUAL(lost.counters.lost, 1u);
}

TEST("Sampler: threads beyond the bound share one row") {
  for (Style style : {Style::k310, Style::k314}) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    FakeThread thread = python.add_thread_running(interpreter, 1, {"main"});
    SamplerConfig config = python.config();
    config.max_threads = 50;
    Sampler sampler(config);
    for (uint64_t ident = 1; ident <= 500; ++ident) {
      python.set(thread.state, python.layout().thread_ident, ident);
      sampler.sample_once();
    }
    CHECK_EQUAL(sampler.threads().size(), 50u);
    CHECK_EQUAL(sampler.threads()[48].ident, 49u);
    CHECK_EQUAL(sampler.threads()[49].ident, 0u);
    CHECK_EQUAL(sampler.threads()[49].state, 0u);
    Gathered gathered(sampler);
    CHECK_EQUAL(gathered.count, 500u);
    CHECK(gathered.weight[49] > gathered.weight[48]);
  }
}

TEST("Sampler: more code objects than are kept make samples unreadable, not wrong") {
  for (Style style : kStyles) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    FakeThread thread = python.add_thread_running(interpreter, 1, {"main", "a"});
    SamplerConfig config = python.config();
    config.code_limits.count = 3;
    Sampler sampler(config);
    sampler.sample_once();
    python.push(thread, python.code("b"));
    sampler.sample_once();
    CHECK_EQUAL(sampler.counters().unreadable, 0u);
    python.push(thread, python.code("c"));
    sampler.sample_once();
    CHECK_EQUAL(sampler.counters().unreadable, 1u);
    CHECK_EQUAL(sampler.codes().all().size(), 3u);
    for (int i = 0; i < 60; ++i) sampler.sample_once();
    CHECK(!sampler.gone());
  }
}

TEST("Sampler: lists that go round in a circle end") {
  for (Style style : kStyles) {
    FakePython python(style);
    Address interpreter = python.add_interpreter();
    FakeThread first = python.add_thread_running(interpreter, 1, {"first"});
    FakeThread second = python.add_thread_running(interpreter, 2, {"second"});
    python.set(first.state, python.layout().thread_next, second.state);
    python.set(interpreter, python.layout().interpreter_next, interpreter);
    Sampler sampler(python.config());
    sampler.sample_once();
    CHECK_EQUAL(sampler.last().size(), 2u);
    CHECK(sampler.reads() < 100);
  }
}

TEST("Sampler: says that the target is gone, and keeps what it had sampled") {
  for (Style style : {Style::k310, Style::k314}) {
    FakePython python(style);
    python.add_thread_running(python.add_interpreter(), 1, {"main"});
    pid_t child = fork();
    if (child == 0) {
      for (;;) pause();
    }
    SamplerConfig config = python.config();
    config.pid = child;
    Sampler sampler(config);
    for (int i = 0; i < 5; ++i) sampler.sample_once();
    CHECK(!sampler.gone());
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    sampler.sample_once();
    CHECK(sampler.gone());
    CHECK_EQUAL(Gathered(sampler).count, 5u);
  }
}

TEST("Sampler: a target whose lists are gone for good is gone") {
  FakePython python(Style::k313);
  Address interpreter = python.add_interpreter();
  python.add_thread_running(interpreter, 1, {"main"});
  Sampler sampler(python.config());
  sampler.sample_once();
  CHECK(!sampler.gone());
  python.set<Address>(python.interpreters_head(), 0, 0);
  python.set<Address>(interpreter, python.layout().interpreter_threads_head, 0);
  // Not at once: an interpreter that starts or ends has no lists for a moment, whatever the rate.
  uint64_t began = monotonic_ns();
  for (int i = 0; i < 60; ++i) sampler.sample_once();
  CHECK(!sampler.gone() || monotonic_ns() - began > 200'000'000);
  for (int i = 0; i < 400 && !sampler.gone(); ++i) {
    usleep(5'000);
    sampler.sample_once();
  }
  CHECK(sampler.gone());
}

}  // namespace
}  // namespace heavyops::test
