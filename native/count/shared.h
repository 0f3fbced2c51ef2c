#pragma once
// What the counter, inside the interpreter, and heavyops, outside, share: one anonymous file in memory.
// Counts are written where heavyops finds them, so nothing has to be handed over when the program ends, in
// whichever way. src/count/shared-file.ts reads it. All numbers are little-endian; places are bytes from the
// file's beginning.

#include <cstddef>
#include <cstdint>

namespace heavyops::count {

constexpr uint64_t kMagic = 0x31746e6370766f68;  // "hovpcnt1"

// Written by heavyops before the interpreter starts: -1 for what its version does not have.
struct Settings {
  int64_t minor;
  int64_t monitoring;     // 1: through sys.monitoring (3.12+); 0: through a trace function
  int64_t free_threaded;  // it is such a build, which runs with its GIL
  // PyFrameObject, to 3.10, and the bytes that one step of f_lasti stands for.
  int64_t frame_code, frame_lasti, lasti_bytes;
  // 3.11: PyFrameObject, _PyInterpreterFrame, PyCodeObject.
  int64_t frame_frame, inner_code, inner_instr, code_bytecode;
  int64_t frame_trace_opcodes, frame_trace_lines;  // PyFrameObject, to 3.11
  int64_t long_digit;                              // PyLongObject
  // PyThreadState and its _PyCFrame: the innermost frame is in the latter where there is such a field.
  int64_t thread_frame, thread_cframe, cframe_frame;
  int64_t inner_previous;  // _PyInterpreterFrame, 3.11+
  // 3.11: _PyInterpreterFrame, PyCodeObject.
  int64_t inner_object, inner_top, inner_values, code_lines, code_line_bytes, code_first;
  // What names and constants are read from (code_names.h): PyCodeObject, the last two to 3.10; PyObject,
  // PyTypeObject, PyLongObject, PySetObject, PySliceObject.
  int64_t code_name, code_names, code_constants, code_variables, code_cells, code_free;
  int64_t object_type, type_name, long_head, set_used, set_mask, set_table, slice_start;
};

// Why counts are not complete.
enum Lack : uint64_t {
  kNoRoom = 1,  // the file is full
  kTraced = 2,  // the program has set a trace function itself
};

struct Header {
  uint64_t magic;
  uint64_t size;       // of the file
  uint64_t used;       // where what is free begins
  uint64_t processes;  // the last Process
  uint64_t lacks;      // bits of Lack
  uint64_t began;      // counting has begun
  Settings settings;
};

// Between heavyops and a process that ran already: at `kRunning` in the file.
enum State : uint64_t {
  kCounting = 1,
  kOff = 2,   // nothing is counted any more
  kGone = 3,  // the file is let go of
};

struct Running {
  // Written by the counter.
  uint64_t state;
  uint64_t reserved[7];  // a cache line of its own
  // Written by heavyops.
  uint64_t stop;   // not 0: counting has to end
  uint64_t beat;   // another number each half second, as long as heavyops lives
  uint64_t taken;  // heavyops has the file open: the process need not any more
};
constexpr uint64_t kRunning = 512;

// By opcode, for sys.monitoring only: bits of `Kind`, and above them how many inline cache entries follow.
enum Kind : uint16_t {
  kPlain = 1,     // it can neither fail, nor jump, nor run anything else: what follows runs as often
  kForward = 2,   // it jumps forward by its argument
  kBackward = 4,  // it jumps backward by its argument
  kPrefix = 8,    // EXTENDED_ARG
  kAlike = 16,    // its specialised forms execute the same instructions as it does
};
constexpr int kCachesShift = 8;

// By opcode of 3.11 the same, with other bits. The middle ones are those of `Kind`.
enum TracedKind : uint16_t {
  kResumes = 1,  // RESUME: a function is entered or goes on here, and we are told
  kCalls = 16,   // it calls something, which may be C that does not come back
  kStops = 32,   // what stands behind it is not executed next
  kBlind = 64,   // it may go where nobody is told of
  kWaits = 128,  // it may be in C when the process ends
  // Above the number of caches, which has four bits here.
  kPushes = 1 << 12,  // it pushes one object; two if kPushesTwo is set and the lowest bit of its argument
  kPushesTwo = 1 << 13,
  kReturns = 1 << 14,  // RETURN_VALUE
};
constexpr int kMostCaches = 15;
constexpr uint64_t kKinds = 1024;  // where these 256 numbers are in the file

constexpr uint64_t kPage = 4096;
constexpr uint64_t kSegment = 1 << 20;    // counters are had in pieces of this size
constexpr uint64_t kTextChunk = 1 << 18;  // what is known of code objects in pieces of this one
constexpr uint32_t kMaxSegments = 500;
constexpr size_t kMostNames = 1 << 16;  // bytes of names and constants; a code object with more has none

constexpr uint64_t rounded(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

// A process: the program, or a child that it has forked.
struct Process {
  uint64_t next;
  uint64_t pid;
  uint64_t records;  // its last Record; those from before the fork come after its own
  uint64_t segments;
  uint64_t segment[kMaxSegments];  // the place of each
};
static_assert(sizeof(Process) <= kPage);
static_assert(sizeof(Header) <= kRunning && kRunning + sizeof(Running) <= kKinds);

// A code object, and where its counters begin: 8 bytes for each two of its bytecode. The bytes of its texts
// follow, in the order of their lengths.
struct Record {
  uint64_t next;
  uint64_t counters;
  int64_t first_line;
  // `borrowed`: with sys.monitoring for each unit of the bytecode 0, or how many units from it the one is
  // that has its count (int8_t). On 3.11 nothing, or the three numbers (uint32_t) of runs.h for each unit;
  // each has kRunCounts counters then. `names`: what write_names() of
  // code_names.h has written of the first code object that was so.
  uint32_t name, qualname, filename, bytecode, lines, borrowed, names;
};

// The first of the numbers of runs.h.
enum Role : uint8_t {
  kRun = 1,         // it is counted by where runs begin and end
  kHidden = 2,      // a tracer is never told of it, so it does not count
  kUnfinished = 4,  // a run may be left here when the process ends
  kEntry = 8,       // kResumes
  kStart = 16,      // an instruction; where this is not set, an inline cache
  kQuiet = 32,      // from here on not even lines have to be told
  kLate = 64,       // a quiet run may not begin here
  kMerge = 128,     // where a run ends here, its mark tells by which way it came
};

constexpr int kMarkShift = 8;

enum RunCount : int {
  kAlone,     // executions that were told one by one, outside of a run
  kFromHere,  // runs that began here after what was told one by one, or with the function
  kFromLine,  // runs that began here with a line; of kMerge, that came by the way which the mark tells of
  kUntil,     // runs that ended here, this one included; from 2^64 down where more went on
  kRunCounts,
};

}  // namespace heavyops::count
