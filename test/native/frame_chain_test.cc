#include "check.h"
#include "walk.h"

namespace heavyops::test {
namespace {

TEST("FrameChainWalker: lists the frames of a chain of calls, root first") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK(walk.calls > 1);  // the unknown frames were asked for, all at once
  CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
  CHECK_EQUAL(walk.units(), (std::vector<uint32_t>{kAtCall, kAtCall, kAtNop}));
  walk.wait(1'000'000'000);  // code objects that are new are checked each time
  walk(thread);
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK_EQUAL(walk.calls, 1u);
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

TEST("FrameChainWalker: ends at the frame that the pointer shows, though it is calling another since") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  walk(thread);
  python.set_current(thread, thread.frames[1]);
  CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
  CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
}

TEST("FrameChainWalker: a frame that has ended since tells what it last was, as long as its callers run") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  walk(thread);
  Address dead = thread.frames.back();
  python.pop_but_keep_pointers(thread);
  python.set_current(thread, dead);
  CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);  // its link is cleared
  CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  python.set(dead, python.layout().frame_previous, thread.frames.back());
  CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);  // it stands where no frame ends
  CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  python.set_unit(dead, kAtReturn);
  CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
  CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
  python.set<uint8_t>(thread.frames.back(), python.layout().frame_executing, 2);
  CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
  CHECK_EQUAL(walk.names(), (Names{"main"}));
}

TEST("FrameChainWalker: of a stopped thread the pointer alone tells which frame is on top") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  walk.hold_still();
  python.set<uint8_t>(thread.frames[2], python.layout().frame_executing, 2);  // not yet, or not any more
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
  python.set_current(thread, thread.frames[1]);
  CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
  CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
}

TEST("FrameChainWalker: where a thread stands still, the list that its pointer leads to is believed") {
  FakePython python(Style::k310);
  FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
  Walk walk(python);
  python.set<uint8_t>(thread.frames.back(), python.layout().frame_executing, 2);  // about to begin
  CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
  walk.motion.moves = false;
  CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
  CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
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
