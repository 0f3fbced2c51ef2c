#include "check.h"
#include "walk.h"

namespace heavyops::test {
namespace {

TEST("FrameChainWalker: lists the frames of a chain of calls, root first") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK_EQUAL(walk.reads, 2);  // the unknown frames were asked for, all at once
  CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
  CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{kAtCall, kAtCall, kAtNop}));
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK_EQUAL(walk.reads, 1);
}

TEST("FrameChainWalker: a frame that has not begun is at its first instruction") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main"});
  python.set<int32_t>(thread.frames[0], python.layout().frame_instruction, -1);
  Walk walk(python);
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{0}));
  for (int32_t wrong : {1'000, 0x7fffffff}) {
    python.set<int32_t>(thread.frames[0], python.layout().frame_instruction, wrong);
    CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
    walk.wait(10'000'000);
  }
}

TEST("FrameChainWalker: a thread without frames has none") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread(python.add_interpreter(), 1);
  Walk walk(python);
  CHECK_EQUAL(walk(thread), WalkStatus::kNoFrames);
}

TEST("FrameChainWalker: finds the callee of a known frame from the root up") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  walk(thread);
  // The pointers show `a`, but `b`, known from before, still runs and links back to it.
  python.set_current(thread, thread.frames[1]);
  CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
  CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
}

TEST("FrameChainWalker: a frame that has ended is not on the stack") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  walk(thread);
  Address dead = thread.frames.back();
  python.pop_but_keep_pointers(thread);
  python.set_current(thread, dead);
  CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
  CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
}

TEST("FrameChainWalker: cuts a stack that is deeper than it may be") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread(python.add_interpreter(), 1);
  Address code = python.code("f");
  while (thread.frames.size() < 900) python.push(thread, code);
  Walk whole(python, 1000);
  CHECK_EQUAL(whole(thread), WalkStatus::kComplete);
  CHECK_EQUAL(whole.frames.size(), 900u);
  Walk cut(python, 100);
  cut(thread);
  CHECK(cut.frames.size() <= 100);
}

TEST("FrameChainWalker: links that go round in a circle, or nowhere, are unreadable") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  for (Address wrong : {thread.frames[2], thread.frames[0], Address{8}, Address{12'345}, ~Address{7}}) {
    Walk walk(python);
    python.set(thread.frames[0], python.layout().frame_previous, wrong);
    CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
  }
}

}  // namespace
}  // namespace heavyops::test
