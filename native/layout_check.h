#pragma once
#include "layout.h"

namespace heavyops {

// The name of the first field that does not lie inside its struct, nullptr when all do. From 3.13 on most
// offsets are the target's own word; after this check they are trusted.
inline const char* misplaced_field(const Layout& layout) {
  struct Field {
    const char* name;
    int32_t offset, size, end;
    bool required;
  };
  const int32_t pointer = 8, word = 4, byte = 1;
  const bool stack = layout.has_data_stack();
  const int32_t instruction = layout.instruction_scale == 0 ? pointer : word;
#define IN(of, name, size, required) \
  { #name, layout.name, size, layout.of, required }
  const Field fields[] = {
      {"thread_size", layout.thread_size, 0, 1 << 16, true},
      {"frame_size", layout.frame_size, 0, 4096, true},
      {"frame_locals", layout.frame_locals, 0, 4096, stack},
      {"code_size", layout.code_size, 0, 4096, true},
      {"chunk_first", layout.chunk_first, 0, 64, stack},
      {"text_ascii_start", layout.text_ascii_start, 0, 256, true},
      IN(thread_size, thread_next, pointer, true),
      IN(thread_size, thread_frame, pointer, true),
      IN(thread_size, thread_ident, pointer, true),
      IN(thread_size, thread_native_id, pointer, false),
      IN(thread_size, thread_unique_id, pointer, false),
      IN(thread_size, thread_chunk, pointer, stack),
      IN(thread_size, thread_top, pointer, stack),
      IN(thread_size, thread_state, word, false),
      IN(chunk_first, chunk_previous, pointer, stack),
      IN(chunk_first, chunk_size, pointer, stack),
      IN(chunk_first, chunk_top, pointer, stack),
      IN(frame_size, frame_previous, pointer, true),
      IN(frame_size, frame_code, pointer, true),
      IN(frame_size, frame_instruction, instruction, true),
      IN(frame_size, frame_function, pointer, stack),
      IN(frame_size, frame_owner, byte, stack),
      IN(frame_size, frame_stacktop, word, stack && layout.frame_stackpointer < 0),
      IN(frame_size, frame_stackpointer, pointer, stack && layout.frame_stacktop < 0),
      IN(frame_size, frame_is_entry, byte, false),
      IN(frame_size, frame_executing, byte, !stack),
      IN(code_size, code_type, pointer, true),
      IN(code_size, code_units, pointer, layout.code_adaptive >= 0),
      IN(code_size, code_name, pointer, true),
      IN(code_size, code_qualname, pointer, false),
      IN(code_size, code_filename, pointer, true),
      IN(code_size, code_flags, word, true),
      IN(code_size, code_first_line, word, true),
      IN(code_size, code_line_table, pointer, true),
      IN(code_size, code_bytes, pointer, layout.code_adaptive < 0),
      IN(code_size, code_locals, word, layout.code_adaptive >= 0 && layout.code_frame_size < 0),
      IN(code_size, code_stack_size, word, layout.code_adaptive >= 0 && layout.code_frame_size < 0),
      IN(code_size, code_frame_size, word, false),
      IN(code_size, code_monitoring, pointer, false),
      IN(code_size, code_executors, pointer, false),
      IN(text_ascii_start, text_length, pointer, true),
      IN(text_ascii_start, text_state, word, true),
  };
#undef IN
  for (const Field& field : fields) {
    if (field.offset < 0 && !field.required) continue;
    if (field.offset < 0 || field.offset > field.end - field.size) return field.name;
  }
  if (layout.instruction_scale < 0 || layout.instruction_scale > 2) return "instruction_scale";
  // It is read with the frame, from 8 bytes before it on.
  int32_t before = layout.generator_frame - layout.generator_state;
  if (stack && (before < 1 || before > 8)) return "generator_state";
  // Both are read as one piece of 16 bytes.
  int32_t locked = layout.gil_locked - layout.gil_last_holder;
  if (layout.gil_locked >= 0 && (locked < 0 || locked > 12)) return "gil_locked";
  return nullptr;
}

}  // namespace heavyops
