#pragma once
// What the program in the kernel and its reader tell each other. C and C++ read this file.

#ifdef __cplusplus
#include <cstdint>
namespace heavyops::bpf {
#define HEAVYOPS_U64 uint64_t
#define HEAVYOPS_U32 uint32_t
#define HEAVYOPS_S32 int32_t
#else
#define HEAVYOPS_U64 __u64
#define HEAVYOPS_U32 __u32
#define HEAVYOPS_S32 __s32
#endif

enum {
  kMostFrames = 1024,  // of one record: a power of two
  kFramesAtOnce = 32,  // that the verifier has to go through
  kMostStates = 4,     // thread states of one thread, in as many interpreters
  kMostThreads = 16384,
  kMarkBytes = 128,   // of a code object that tell it from another
  kFrameBytes = 128,  // the largest part of a frame that is looked at
};

// Read-only to the program, so the verifier takes what is in it for constants. Offsets as in native/layout.h.
struct settings {
  HEAVYOPS_U64 namespace_device, namespace_inode;  // of the target's process ids
  HEAVYOPS_U64 tag_mask;
  HEAVYOPS_U32 process;    // the target's id there
  HEAVYOPS_S32 max_depth;  // frames, at most kMostFrames
  HEAVYOPS_S32 thread_frame, thread_cframe_frame, thread_ident, thread_state;
  HEAVYOPS_S32 gil_locked;  // from where the GIL's holder is, -1: the holder alone tells
  HEAVYOPS_S32 frame_size;  // bytes of a frame that hold all of the following, at most kFrameBytes
  HEAVYOPS_S32 frame_previous, frame_code, frame_instruction, frame_owner, owner_interpreter;
  HEAVYOPS_S32 frame_stacktop, code_type;
  HEAVYOPS_S32 instruction_scale;
  // The part of a code object with its name, line table and first line, at most kMarkBytes, and where they
  // are in it.
  HEAVYOPS_S32 mark_start, mark_size, mark_name, mark_line_table, mark_first_line;
  HEAVYOPS_S32 reads_registers;  // 1: a thread's own registers may be read, Linux 5.15 and later
};

struct thread_state {
  HEAVYOPS_U64 address;
  HEAVYOPS_U64 ident;  // of the thread that it is for
  HEAVYOPS_U64 gil;    // address of the pointer to the GIL's holder, 0 where the state itself tells
};

struct thread {
  struct thread_state states[kMostStates];  // those after the last have no address
  HEAVYOPS_U64 lost;                        // records for which there was no room
};

struct frame {
  HEAVYOPS_U64 code;
  HEAVYOPS_U64 instruction;  // a pointer, or f_lasti
  HEAVYOPS_U64 mark;         // of what lay there then: see code_mark
};

enum {
  kSwitch = 1,      // taken as the thread left its processor, not at a tick
  kHoldsGil = 2,    // it holds the GIL, or is attached to the interpreter
  kUnreadable = 4,  // nothing more could be read
  kCut = 8,         // frames are missing at the root's end
  kForeign = 16,    // the thread's state is another thread's, or none
  kSought = 32,     // its registers were searched for what could not be read
};

struct record {
  HEAVYOPS_U64 time;  // ns, CLOCK_MONOTONIC
  HEAVYOPS_U64 ran;   // ns on processors since its events began
  HEAVYOPS_U64 state;
  HEAVYOPS_U64 lost;    // records of this thread, so far
  HEAVYOPS_U64 waited;  // the first argument of `system_call`
  HEAVYOPS_U32 thread;  // in the target's namespace
  HEAVYOPS_U32 flags;
  HEAVYOPS_S32 system_call;  // that a switch happened in; -1: in none
  HEAVYOPS_S32 opcode;       // what lies at the leaf's instruction, -1 unknown
  HEAVYOPS_U32 count;        // of frames, leaf first
  HEAVYOPS_S32 owner;        // of the last of them, see frame_owner
  HEAVYOPS_U64 last;         // where that frame is,
  HEAVYOPS_U64 next;         // and the one that it links to, 0 after the root
  HEAVYOPS_U64 caller;       // 3.11, 3.12: the frame that made the last call from C, until it is reached
  struct frame frames[kMostFrames];
};

// Tells a code object from another one that came to lie in its place.
static inline HEAVYOPS_U64 code_mark(HEAVYOPS_U64 name, HEAVYOPS_U64 line_table, HEAVYOPS_U32 first_line) {
  return name ^ (line_table << 1) ^ ((HEAVYOPS_U64)first_line << 40);
}

#ifdef __cplusplus
}
#endif
