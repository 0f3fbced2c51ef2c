#include "fake_python.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

namespace heavyops::test {

namespace {

constexpr size_t kChunkSize = 16'384;
constexpr uint8_t kGeneratorOwner = 1, kShimOwner = 3;
constexpr int kTextKindShift = 2;

}  // namespace

FakePython::FakePython(Style style, size_t bytes)
    : style_(style), layout_(fake_layout(style)), capacity_(bytes) {
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) std::abort();
  arena_ = static_cast<uint8_t*>(mapped);
  code_type_ = allocate(64);
  Address name = allocate(8);
  std::memcpy(reinterpret_cast<void*>(name), "code", 5);
  set(code_type_, layout_.type_name, name);
}

FakePython::~FakePython() { munmap(arena_, capacity_); }

Address FakePython::allocate(size_t bytes) {
  Address at = reinterpret_cast<Address>(arena_) + used_;
  used_ += (bytes + 15) / 16 * 16;
  if (used_ > capacity_) std::abort();
  return at;
}

Address FakePython::text(const std::string& ascii) {
  Address at = allocate(static_cast<size_t>(layout_.text_ascii_start) + ascii.size() + 1);
  set<uint64_t>(at, layout_.text_length, ascii.size());
  set<uint32_t>(at, layout_.text_state, (1u | 1u << 3 | 1u << 4) << kTextKindShift);
  std::memcpy(reinterpret_cast<void*>(at + static_cast<Address>(layout_.text_ascii_start)), ascii.data(),
              ascii.size());
  return at;
}

Address FakePython::text(const std::vector<uint32_t>& characters, int kind) {
  size_t width = static_cast<size_t>(kind);
  Address at = allocate(static_cast<size_t>(layout_.text_compact_start) + (characters.size() + 1) * width);
  set<uint64_t>(at, layout_.text_length, characters.size());
  set<uint32_t>(at, layout_.text_state, (static_cast<uint32_t>(kind) | 1u << 3) << kTextKindShift);
  Address to = at + static_cast<Address>(layout_.text_compact_start);
  for (uint32_t character : characters) {
    std::memcpy(reinterpret_cast<void*>(to), &character, width);
    to += width;
  }
  return at;
}

Address FakePython::bytes(const std::vector<uint8_t>& content) {
  Address at = allocate(static_cast<size_t>(layout_.bytes_start) + content.size() + 1);
  set<uint64_t>(at, layout_.bytes_length, content.size());
  std::copy(content.begin(), content.end(),
            reinterpret_cast<uint8_t*>(at + static_cast<Address>(layout_.bytes_start)));
  return at;
}

Address FakePython::code(const CodeSpec& spec) {
  std::vector<uint8_t> bytecode = spec.bytecode;
  if (bytecode.empty()) {
    bytecode = {kNop, 0,      kCall, 1,      kCache, 0,       kCache, 0,       kCache, 0,      kCallAttr,
                0,    kCache, 0,     kCallC, 0,      kReturn, 0,      kResume, 0,      kCache, 0};
  }
  allocate(16);  // the function object lies right before it
  Address at = allocate(static_cast<size_t>(layout_.code_size) + bytecode.size());
  set<uint64_t>(at, 0, 1);  // ob_refcnt
  set(at, layout_.code_type, code_type_);
  set(at, layout_.code_name, text(spec.name));
  if (layout_.code_qualname >= 0) set(at, layout_.code_qualname, text("module." + spec.name));
  set(at, layout_.code_filename, text(std::string("/app/fake.py")));
  set(at, layout_.code_first_line, spec.first_line);
  set(at, layout_.code_line_table, bytes({1, 2, 3}));
  if (layout_.code_adaptive < 0) {
    set(at, layout_.code_bytes, bytes(bytecode));
    return at;
  }
  set<uint64_t>(at, layout_.code_units, bytecode.size() / 2);
  set(at, layout_.code_locals, spec.locals);
  set(at, layout_.code_stack_size, spec.stack_size);
  uint32_t words = static_cast<uint32_t>(layout_.frame_size) / 8 + spec.locals + spec.stack_size;
  if (layout_.code_frame_size >= 0) set(at, layout_.code_frame_size, words);
  std::copy(bytecode.begin(), bytecode.end(),
            reinterpret_cast<uint8_t*>(at + static_cast<Address>(layout_.code_adaptive)));
  return at;
}

