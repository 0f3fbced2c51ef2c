#pragma once
#include <cstddef>
#include <cstdint>

namespace heavyops::count {

// What was seen of a unit of the bytecode while it was counted alone.
struct Seen {
  uint32_t calls;  // of Python, of which we were told
  int32_t top;     // how full the frame was before it, and one more; 0 if it was not executed
};

// What has to be known of a code object of 3.11 to tell its runs.
struct TracedCode {
  const uint16_t*
      kinds;  // by opcode: bits of TracedKind, and above them the inline cache entries that follow
  const uint8_t* bytecode;  // as compiled
  uint32_t units;           // of two bytes
  const char* lines;        // the interpreter's own: of each unit, -1 for none
  int line_bytes;           // of one, 2 or 4
  uint32_t first;           // the first unit that is traced
  const Seen* seen;         // of each unit
  const uint64_t* counts;   // of each unit: how often it was executed until now
  size_t now;               // the unit that is about to be
};

// For each unit three numbers: bits of Role, and in the first above kMarkShift the mark; where it goes on,
// and where it jumps to, as `way` has it. To be freed; null when no instruction is in a run, or when there is
// no memory for it.
//
// A run is a walk through the code of which we are told where it begins and where it ends, and nothing
// between. The interpreter tells of it where a line begins (maybe_call_line_trace in Python/ceval.c of 3.11),
// and when a function is entered or left, or fails. Runs are chosen so that from this alone follows how often
// each of their instructions was executed: src/count/runs.ts works it out. That is so where the unknown
// numbers, one for each way from one instruction to another, make no circle; and a run may be left unfinished
// in one place only, when the process ends.
uint32_t* find_runs(const TracedCode& code);

}  // namespace heavyops::count
