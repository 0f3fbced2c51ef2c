#include "check.h"
#include "random.h"
#include "walk.h"

namespace heavyops::test {
namespace {

// One walker builds on what it knows of the walk before, the other knows nothing.
TEST("DataStackWalker: what is known of earlier walks changes no result") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    Random random(static_cast<uint64_t>(style) + 1);
    std::vector<Address> codes;
    for (const char* name : {"f", "g", "h", "i"}) codes.push_back(python.code(name));
    auto pop = [&] {
      Address dead = thread.frames.back();
      python.pop_but_keep_pointers(thread);
      python.set_current(thread, thread.frames.back());
      python.set_unit(thread.frames.back(), kAtNop);
      bool on_stack = dead >= thread.chunks[0] && dead < thread.top;
      if (on_stack) python.set(thread.state, python.layout().thread_top, thread.top = dead);
    };
    Walk knowing(python);
    for (int step = 0; step < 3000; ++step) {
      for (uint64_t changes = random.below(4); changes > 0; --changes) {
        Address code = codes[random.below(codes.size())];
        size_t depth = thread.frames.size();
        switch (random.below(8)) {
          case 0:
            python.push_through_c(thread, code);
            break;
          case 1:
            python.push_generator(thread, code);
            break;
          case 2:
          case 3:
            if (depth < 40) python.push(thread, code);
            break;
          case 4:
            python.set_unit(thread.frames.back(), random.one_in(2) ? kAtNop : kAtCallC);
            break;
          case 5:
            while (thread.frames.size() > 1 + random.below(depth)) pop();
            break;
          default:
            if (depth > 1) pop();
        }
      }
      Walk ignorant(python);
      CHECK_EQUAL(knowing(thread), ignorant(thread));
      CHECK_EQUAL(knowing.names(), ignorant.names());
      CHECK_EQUAL(knowing.units(), ignorant.units());
      if (knowing.frames != ignorant.frames) return;  // one difference is enough to read
    }
  }
}

}  // namespace
}  // namespace heavyops::test
