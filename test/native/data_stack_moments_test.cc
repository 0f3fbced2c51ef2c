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

TEST("DataStackWalker: a generator that was suspended meanwhile does not make a thread one without frames") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread_running(python.add_interpreter(), 1, {"main"});
    Address generator = python.push_generator(thread, python.code("g"));
    python.set<Address>(generator, python.layout().frame_previous, 0);
    Walk walk(python);
    CHECK_EQUAL(walk(thread), WalkStatus::kUnreadable);
  }
}

TEST("DataStackWalker: chunks that the thread has left are forgotten, and found again when it comes back") {
  for (Style style : kDataStackStyles) {
    FakePython python(style);
    FakeThread thread = python.add_thread(python.add_interpreter(), 1);
    Address code = python.code("f");
    while (thread.chunks.size() < 5) python.push(thread, code);
    std::vector<Address> deep = thread.frames;
    auto stand_at = [&](size_t depth, size_t chunk) {
      thread.frames.resize(depth);
      python.set_current(thread, thread.frames.back());
      python.set(thread.state, python.layout().thread_chunk, thread.chunks[chunk]);
      python.set(thread.state, python.layout().thread_top, thread.frames.back() + 80 + 40);
    };
    Walk walk(python, 10'000);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.frames.size(), deep.size());
    // What is mapped in their place by now has nothing to do with the thread.
    Address top_header = thread.chunks[4];
    Address before = python.get<Address>(top_header, python.layout().chunk_previous);
    python.set<Address>(top_header, python.layout().chunk_previous, 0);
    int32_t stacktop = python.layout().frame_stacktop;
    int32_t saved = stacktop < 0 ? 0 : python.get<int32_t>(thread.frames[2], stacktop);
    if (stacktop >= 0) python.set<int32_t>(thread.frames[2], stacktop, -1);
    python.set_unit(thread.frames[2], kAtNop);
    stand_at(3, 0);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.frames.size(), 3u);
    walk.wait(1'000'000'000);  // code objects that are new are checked each time
    walk(thread);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.calls, 1u);
    python.set<Address>(top_header, python.layout().chunk_previous, before);
    thread.frames = deep;
    if (stacktop >= 0) python.set<int32_t>(thread.frames[2], stacktop, saved);
    python.set_unit(thread.frames[2], kAtCall);
    stand_at(deep.size(), 4);
    CHECK_EQUAL(walk(thread), WalkStatus::kComplete);
    CHECK_EQUAL(walk.frames.size(), deep.size());
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
