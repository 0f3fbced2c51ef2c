#include "check.h"
#include "walk.h"

// Frames of one moment, and of two.

namespace heavyops::test {
namespace {

TEST("DataStackWalker: a frame that is about to leave is on top until it has left") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    python.set_unit(thread.frames[2], kAtReturn);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
    CHECK_EQUAL(walk.units().back(), uint32_t{kAtReturn});
  }
}

TEST("DataStackWalker: a frame that has ended since tells what it last was, as long as its caller waits") {
  for (Style style : {Style::k311, Style::k312, Style::k313}) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main", "a", "b"});
    python.set_unit(thread.frames[2], kAtReturn);
    python.set<int32_t>(thread.frames[2], python.layout().frame_stacktop, 0);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kRepaired);
    CHECK_EQUAL(walk.names(), (Names{"main", "a", "b"}));
    CHECK_EQUAL(walk.units().back(), uint32_t{kAtReturn});
    python.set_current(thread, thread.frames[1]);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
    python.set<int32_t>(thread.frames[1], python.layout().frame_stacktop, -1);
    python.set_current(thread, thread.frames[2]);
    CHECK_EQUAL(walk(thread), WalkStatus::kUndecided);
    CHECK_EQUAL(walk.names(), (Names{"main", "a"}));
  }
}

// Its second frame runs one code object nearly always.
struct Usual {
  explicit Usual(Style style)
      : python(style),
        thread(python.add_thread_running(python.add_interpreter(), 1, {"main", "a"})),
        usual(python.get<Address>(thread.frames[1], python.layout().frame_code)),
        walk(python) {
    for (uint64_t i = 0; i < 100; ++i) CHECK_EQUAL(see(usual), WalkStatus::kComplete);
  }

  // The same place calls this code object.
  WalkStatus see(Address code) {
    python.set(thread.frames[1], python.layout().frame_code, code);
    python.set_unit(thread.frames[1], kAtNop);
    python.set<uint64_t>(thread.frames[0], python.layout().frame_locals,
                         ++seen);  // what is the same is not counted
    return walk(thread);
  }

  FakePython python;
  FakeThread thread;
  Address usual;
  Walk walk;
  uint64_t seen = 0;
};

TEST("DataStackWalker: where nearly always the same is called, something else is believed when it lasts") {
  for (Style style : kDataStackStyles) {
    Usual place(style);
    Address other = place.python.code("other");
    CHECK_EQUAL(place.see(other), WalkStatus::kRepaired);  // three images had it
    CHECK_EQUAL(place.walk.names(), (Names{"main", "other"}));
    CHECK_EQUAL(place.see(place.usual), WalkStatus::kComplete);
    for (int i = 0; i < 8; ++i) place.see(other);
    CHECK_EQUAL(place.see(other), WalkStatus::kComplete);  // not so seldom after all
    CHECK_EQUAL(place.walk.names(), (Names{"main", "other"}));
  }
}

TEST("DataStackWalker: where nearly always the same is called, frames of two instants are not believed") {
  for (Style style : kDataStackStyles) {
    Usual place(style);
    place.walk.motion.each_image_differs = true;
    CHECK_EQUAL(place.see(place.python.code("other")), WalkStatus::kUndecided);
    CHECK_EQUAL(place.walk.names(), (Names{"main"}));
    CHECK_EQUAL(place.see(place.usual), WalkStatus::kComplete);
  }
}

}  // namespace
}  // namespace heavyops::test
