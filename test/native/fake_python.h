#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "code_cache.h"
#include "layout.h"
#include "sampler.h"

namespace heavyops::test {

// Opcodes of the fake interpreter. What they can do is in `fake_opcodes`.
enum Opcode : uint8_t {
  kCache,
  kNop,
  kCall,      // 3 caches; leaves the function in the value stack
  kCallAttr,  // 1 cache; pushes frames, leaves no function
  kCallC,     // may run Python code through C
  kReturn,
  kExtendedArg,
  kEnterExecutor,
  kInstrumentedLine,
  kInstrumentedInstruction,
  kResume,     // 1 cache; pushes generators' frames
  kBinary,     // 1 cache
  kBinaryInt,  // 1 cache: what kBinary is specialised to
};

// Which CPython the fake resembles. Its offsets are its own: that is the point of a Layout.
enum class Style { k310, k311, k312, k313, k314 };
constexpr Style kStyles[] = {Style::k310, Style::k311, Style::k312, Style::k313, Style::k314};
constexpr Style kDataStackStyles[] = {Style::k311, Style::k312, Style::k313, Style::k314};

constexpr int kGilBytes = 192;  // of the GIL's struct, with room for its condition
Layout fake_layout(Style style);
OpcodeFacts fake_opcodes();

struct CodeSpec {
  std::string name = "f";
  std::vector<uint8_t> bytecode;  // empty: NOP, CALL, CALL_ATTR, CALL_C, RETURN, RESUME; see `unit_of`
  int32_t first_line = 1;
  uint32_t locals = 1, stack_size = 4;
};

// Code units of the default bytecode.
enum Unit : uint32_t {
  kAtNop = 0,
  kAtCall = 1,
  kAtCallAttr = 5,
  kAtCallC = 7,
  kAtReturn = 8,
  kAtResume = 9,
  kDefaultUnits = 11
};

struct FakeThread {
  Address state = 0;
  Address cframe = 0;  // 3.11, 3.12
  std::vector<Address> chunks;
  std::vector<Address> frames;   // of code, root first
  std::vector<uint32_t> locals;  // of their code objects
  Address top = 0;               // where the next frame on the data stack begins
};

// Structures of an interpreter in this process' own memory, in one anonymous mapping.
class FakePython {
 public:
  explicit FakePython(Style style, size_t bytes = size_t{8} << 20);
  ~FakePython();
  FakePython(const FakePython&) = delete;
  FakePython& operator=(const FakePython&) = delete;

  const Layout& layout() const { return layout_; }
  Style style() const { return style_; }
  bool has_shims() const { return style_ >= Style::k312; }

  Address allocate(size_t bytes);
  uint8_t* arena() { return arena_; }
  size_t used() const { return used_; }

  template <typename T>
  void set(Address at, int32_t offset, T value) {
    std::memcpy(reinterpret_cast<void*>(at + static_cast<Address>(offset)), &value, sizeof value);
  }
  template <typename T>
  T get(Address at, int32_t offset) const {
    return field<T>(reinterpret_cast<const uint8_t*>(at), offset);
  }

  Address text(const std::string& ascii);
  // `kind` bytes a character, not ASCII.
  Address text(const std::vector<uint32_t>& characters, int kind);
  Address bytes(const std::vector<uint8_t>& content);
  Address code(const CodeSpec& spec = {});
  Address code(const std::string& name) { return code(CodeSpec{name}); }
  // The code object's bytecode.
  Address bytecode(Address code) const;
  // The function object that belongs to a code object (only its address matters).
  Address function(Address code) const { return code - 16; }

  // The head of the list of interpreters is the first word of the arena; the GIL's holder the second.
  Address interpreters_head() const { return reinterpret_cast<Address>(arena_); }
  Address gil_holder() const { return style_ <= Style::k311 ? interpreters_head() + 8 : 0; }
  Address add_interpreter();
  void hold_gil(const FakeThread& thread);
  // Where the GIL's locks may be, that the configuration names to 3.11 and the interpreter points at later.
  Address gil() const { return gil_; }
  // At the front of the interpreter's list, as CPython does.
  FakeThread add_thread(Address interpreter, uint64_t ident, uint64_t native_id = 0);
  void remove_thread(Address interpreter, const FakeThread& thread);
  FakeThread add_thread_running(Address interpreter, uint64_t ident, const std::vector<std::string>& names);

  // Begins the evaluation of a code object; its caller waits at `call`.
  Address push(FakeThread& thread, Address code, uint32_t call = kAtCall);
  // The same through C code: a new evaluation loop (an entry frame from 3.12 on).
  Address push_through_c(FakeThread& thread, Address code);
  Address push_generator(FakeThread& thread, Address code);
  void set_generator_state(Address frame, int8_t state);
  // The caller runs again. What a version leaves in the dead frame stays; the pointers to it too.
  void pop_but_keep_pointers(FakeThread& thread);
  void set_current(FakeThread& thread, Address frame);
  void set_unit(Address frame, uint32_t unit);
  void add_chunk(FakeThread& thread, size_t size);

  SamplerConfig config() const;

 private:
  Address make_frame(Address at, Address code, Address previous, uint8_t owner);
  Address make_shim(Address previous);
  Address place_on_stack(FakeThread& thread, Address code);
  void suspend(FakeThread& thread, uint32_t call, Address callee_function);
  void enter(FakeThread& thread, Address code, Address frame);

  Style style_;
  Layout layout_;
  uint8_t* arena_;
  size_t capacity_;
  size_t used_ = 4096;
  Address code_type_ = 0;
  Address gil_ = 0;
};

}  // namespace heavyops::test
