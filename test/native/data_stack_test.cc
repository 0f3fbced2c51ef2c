#include "check.h"
#include "walk.h"

namespace heavyops::test {
namespace {

TEST("DataStackWalker: lists the frames of a chain of calls, root first") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
    CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{kAtCall, kAtCall, kAtNop}));
    CHECK_EQUAL(walk.frames[2].address, thread.frames[2]);
    walk.wait(1'000'000'000);  // code objects that are new are checked each time
    walk(thread);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.calls, 1u);  // all of it was predicted
  }
}

TEST("DataStackWalker: a thread that runs no code has no frames") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread(python.add_interpreter(), 1);
    Walk walk(python);
    if (python.has_shims()) CHECK_EQUAL(walk(thread), WalkStatus::kNoFrames);
    python.set<Address>(thread.state, python.layout().thread_frame, 0);
    CHECK_EQUAL(walk(thread), WalkStatus::kNoFrames);
  }
}

TEST("DataStackWalker: an instruction pointer within caches is at the instruction that owns them") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    python.set_unit(thread.frames[0], kAtCall + 3);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{kAtCall, kAtNop}));
    // To 3.12 a frame that is about to begin points at the unit before its first one.
    python.set_unit(thread.frames[1], static_cast<uint32_t>(-1));
    python.set(thread.frames[1], python.layout().frame_instruction, walk.frames[1].code->bytecode - 2);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{kAtCall, kAtNop}));
  }
}

TEST("DataStackWalker: an instruction pointer outside the code ends the stack there") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    Walk walk(python);
    for (Address wrong : {Address{0}, ~Address{0}, python.interpreters_head()}) {
      python.set(thread.frames[1], python.layout().frame_instruction, wrong);
      CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
      CHECK_EQUAL(walk.names(), (Names{"main"}));
      walk.wait(10'000'000);
    }
  }
}

TEST("DataStackWalker: a frame that has been popped since is not on the stack") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    Address dead = thread.frames.back();
    python.pop_but_keep_pointers(thread);
    python.set_current(thread, dead);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: where a thread stands still, the list that its pointer leads to is believed") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    Walk walk(python);
    python.set_unit(thread.frames[1], kAtNop);  // which calls nothing
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    walk.motion.moves = false;
    CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
  }
}

TEST("DataStackWalker: what lies above a caller that runs is stale") {
  for (Style style : {Style::k311, Style::k312, Style::k313}) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b", "c"});
    Walk walk(python);
    python.set<int32_t>(thread.frames[1], python.layout().frame_stacktop, -1);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: a caller at an instruction that cannot call has no callee") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    Walk walk(python);
    python.set_unit(thread.frames[1], kAtNop);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: ends at the frame that the pointer shows, though it is calling another since") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b", "c"});
    python.set_current(thread, thread.frames[0]);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main"}));
  }
}

TEST("DataStackWalker: of a stopped thread the pointer alone tells which frame is on top") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    Walk walk(python);
    walk.hold_still();
    python.set_unit(thread.frames[2], kAtReturn);  // about to give way to its caller
    if (python.layout().frame_stacktop >= 0)
      python.set<int32_t>(thread.frames[2], python.layout().frame_stacktop, 0);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
    python.set_current(thread, thread.frames[1]);  // what lies above is made, but not entered
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: a callee of which the caller holds no function is not its callee") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    python.set(thread.frames[2], python.layout().frame_function, python.interpreters_head());
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: an instruction that leaves no function is believed, until it is known to leave one") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread(python.add_interpreter(), 1);
    python.push(thread, python.code("main"));
    Address callee = python.push(thread, python.code("a"), kAtCallAttr);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
    Address function = python.get<Address>(callee, python.layout().frame_function);
    int32_t locals = python.layout().frame_locals, at = locals + 8;
    python.set(thread.frames[0], at, function);
    for (uint64_t i = 0; i < 200; ++i) {
      python.set<uint64_t>(thread.frames[0], locals, i);  // what is the same is not counted
      CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    }
    python.set<Address>(thread.frames[0], at, 0);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main"}));
  }
}

TEST("DataStackWalker: a saved stack pointer that leads anywhere is no place to look") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread(python.add_interpreter(), 1);
    python.push(thread, python.code("main"));
    python.push(thread, python.code("a"));
    Walk walk(python);
    const Layout& layout = python.layout();
    Address caller = thread.frames[0];
    if (layout.frame_stacktop >= 0) {
      for (int32_t depth : {0x10000000, 0x7fffffff}) {
        python.set(caller, layout.frame_stacktop, depth);
        CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
      }
      continue;
    }
    uint64_t smallest = uint64_t{1} << 63;
    for (uint64_t distance : {smallest, smallest - 8, smallest - 1, smallest + 8, ~uint64_t{0}}) {
      python.set(caller, layout.frame_stackpointer, caller + distance);
      CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    }
  }
}

