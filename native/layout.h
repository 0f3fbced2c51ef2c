#pragma once
#include <cstdint>

// Where things are in one version of CPython, as src/python/layout.ts says. Every number is a byte offset
// unless its comment says otherwise; -1 is what a version lacks. This list is the contract between the two
// sides: the binding reads each field by its name and refuses a configuration that lacks one.
#define HEAVYOPS_LAYOUT(X)                                                                              \
  X(interpreter_next)                                                                                   \
  X(interpreter_id) /* -1 on 3.6 */                                                                     \
  X(interpreter_threads_head)                                                                           \
  X(interpreter_gil) /* pointer to the GIL's state, 3.12+ */                                            \
  X(gil_size)        /* bytes of that state, 3.7+ */                                                    \
  X(gil_last_holder) /* 3.7+ */                                                                         \
  X(gil_locked)      /* 3.12: whether that one holds it */                                              \
  X(gil_switches)    /* how often it was taken by another thread than before, 3.7+ */                   \
  X(gil_condition)   /* where threads wait for it, 3.7+ */                                              \
  X(gil_mutex)       /* what follows that condition */                                                  \
  X(thread_next)                                                                                        \
  X(thread_interpreter)                                                                                 \
  X(thread_frame)        /* pointer to the current frame, or to the cframe that holds it */             \
  X(thread_cframe_frame) /* offset of the frame pointer in the cframe, 3.11 and 3.12 */                 \
  X(thread_ident)                                                                                       \
  X(thread_native_id) /* 3.11+ */                                                                       \
  X(thread_unique_id) /* counts up, 3.7+ */                                                             \
  X(thread_chunk)     /* 3.11+: the data stack */                                                       \
  X(thread_top)                                                                                         \
  X(thread_state) /* attached to the interpreter when 1, 3.13+ */                                       \
  X(thread_size)  /* bytes of a thread state that hold all of the above */                              \
  X(chunk_previous)                                                                                     \
  X(chunk_size)                                                                                         \
  X(chunk_top)                                                                                          \
  X(chunk_first) /* offset of the first word that can hold a frame */                                   \
  X(frame_size)  /* bytes of a frame before its locals */                                               \
  X(frame_previous)                                                                                     \
  X(frame_code)                                                                                         \
  X(frame_instruction)                                                                                  \
  X(instruction_scale) /* 0: it is a pointer; 1: an index in bytes (to 3.9); 2: in code units (3.10) */ \
  X(frame_function)                                                                                     \
  X(frame_locals)                                                                                       \
  X(frame_owner)                                                                                        \
  X(owner_interpreter)  /* lowest owner value that marks an entry frame without code of its own */      \
  X(frame_stacktop)     /* int: depth of the value stack, -1 while executing, 3.11–3.13 */            \
  X(frame_stackpointer) /* pointer: 3.14+ */                                                            \
  X(frame_is_entry)     /* 3.11 */                                                                      \
  X(frame_executing)    /* one byte: 3.6–3.9 f_executing, 3.10 f_state */                             \
  X(executing_value)    /* its value while the frame is on a stack */                                   \
  X(popped_clears_code) /* 1 when a popped frame's code pointer is cleared, 3.14+ */                    \
  X(tag_mask)           /* tag bits of a stack reference, 3.14+ */                                      \
  X(code_size)          /* bytes of a code object before its bytecode */                                \
  X(code_type)          /* ob_type */                                                                   \
  X(code_units)         /* ob_size: code units, 3.11+ */                                                \
  X(code_name)                                                                                          \
  X(code_qualname)                                                                                      \
  X(code_filename)                                                                                      \
  X(code_flags) /* co_flags */                                                                          \
  X(code_first_line)                                                                                    \
  X(code_line_table)                                                                                    \
  X(code_bytes)    /* pointer to a bytes object, to 3.10 */                                             \
  X(code_adaptive) /* the bytecode itself, 3.11+ */                                                     \
  X(code_locals)   /* co_nlocalsplus, 3.11+ */                                                          \
  X(code_stack_size)                                                                                    \
  X(code_frame_size) /* words, 3.12+ */                                                                 \
  X(code_monitoring) /* 3.12+ */                                                                        \
  X(code_executors)  /* 3.13+ */                                                                        \
  X(monitoring_lines)                                                                                   \
  X(monitoring_instructions)                                                                            \
  X(lines_original) /* offset of the original opcodes in the line table */                              \
  X(lines_stride)   /* bytes an entry; 0: the table's first byte tells (3.14+) */                       \
  X(executors_items)                                                                                    \
  X(executor_opcode)                                                                                    \
  X(type_name) /* tp_name of a type */                                                                  \
  X(bytes_length)                                                                                       \
  X(bytes_start)                                                                                        \
  X(text_length)                                                                                        \
  X(text_state)                                                                                         \
  X(text_ascii_start)                                                                                   \
  X(text_compact_start)                                                                                 \
  X(generator_frame)     /* offset of the frame in a generator, 3.11+ */                                \
  X(generator_state)     /* offset of its state, one byte, before the frame */                          \
  X(generator_executing) /* the state's value while the frame is on a stack */

namespace heavyops {

struct Layout {
#define HEAVYOPS_FIELD(name) int32_t name = -1;
  HEAVYOPS_LAYOUT(HEAVYOPS_FIELD)
#undef HEAVYOPS_FIELD

  // From 3.11 on frames lie on the thread's data stack; before, they are heap objects on a chain.
  bool has_data_stack() const { return thread_chunk >= 0; }
};

// What an opcode can do; src/python/opcodes.ts sets these bits.
namespace opcode_flag {
constexpr uint16_t kCanCall = 1;            // a Python callee pushed by the loop itself may be live above
constexpr uint16_t kReturns = 2;            // the frame is leaving
constexpr uint16_t kPrefix = 4;             // EXTENDED_ARG
constexpr uint16_t kEnterExecutor = 8;      // the original is in the code's executors
constexpr uint16_t kInstrumentedLine = 16;  // the original is in the monitoring tables
constexpr uint16_t kInstrumentedInstruction = 32;
constexpr uint16_t kCanCallAny = 64;         // may run Python code at all, through C or not
constexpr uint16_t kFunctionOnStack = 128;   // the callee's function object stays in the caller's value stack
constexpr uint16_t kResumesGenerator = 256;  // what the loop pushes for it is a generator's frame
}  // namespace opcode_flag

}  // namespace heavyops