Address FakePython::bytecode(Address code) const {
  if (layout_.code_adaptive >= 0) return code + static_cast<Address>(layout_.code_adaptive);
  return get<Address>(code, layout_.code_bytes) + static_cast<Address>(layout_.bytes_start);
}

Address FakePython::add_interpreter() {
  Address at = allocate(96);
  set(at, layout_.interpreter_next, get<Address>(interpreters_head(), 0));
  Address next = get<Address>(interpreters_head(), 0);
  set<int64_t>(at, layout_.interpreter_id, next == 0 ? 0 : get<int64_t>(next, layout_.interpreter_id) + 1);
  if (gil_ == 0) gil_ = allocate(kGilBytes);
  if (layout_.interpreter_gil >= 0) set(at, layout_.interpreter_gil, gil_);
  set(interpreters_head(), 0, at);
  return at;
}

void FakePython::hold_gil(const FakeThread& thread) {
  if (gil_holder() != 0) return set(gil_holder(), 0, thread.state);
  if (layout_.thread_state >= 0) return set<int32_t>(thread.state, layout_.thread_state, 1);
  set(gil_, layout_.gil_last_holder, thread.state);
  set<int32_t>(gil_, layout_.gil_locked, 1);
}

FakeThread FakePython::add_thread(Address interpreter, uint64_t ident, uint64_t native_id) {
  FakeThread thread;
  thread.state = allocate(static_cast<size_t>(layout_.thread_size));
  set(thread.state, layout_.thread_next, get<Address>(interpreter, layout_.interpreter_threads_head));
  set(thread.state, layout_.thread_interpreter, interpreter);
  set(thread.state, layout_.thread_ident, ident);
  set(thread.state, layout_.thread_unique_id, ident);
  if (layout_.thread_native_id >= 0) set(thread.state, layout_.thread_native_id, native_id);
  if (layout_.thread_cframe_frame >= 0) {
    thread.cframe = allocate(32);
    set(thread.state, layout_.thread_frame, thread.cframe);
  }
  if (layout_.has_data_stack()) add_chunk(thread, kChunkSize);
  if (has_shims()) set_current(thread, make_shim(0));
  set(interpreter, layout_.interpreter_threads_head, thread.state);
  return thread;
}

void FakePython::remove_thread(Address interpreter, const FakeThread& thread) {
  Address at = interpreter;
  int32_t link = layout_.interpreter_threads_head;
  while (get<Address>(at, link) != thread.state) {
    at = get<Address>(at, link);
    link = layout_.thread_next;
  }
  set(at, link, get<Address>(thread.state, layout_.thread_next));
}

FakeThread FakePython::add_thread_running(Address interpreter, uint64_t ident,
                                          const std::vector<std::string>& names) {
  FakeThread thread = add_thread(interpreter, ident);
  for (const std::string& name : names) push(thread, code(name));
  return thread;
}

Address FakePython::push(FakeThread& thread, Address code, uint32_t call) {
  bool is_root = thread.frames.empty();
  Address caller = is_root ? 0 : thread.frames.back();
  if (!is_root) suspend(thread, call, function(code));
  Address frame;
  if (layout_.has_data_stack()) {
    Address shim = has_shims()
                       ? get<Address>(thread.cframe != 0 ? thread.cframe : thread.state,
                                      thread.cframe != 0 ? layout_.thread_cframe_frame : layout_.thread_frame)
                       : 0;
    frame = make_frame(place_on_stack(thread, code), code, is_root ? shim : caller, 0);
    if (is_root && layout_.frame_is_entry >= 0) set<uint8_t>(frame, layout_.frame_is_entry, 1);
  } else {
    frame = make_frame(allocate(static_cast<size_t>(layout_.frame_size)), code, caller, 0);
  }
  enter(thread, code, frame);
  return frame;
}