TEST("DataStackWalker: a generator is its caller's callee when its object is on the value stack") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    Address frame = python.push_generator(thread, python.code("generator"));
    python.push(thread, python.code("called"));
    Walk walk(python);
    // On 3.11 it has to be the same in the images around.
    bool looked_at_again = style == Style::k311;
    CHECK_EQUAL(walk(thread), looked_at_again ? WalkStatus::kRepaired : WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "generator", "called"}));
    python.set_current(thread, 8);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    if (!looked_at_again) CHECK_EQUAL(walk.names(), (Names{"main", "a", "generator", "called"}));
    python.set_current(thread, frame);
    Address object = frame - static_cast<Address>(python.layout().generator_frame);
    for (int32_t word = 0; word < 5; ++word) {
      int32_t at = python.layout().frame_locals + 8 * word;
      if (python.get<Address>(thread.frames[1], at) == object) python.set<Address>(thread.frames[1], at, 0);
    }
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: a generator that has ended is nobody's callee, though it links to its caller") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    Address frame = python.push_generator(thread, python.code("generator"));
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "generator"}));
    python.set_generator_state(frame, 5);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST(
    "DataStackWalker: what resumes generators has no function for a callee, and what calls functions no "
    "generator") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    python.push_generator(thread, python.code("generator"));
    python.set_unit(thread.frames[1], kAtCallAttr);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
    FakeThread other = python.add_thread_running(python.add_interpreter(), 2, {"main", "a", "b"});
    python.set_unit(other.frames[1], kAtResume);
    CHECK_EQUAL(walk(other), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: a suspended generator as the current frame leads back to the root") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    Address frame = python.push_generator(thread, python.code("generator"));
    python.set<Address>(frame, python.layout().frame_previous, 0);
    if (python.layout().frame_stacktop >= 0) {
      python.set<int32_t>(thread.frames[1], python.layout().frame_stacktop, -1);
      python.set<int32_t>(frame, python.layout().frame_stacktop, 1);
    }
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: follows a call that went through C code") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    python.push_through_c(thread, python.code("callback"));
    python.push(thread, python.code("b"));
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "callback", "b"}));
    CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{kAtCall, kAtCallC, kAtCall, kAtNop}));
    // The caller has gone on since: what it had called is over.
    python.set_unit(thread.frames[1], kAtNop);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

TEST("DataStackWalker: another evaluation loop since the last sample is followed through its cframe") {
  for (Style style : {Style::k311, Style::k312}) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
    Address outer = thread.cframe;
    python.push_through_c(thread, python.code("callback"));
    CHECK(thread.cframe != outer);
    // The entry frame of 3.12 is not known yet at the first look; no frame is wrong all the same.
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names()[1], "a");
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "callback"}));
    // A cframe that cannot be read: its place on the C stack is gone.
    python.set<Address>(thread.state, python.layout().thread_frame, 8);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "callback"}));
  }
}

TEST("DataStackWalker: goes on in the next chunk where one is full") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread(python.add_interpreter(), 1);
    Address code = python.code("f");
    while (thread.chunks.size() < 3) python.push(thread, code);
    python.push(thread, python.code("last"));
    Walk walk(python, 10'000);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.frames.size(), thread.frames.size());
    CHECK_EQUAL(walk.names().back(), "last");
    // Callees are found across the boundary as well, should the pointer lead nowhere.
    python.set_current(thread, 8);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.frames.size(), thread.frames.size());
    // The thread has gone back to a lower chunk.
    while (thread.frames.size() > 3) python.pop_but_keep_pointers(thread);
    python.set_current(thread, thread.frames.back());
    python.set(thread.state, python.layout().thread_chunk, thread.chunks[0]);
    python.set(thread.state, python.layout().thread_top, thread.frames.back() + 80 + 40);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"f", "f", "f"}));
  }
}

TEST("DataStackWalker: follows 900 calls, and cuts the root's end of more than it may") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread(python.add_interpreter(), 1);
    python.push(thread, python.code("root"));
    Address code = python.code("f");
    while (thread.frames.size() < 899) python.push(thread, code);
    python.push(thread, python.code("leaf"));
    Walk exact(python, 900);
    CHECK_EQUAL(exact(thread), WalkStatus::kComplete);
    Walk whole(python, 901);
    CHECK_EQUAL(whole(thread), WalkStatus::kComplete);
    CHECK_EQUAL(whole.frames.size(), 900u);
    CHECK_EQUAL(whole.names().front(), "root");
    CHECK_EQUAL(whole.names().back(), "leaf");
    Walk cut(python, 100);
    CHECK_EQUAL(cut(thread), WalkStatus::kTruncated);
    CHECK_EQUAL(cut.frames.size(), 100u);
    CHECK_EQUAL(cut.names().back(), "leaf");
  }
}

TEST("DataStackWalker: links that go round in a circle end at the bound") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    python.set(thread.frames[0], python.layout().frame_previous, thread.frames[2]);
    Walk walk(python, 50);
    walk(thread);
    CHECK(walk.frames.size() <= 50);
    python.set(thread.frames[0], python.layout().frame_previous, thread.frames[0]);
    walk(thread);
    CHECK(walk.frames.size() <= 50);
  }
}

TEST("DataStackWalker: chunks with sizes or links that cannot be are unreadable, and cost no memory") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a"});
    const Layout& layout = python.layout();
    Address chunk = thread.chunks[0];
    for (uint64_t size : {uint64_t{0}, uint64_t{100}, uint64_t{1} << 40, ~uint64_t{0}}) {
      Walk walk(python);
      python.set(chunk, layout.chunk_size, size);
      CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
    }
    python.set<uint64_t>(chunk, layout.chunk_size, 16'384);
    for (Address top : {Address{0}, Address{1}, chunk - 8, chunk + 16'392, ~Address{0}}) {
      Walk walk(python);
      python.set(thread.state, layout.thread_top, top);
      CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
    }
    python.set(thread.state, layout.thread_top, thread.top);
    python.set(chunk, layout.chunk_previous, chunk);  // a circle
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
    python.set<Address>(chunk, layout.chunk_previous, 8);
    CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
    python.set<Address>(chunk, layout.chunk_previous, 0);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  }
}

}  // namespace
}  // namespace heavyops::test
