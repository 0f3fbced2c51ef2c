#include "fake_python.h"

namespace heavyops::test {

namespace {

void chain_fields(Layout& layout) {
  layout.thread_frame = 32;
  layout.frame_size = 64;
  layout.frame_previous = 24;
  layout.frame_code = 32;
  layout.frame_instruction = 52;
  layout.instruction_scale = 2;
  layout.frame_locals = 64;
  layout.frame_executing = 60;
  layout.executing_value = 0;
  layout.popped_clears_code = 0;
  layout.tag_mask = 0;
  layout.code_bytes = 96;
}

void data_stack_fields(Layout& layout, Style style) {
  layout.thread_frame = 32;
  layout.thread_cframe_frame = style <= Style::k312 ? 16 : -1;
  layout.thread_chunk = 72;
  layout.thread_top = 80;
  layout.chunk_previous = 8;
  layout.chunk_size = 16;
  layout.chunk_top = 24;
  layout.chunk_first = 40;
  layout.frame_size = 80;
  layout.frame_previous = 24;
  layout.frame_code = 8;
  layout.frame_instruction = 32;
  layout.instruction_scale = 0;
  layout.frame_function = 16;
  layout.frame_locals = 80;
  layout.frame_owner = 72;
  layout.owner_interpreter = style >= Style::k312 ? 3 : 127;
  layout.frame_stacktop = style <= Style::k313 ? 64 : -1;
  layout.frame_stackpointer = style >= Style::k314 ? 40 : -1;
  layout.frame_is_entry = style == Style::k311 ? 73 : -1;
  layout.popped_clears_code = style >= Style::k314 ? 1 : 0;
  layout.tag_mask = style >= Style::k314 ? 3 : 0;
  layout.generator_frame = 48;
  layout.generator_state = 43;
  layout.generator_executing = style >= Style::k314 ? 4 : 0;
  layout.code_units = 16;
  layout.code_adaptive = 128;
  layout.code_locals = 104;
  layout.code_stack_size = 108;
  layout.code_frame_size = style >= Style::k312 ? 112 : -1;
  layout.code_monitoring = 88;
  layout.code_executors = 96;
}

}  // namespace

Layout fake_layout(Style style) {
  Layout layout;
  layout.interpreter_next = 16;
  layout.interpreter_id = 8;
  layout.interpreter_threads_head = 40;
  layout.interpreter_gil = style >= Style::k312 ? 56 : -1;
  layout.gil_size = kGilBytes;
  layout.gil_last_holder = 24;
  layout.gil_switches = 40;
  layout.gil_condition = 64;
  layout.gil_mutex = 112;
  layout.gil_locked = style == Style::k312 ? 32 : -1;
  layout.thread_next = 16;
  layout.thread_interpreter = 24;
  layout.thread_ident = 48;
  layout.thread_native_id = style >= Style::k311 ? 56 : -1;
  layout.thread_unique_id = 64;
  layout.thread_state = style >= Style::k313 ? 96 : -1;
  layout.thread_size = 104;
  layout.code_size = 128;
  layout.code_type = 8;
  layout.code_name = 32;
  layout.code_qualname = style >= Style::k311 ? 40 : -1;
  layout.code_filename = 48;
  layout.code_flags = 68;
  layout.code_first_line = 64;
  layout.code_line_table = 72;
  layout.monitoring_lines = 24;
  layout.monitoring_instructions = 40;
  layout.lines_original = style >= Style::k314 ? 1 : 0;
  layout.lines_stride = style >= Style::k314 ? 0 : 2;
  layout.executors_items = 16;
  layout.executor_opcode = 20;
  layout.type_name = 40;
  layout.bytes_length = 16;
  layout.bytes_start = 32;
  layout.text_length = 16;
  layout.text_state = 32;
  layout.text_ascii_start = 40;
  layout.text_compact_start = 56;
  if (style == Style::k310) {
    chain_fields(layout);
  } else {
    data_stack_fields(layout, style);
  }
  return layout;
}

OpcodeFacts fake_opcodes() {
  using namespace opcode_flag;
  OpcodeFacts facts;
  facts.flags[kCall] = kCanCall | kCanCallAny | kFunctionOnStack;
  facts.cache_entries[kCall] = 3;
  facts.flags[kCallAttr] = kCanCall | kCanCallAny;
  facts.cache_entries[kCallAttr] = 1;
  facts.flags[kResume] = kCanCall | kCanCallAny | kResumesGenerator;
  facts.cache_entries[kResume] = 1;
  facts.flags[kCallC] = kCanCallAny;
  facts.flags[kReturn] = kReturns;
  facts.flags[kExtendedArg] = kPrefix;
  facts.flags[test::kEnterExecutor] = opcode_flag::kEnterExecutor;
  facts.cache_entries[test::kEnterExecutor] = 1;
  facts.flags[test::kInstrumentedLine] = opcode_flag::kInstrumentedLine;
  facts.flags[test::kInstrumentedInstruction] = opcode_flag::kInstrumentedInstruction;
  facts.flags[kBinary] = kCanCallAny;
  facts.cache_entries[kBinary] = facts.cache_entries[kBinaryInt] = 1;
  return facts;
}

}  // namespace heavyops::test