Address FakePython::push_through_c(FakeThread& thread, Address code) {
  Address caller = thread.frames.back();
  set_unit(caller, kAtCallC);
  Address previous = has_shims() ? make_shim(caller) : caller;
  Address frame = make_frame(place_on_stack(thread, code), code, previous, 0);
  if (layout_.frame_is_entry >= 0) set<uint8_t>(frame, layout_.frame_is_entry, 1);
  if (layout_.thread_cframe_frame >= 0) {  // a new evaluation loop has a cframe of its own
    thread.cframe = allocate(32);
    set(thread.state, layout_.thread_frame, thread.cframe);
  }
  enter(thread, code, frame);
  return frame;
}

Address FakePython::push_generator(FakeThread& thread, Address code) {
  Address generator = allocate(512);
  suspend(thread, kAtResume, 0);
  Address caller = thread.frames.back();
  // The generator stays on the value stack, below the saved stack pointer.
  uint32_t depth = thread.locals.back() + 2;
  set(caller, layout_.frame_locals + 8 * static_cast<int32_t>(depth - 1), generator);
  if (layout_.frame_stacktop >= 0) {
    set(caller, layout_.frame_stacktop, static_cast<int32_t>(depth));
  } else {
    set(caller, layout_.frame_stackpointer,
        caller + static_cast<Address>(layout_.frame_locals) + 8 * Address{depth});
  }
  Address frame =
      make_frame(generator + static_cast<Address>(layout_.generator_frame), code, caller, kGeneratorOwner);
  set_generator_state(frame, static_cast<int8_t>(layout_.generator_executing));
  enter(thread, code, frame);
  return frame;
}

void FakePython::set_generator_state(Address frame, int8_t state) {
  set(frame - static_cast<Address>(layout_.generator_frame - layout_.generator_state), 0, state);
}

void FakePython::pop_but_keep_pointers(FakeThread& thread) {
  Address dead = thread.frames.back();
  thread.frames.pop_back();
  thread.locals.pop_back();
  if (layout_.popped_clears_code) set<Address>(dead, layout_.frame_code, 0);
  if (layout_.frame_executing >= 0) {
    set<uint8_t>(dead, layout_.frame_executing, 2);
    set<Address>(dead, layout_.frame_previous, 0);
  }
  Address caller = thread.frames.back();
  if (layout_.frame_stacktop >= 0) set<int32_t>(caller, layout_.frame_stacktop, -1);
}

void FakePython::set_current(FakeThread& thread, Address frame) {
  if (thread.cframe != 0) {
    set(thread.cframe, layout_.thread_cframe_frame, frame);
  } else {
    set(thread.state, layout_.thread_frame, frame);
  }
}

void FakePython::set_unit(Address frame, uint32_t unit) {
  if (layout_.instruction_scale != 0) {
    return set(frame, layout_.frame_instruction,
               static_cast<int32_t>(unit * 2 / static_cast<uint32_t>(layout_.instruction_scale)));
  }
  Address code = get<Address>(frame, layout_.frame_code) & ~static_cast<Address>(layout_.tag_mask);
  set(frame, layout_.frame_instruction, bytecode(code) + 2 * Address{unit});
}

