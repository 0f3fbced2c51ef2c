#include "tracer_311.h"

#include <string.h>

#include "store.h"

namespace heavyops::count {

namespace {

Settings settings;

// How a frame is told of is kept in the frame itself: the interpreter asks of f_trace_lines and
// f_trace_opcodes only whether they are zero, anew for each instruction. A frame that was there before us has
// 1 in the former.
constexpr char kStranger = 1;
constexpr char kOneByOne = 1;  // in f_trace_opcodes
constexpr char kInRun = 2;     // in f_trace_lines
constexpr char kUncalled = 4;  // in either: we were not told that it was entered, or that it goes on
// When neither is told, in the padding behind f_fast_as_locals; one more where kUncalled holds.
constexpr int kPadding = 3;  // from f_trace_lines
constexpr char kSilent = 0x5a;

template <typename Value>
Value at(const void* base, int64_t offset) {
  Value value;
  memcpy(&value, static_cast<const char*>(base) + offset, sizeof value);
  return value;
}

// A PyFrameObject with its _PyInterpreterFrame.
struct Frame {
  char* object;
  char* inner;

  char& lines() const { return object[settings.frame_trace_lines]; }
  char& opcodes() const { return object[settings.frame_trace_opcodes]; }
  char& padding() const { return object[settings.frame_trace_lines + kPadding]; }
  char* code() const { return at<char*>(inner, settings.inner_code); }
  size_t unit(const char* of_code) const {
    const auto* instruction = at<const char*>(inner, settings.inner_instr);
    return static_cast<size_t>(instruction - (of_code + settings.code_bytecode)) / 2;
  }
  bool is_stranger() const { return lines() == kStranger; }
  bool is_silent() const { return (lines() | opcodes()) == 0 && (padding() & ~1) == kSilent; }
  bool is_in_run() const { return (lines() & kInRun) != 0 || is_silent(); }
  char uncalled() const {
    if (is_silent()) return (padding() & 1) != 0 ? kUncalled : 0;
    return static_cast<char>((lines() | opcodes()) & kUncalled);
  }
  void run(bool is_quiet, char uncalled) const {
    lines() = is_quiet ? 0 : static_cast<char>(kInRun | uncalled);
    opcodes() = 0;
    if (is_quiet) padding() = static_cast<char>(kSilent | (uncalled != 0 ? 1 : 0));
  }
  void go_one_by_one(char uncalled) const {
    lines() = 0;
    opcodes() = static_cast<char>(kOneByOne | uncalled);
  }
};

uint64_t& run_count(const Store::Known& known, size_t unit, RunCount which) {
  return known.counters[kRunCounts * unit + which];
}

// A run that ends where the frame stands. Since it is in one, its code has runs.
uint64_t& ended(const Frame& frame) {
  char* code = frame.code();
  return run_count(store.known(code), frame.unit(code), kUntil);
}

// Whoever stands below: the frame that has made the call, or whose instruction led to it.
Frame caller_of(const Frame& frame) {
  auto* inner = at<char*>(frame.inner, settings.inner_previous);
  return {inner == nullptr ? nullptr : at<char*>(inner, settings.inner_object), inner};
}

// On the place of the frame that only one of two ways to its end uses.
char mark;

char*& marked(const Frame& frame, const Store::Known& known) {
  return reinterpret_cast<char**>(frame.inner + settings.inner_values)[known.mark - 1];
}

void run(const Frame& frame, const Store::Known& known, size_t unit, char uncalled) {
  const bool is_quiet = (known.role(unit) & kQuiet) != 0;
  frame.run(is_quiet, uncalled);
  // Where the place is taken already, that is not by a mark.
  if (is_quiet && known.mark != 0 &&
      at<int32_t>(frame.inner, settings.inner_top) < static_cast<int32_t>(known.mark))
    marked(frame, known) = &mark;
}

__attribute__((noinline)) void look(const Frame& frame, Store::Known& known, size_t unit) {
  if (Seen* seen = store.seen_of(known)) seen[unit].top = at<int32_t>(frame.inner, settings.inner_top) + 1;
  if (--known.patience == 0) store.find_runs_of(known, unit);
}

inline void executed(const Frame& frame) {
  char* code = frame.code();
  const size_t unit = frame.unit(code);
  Store::Known& known = store.known(code);
  if (!known.has_runs()) {
    known.counters[unit]++;
    if (known.patience != 0) look(frame, known, unit);
  } else if ((known.role(unit) & (kRun | kLate)) == kRun) {
    run_count(known, unit, kFromHere)++;
    run(frame, known, unit, frame.uncalled());
  } else {
    run_count(known, unit, kAlone)++;
  }
}

__attribute__((noinline)) void began_line(const Frame& frame) {
  if (frame.is_stranger()) return;
  char* code = frame.code();
  const size_t unit = frame.unit(code);
  const Store::Known& known = store.known(code);
  run_count(known, unit, kFromLine)++;
  const uint8_t role = known.role(unit);
  // The interpreter asks right after this whether to tell of the instruction, too.
  if ((role & kRun) == 0) frame.go_one_by_one(frame.uncalled());
  if ((role & kQuiet) != 0) run(frame, known, unit, frame.uncalled());
}

// While a call lasts its run counts as ended, so that what follows is not counted before it is executed: a
// process can end anywhere, and a forked child goes on in the middle of runs that are not its own.
void call_began(const Frame& frame) {
  const Frame caller = caller_of(frame);
  if (caller.object == nullptr) return;
  if (caller.is_in_run()) {
    ended(caller)++;
  } else if (!caller.is_stranger()) {
    char* code = caller.code();
    if (Seen* seen = store.seen_of(store.known(code))) seen[caller.unit(code)].calls++;
  }
}

// What has failed may be caught in C, and then the caller goes on; or it fails, too.
void call_ended(const Frame& frame, bool has_failed, bool was_told) {
  const Frame caller = caller_of(frame);
  if (caller.object == nullptr || !caller.is_in_run()) return;
  if (!has_failed && was_told) ended(caller)--;
  if (!has_failed) return;
  if (!was_told) ended(caller)++;
  caller.go_one_by_one(caller.uncalled());
}

// At RESUME; or at the instruction at which an exception is thrown into a generator.
__attribute__((noinline)) void entered(const Frame& frame) {
  call_began(frame);
  char* code = frame.code();
  const size_t unit = frame.unit(code);
  const Store::Known& known = store.known(code);
  constexpr uint8_t kBegins = kRun | kEntry;
  if (known.has_runs() && (known.role(unit) & kBegins) == kBegins) {
    run_count(known, unit, kFromHere)++;
    run(frame, known, unit, 0);
  } else {
    frame.go_one_by_one(0);
  }
}

// A generator's frame stays as it is here until it is entered again, or not: it can fail before that.
__attribute__((noinline)) void left(const Frame& frame, bool has_failed) {
  const bool was_told = !frame.is_stranger() && frame.uncalled() == 0;
  if (frame.is_in_run()) {
    char* code = frame.code();
    const size_t unit = frame.unit(code);
    const Store::Known& known = store.known(code);
    run_count(known, unit, kUntil)++;
    if (known.mark != 0 && (known.role(unit) & kMerge) != 0 && marked(frame, known) != &mark)
      run_count(known, unit, kFromLine)++;
  }
  if (!frame.is_stranger()) frame.go_one_by_one(kUncalled);
  call_ended(frame, has_failed, was_told);
}

// It may be caught in the instruction itself (FOR_ITER and StopIteration), or in a handler, or nowhere.
__attribute__((noinline)) void failed(const Frame& frame) {
  if (frame.is_stranger()) return;
  if (frame.is_in_run()) ended(frame)++;
  frame.go_one_by_one(frame.uncalled());
}

int on_trace(Object*, void* object, int what, Object* argument) {
  const Frame frame = {static_cast<char*>(object), at<char*>(object, settings.frame_frame)};
  if (what == kTraceOpcode) {  // by far the most
    executed(frame);
    return 0;
  }
  switch (what) {
    case kTraceLine:
      began_line(frame);
      break;
    case kTraceCall:
      entered(frame);
      break;
    case kTraceReturn:
      left(frame, argument == nullptr);
      break;
    case kTraceException:
      failed(frame);
      break;
  }
  return 0;
}

}  // namespace

TraceFunction tracer_311(const Settings& of_version) {
  settings = of_version;
  return on_trace;
}

}  // namespace heavyops::count
