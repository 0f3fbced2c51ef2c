#include "readers/thread_time.h"

#include "check.h"

namespace heavyops::test {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST("a thread that runs all the time does not wait") {
  ThreadTime time;
  time.start(100 * kMs);
  time.advance(101 * kMs, kMs, false);
  ThreadTime::Wait wait = time.advance(102 * kMs, kMs, false);
  CHECK_EQUAL(wait.fresh, 0u);
  CHECK_EQUAL(time.take_ran(), 2 * kMs);
  CHECK_EQUAL(time.take_ran(), 0u);
}

TEST("what passes between leaving a processor and the next record, and was not on one, is a wait") {
  ThreadTime time;
  time.start(0);
  time.advance(10 * kMs, 10 * kMs, true);
  ThreadTime::Wait wait = time.advance(50 * kMs, 3 * kMs, false);
  CHECK_EQUAL(wait.whole, 37 * kMs);
  CHECK_EQUAL(wait.fresh, 37 * kMs);
  CHECK(wait.seen);
  CHECK_EQUAL(time.take_ran(), 13 * kMs);
}

TEST("a wait that goes on is handed on piece by piece, and each piece once") {
  ThreadTime time;
  time.start(0);
  time.advance(10 * kMs, 10 * kMs, true);
  CHECK_EQUAL(time.rest(30 * kMs, 0).fresh, 20 * kMs);
  CHECK_EQUAL(time.rest(30 * kMs, 0).fresh, 0u);
  ThreadTime::Wait wait = time.rest(60 * kMs, 5 * kMs);  // it was woken 5 ms ago
  CHECK_EQUAL(wait.fresh, 25 * kMs);
  CHECK_EQUAL(wait.whole, 45 * kMs);
  wait = time.advance(70 * kMs, 14 * kMs, false);
  CHECK_EQUAL(wait.whole, 46 * kMs);
  CHECK_EQUAL(wait.fresh, 1 * kMs);
  CHECK_EQUAL(time.take_ran(), 24 * kMs);
}

TEST("time that was taken for a wait too early is not counted twice") {
  ThreadTime time;
  time.start(0);
  time.advance(10 * kMs, 10 * kMs, true);
  CHECK_EQUAL(time.rest(20 * kMs, 0).fresh, 10 * kMs);
  ThreadTime::Wait wait = time.advance(21 * kMs, 8 * kMs, false);  // it had waited for 3 ms only
  CHECK_EQUAL(wait.fresh, 0u);
  CHECK_EQUAL(time.take_ran(), 11 * kMs);  // 21 in all
}

TEST("a record that was lost shows as a wait whose beginning was not seen") {
  ThreadTime time;
  time.start(0);
  time.advance(10 * kMs, 10 * kMs, false);
  ThreadTime::Wait wait = time.advance(50 * kMs, 10 * kMs, false);
  CHECK_EQUAL(wait.fresh, 30 * kMs);
  CHECK(!wait.seen);
  CHECK_EQUAL(time.take_ran(), 20 * kMs);
}

TEST("clocks that differ a little make no waits") {
  ThreadTime time;
  time.start(0);
  time.advance(10 * kMs, 10 * kMs, false);
  ThreadTime::Wait wait = time.advance(20 * kMs, 10 * kMs - 90'000, false);
  CHECK_EQUAL(wait.fresh, 0u);
  CHECK(wait.seen);
  CHECK_EQUAL(time.take_ran(), 20 * kMs);
  wait = time.advance(19 * kMs, kMs, true);  // backwards: nothing passes
  CHECK_EQUAL(wait.fresh, 0u);
  CHECK_EQUAL(time.take_ran(), 0u);
}

TEST("whatever the records say, running and waiting make up the time that passed") {
  ThreadTime time;
  uint64_t now = 1000, on = 0, off = 0, random = 88172645463325252;
  auto next = [&](uint64_t most) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return random % most;
  };
  uint64_t began = now;
  time.start(now);
  for (int i = 0; i < 100'000; ++i) {
    now += next(3 * kMs);
    ThreadTime::Wait wait =
        next(4) == 0 ? time.rest(now, next(4 * kMs)) : time.advance(now, next(4 * kMs), next(2) == 0);
    CHECK(wait.fresh <= wait.whole);
    off += wait.fresh;
    on += time.take_ran();
  }
  off += time.advance(now, 0, false).fresh;
  on += time.take_ran();
  CHECK_EQUAL(on + off, now - began);
}

TEST("what is owed can be taken once") {
  ThreadTime time;
  time.start(0);
  time.owe(100, 70);
  time.owe(110, 14);  // no more than has passed
  CHECK_EQUAL(time.owed().on, 80u);
  CHECK_EQUAL(time.take_owed_on(), 80u);
  CHECK_EQUAL(time.take_owed_on(), 0u);
  CHECK_EQUAL(time.take_owed_off(), 30u);
  CHECK_EQUAL(time.owed().off, 0u);
  CHECK_EQUAL(time.away(150), 40u);
}

}  // namespace
}  // namespace heavyops::test