void FakePython::add_chunk(FakeThread& thread, size_t size) {
  Address before = thread.chunks.empty() ? 0 : thread.chunks.back();
  Address chunk = allocate(size);
  set(chunk, layout_.chunk_previous, before);
  set<uint64_t>(chunk, layout_.chunk_size, size);
  if (before != 0) {
    set<uint64_t>(before, layout_.chunk_top,
                  (thread.top - before - static_cast<Address>(layout_.chunk_first)) / 8);
  }
  thread.chunks.push_back(chunk);
  // The first word of the first chunk is never used (push_chunk in Python/pystate.c).
  thread.top = chunk + static_cast<Address>(layout_.chunk_first) + (before == 0 ? 8 : 0);
  set(thread.state, layout_.thread_chunk, chunk);
  set(thread.state, layout_.thread_top, thread.top);
}

SamplerConfig FakePython::config() const {
  SamplerConfig config;
  config.pid = getpid();
  config.interpreters_head = interpreters_head();
  config.gil_holder = gil_holder();
  if (layout_.interpreter_gil < 0) {
    config.gil = gil_;
    config.gil_locks = {gil_, gil_ + kGilBytes};
  }
  config.layout = layout_;
  config.facts = fake_opcodes();
  config.max_depth = 1000;
  config.max_stacks = 100'000;
  config.max_rows = 100'000;
  return config;
}

Address FakePython::make_frame(Address at, Address code, Address previous, uint8_t owner) {
  Address tags = static_cast<Address>(layout_.tag_mask) & 1;
  set(at, layout_.frame_previous, previous);
  set(at, layout_.frame_code, code | tags);
  set_unit(at, kAtNop);
  if (layout_.frame_executing >= 0) set(at, layout_.frame_executing, static_cast<uint8_t>(0));
  if (!layout_.has_data_stack()) return at;
  set(at, layout_.frame_function, function(code) | tags);
  set(at, layout_.frame_owner, owner);
  if (layout_.frame_is_entry >= 0) set<uint8_t>(at, layout_.frame_is_entry, 0);
  if (layout_.frame_stacktop >= 0) set<int32_t>(at, layout_.frame_stacktop, -1);
  if (layout_.frame_stackpointer >= 0) {
    set(at, layout_.frame_stackpointer, at + static_cast<Address>(layout_.frame_locals) + 8);
  }
  return at;
}

Address FakePython::make_shim(Address previous) {
  Address shim = allocate(static_cast<size_t>(layout_.frame_size) + 128);
  set(shim, layout_.frame_previous, previous);
  set(shim, layout_.frame_owner, kShimOwner);
  return shim;
}

Address FakePython::place_on_stack(FakeThread& thread, Address code) {
  size_t words = static_cast<size_t>(layout_.frame_size) / 8 + get<uint32_t>(code, layout_.code_locals) +
                 get<uint32_t>(code, layout_.code_stack_size);
  Address chunk = thread.chunks.back();
  if (thread.top + words * 8 > chunk + get<uint64_t>(chunk, layout_.chunk_size)) {
    add_chunk(thread, kChunkSize);
  }
  Address at = thread.top;
  thread.top += words * 8;
  set(thread.state, layout_.thread_top, thread.top);
  return at;
}

// The caller has saved its stack pointer; its callee's function lies right there.
void FakePython::suspend(FakeThread& thread, uint32_t call, Address callee_function) {
  Address caller = thread.frames.back();
  set_unit(caller, call);
  if (!layout_.has_data_stack()) return;
  int32_t depth = static_cast<int32_t>(thread.locals.back());
  int32_t at = layout_.frame_locals + 8 * depth;
  if (call == kAtCall) set(caller, at, callee_function | (static_cast<Address>(layout_.tag_mask) & 1));
  if (layout_.frame_stacktop >= 0) {
    set(caller, layout_.frame_stacktop, depth);
  } else {
    set(caller, layout_.frame_stackpointer, caller + static_cast<Address>(at));
  }
}

void FakePython::enter(FakeThread& thread, Address code, Address frame) {
  thread.frames.push_back(frame);
  thread.locals.push_back(layout_.has_data_stack() ? get<uint32_t>(code, layout_.code_locals) : 0);
  set_current(thread, frame);
}

}  // namespace heavyops::test
