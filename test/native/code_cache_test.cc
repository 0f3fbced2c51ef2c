#include "code_cache.h"

#include "check.h"
#include "fake_python.h"

namespace heavyops::test {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

struct Fixture {
  explicit Fixture(Style style) : python(style), memory(getpid()), codes(memory, python.layout(), opcodes) {}
  FakePython python;
  OpcodeFacts opcodes = fake_opcodes();
  Memory memory;
  CodeCache codes;
};

TEST("CodeCache: reads names, place, line table and bytecode of a code object") {
  for (Style style : kStyles) {
    Fixture f(style);
    Code* code = f.codes.find(f.python.code({"work", {kNop, 0, kReturn, 0}, 42}), 0);
    CHECK(code != nullptr);
    if (code == nullptr) continue;
    CHECK_EQUAL(code->id, 0);
    CHECK_EQUAL(code->name, "work");
    CHECK_EQUAL(code->qualname, style == Style::k310 ? "work" : "module.work");
    CHECK_EQUAL(code->filename, "/app/fake.py");
    CHECK_EQUAL(code->first_line, 42);
    CHECK_EQUAL(code->units, 2u);
    CHECK_EQUAL(code->line_table, (std::vector<uint8_t>{1, 2, 3}));
    CHECK_EQUAL(code->live, (std::vector<uint8_t>{kNop, 0, kReturn, 0}));
    if (style != Style::k310) CHECK_EQUAL(code->frame_bytes, 80u + 8 * 5);
    CHECK_EQUAL(f.codes.find(code->address, 0), code);
  }
}

TEST("CodeCache: names in every width become UTF-8") {
  Fixture f(Style::k313);
  auto name_of = [&](Address text) {
    Address at = f.python.code();
    f.python.set(at, f.python.layout().code_name, text);
    Code* code = f.codes.find(at, 0);
    return code == nullptr ? std::string("no code") : code->name;
  };
  CHECK_EQUAL(name_of(f.python.text(std::string("plain"))), "plain");
  CHECK_EQUAL(name_of(f.python.text(std::string())), "");
  CHECK_EQUAL(name_of(f.python.text({0xE9, 'a'}, 1)),
              "\xC3\xA9"
              "a");
  CHECK_EQUAL(name_of(f.python.text({0x4E2D, 0x3C0}, 2)), "\xE4\xB8\xAD\xCF\x80");
  CHECK_EQUAL(name_of(f.python.text({0x1F40D, 'x'}, 4)),
              "\xF0\x9F\x90\x8D"
              "x");
  CHECK_EQUAL(name_of(f.python.text({0xD800}, 2)), "\xEF\xBF\xBD");  // a lone surrogate
  CHECK_EQUAL(name_of(f.python.text({0xFFFFFFFF, 'z'}, 4)), "z");    // no character at all
  CHECK_EQUAL(name_of(8), "<unreadable>");
  Address long_text = f.python.text(std::string(10'000, 'n'));
  CHECK_EQUAL(name_of(long_text).size(), 4096u);
  Address absurd = f.python.text(std::string("abc"));
  f.python.set<uint64_t>(absurd, f.python.layout().text_length, ~uint64_t{0});
  CHECK(name_of(absurd).size() <= 2 * 4096);
  Address not_compact = f.python.text(std::string("abc"));
  f.python.set<uint32_t>(not_compact, f.python.layout().text_state, 0);
  CHECK_EQUAL(name_of(not_compact), "<unreadable>");
}

TEST("CodeCache: what is freed is no code object, though it keeps its type") {
  Fixture f(Style::k313);
  Address at = f.python.code();
  for (uint64_t link : {uint64_t{0}, uint64_t{0x7F12'3456'7890}}) {
    f.python.set<uint64_t>(at, 0, link);
    CHECK(f.codes.find(at, 0) == nullptr);
  }
  // Immortal ones: of 3.12 and 3.13, and statically allocated ones of 3.14 (Include/refcount.h).
  for (uint64_t references : {uint64_t{0xFFFF'FFFF}, uint64_t{5} << 48 | uint64_t{3} << 30}) {
    Address other = f.python.code();
    f.python.set<uint64_t>(other, 0, references);
    CHECK(f.codes.find(other, 0) != nullptr);
  }
}

TEST("CodeCache: prefixes and inline caches belong to their instruction") {
  Fixture f(Style::k313);
  Address at = f.python.code({"f", {kNop,   0, kExtendedArg, 1, kExtendedArg, 1, kCall,  1, kCache,  0,
                                    kCache, 0, kCache,       0, kBinary,      0, kCache, 0, kReturn, 0}});
  Code* code = f.codes.find(at, 0);
  CHECK(code != nullptr);
  if (code != nullptr) CHECK_EQUAL(code->owner, (std::vector<uint32_t>{0, 3, 3, 3, 3, 3, 3, 7, 7, 9}));
  // Bytecode that ends in a prefix, or within caches.
  Code* prefix = f.codes.find(f.python.code({"g", {kNop, 0, kExtendedArg, 0}}), 0);
  if (prefix != nullptr) CHECK_EQUAL(prefix->owner, (std::vector<uint32_t>{0, 1}));
  Code* cut = f.codes.find(f.python.code({"h", {kCall, 0, kCache, 0}}), 0);
  if (cut != nullptr) CHECK_EQUAL(cut->owner, (std::vector<uint32_t>{0, 0}));
}

TEST("CodeCache: shows the instruction that a JIT executor stands for") {
  for (Style style : {Style::k313, Style::k314}) {
    Fixture f(style);
    const Layout& layout = f.python.layout();
    Address at = f.python.code({"f", {kNop, 0, kEnterExecutor, 2, kCache, 0, kReturn, 0}});
    Address executor = f.python.allocate(64), executors = f.python.allocate(64);
    f.python.set<uint8_t>(executor, layout.executor_opcode, kBinary);
    f.python.set(executors, layout.executors_items + 16, executor);
    f.python.set(at, layout.code_executors, executors);
    Code* code = f.codes.find(at, 0);
    CHECK(code != nullptr);
    if (code == nullptr) continue;
    CHECK_EQUAL(int{code->opcode(1)}, int{kBinary});
    CHECK(code->has_executor);
    CHECK_EQUAL(code->owner, (std::vector<uint32_t>{0, 1, 1, 3}));
    // An executor that cannot be read leaves what stands there, never a cache.
    f.python.set<Address>(at, layout.code_executors, 8);
    f.codes.refresh(code, kSecond, 0);
    CHECK_EQUAL(int{code->opcode(1)}, int{kEnterExecutor});
  }
}

TEST("CodeCache: shows the instructions that tools have put their own in place of") {
  for (Style style : {Style::k312, Style::k313, Style::k314}) {
    Fixture f(style);
    const Layout& layout = f.python.layout();
    Address at = f.python.code(
        {"f",
         {kInstrumentedLine, 0, kInstrumentedInstruction, 0, kInstrumentedLine, 0, kCache, 0, kReturn, 0}});
    Address monitoring = f.python.allocate(64);
    f.python.set(at, layout.code_monitoring, monitoring);
    Address instructions = f.python.allocate(16), lines = f.python.allocate(64);
    f.python.set(monitoring, layout.monitoring_instructions, instructions);
    f.python.set(monitoring, layout.monitoring_lines, lines);
    int32_t stride = layout.lines_stride;
    if (stride == 0) f.python.set<uint8_t>(lines, 0, static_cast<uint8_t>(stride = 4));
    f.python.set<uint8_t>(lines, layout.lines_original, kNop);
    f.python.set<uint8_t>(lines, layout.lines_original + 2 * stride, kInstrumentedInstruction);  // both
    f.python.set<uint8_t>(instructions, 1, kReturn);
    f.python.set<uint8_t>(instructions, 2, kBinary);
    Code* code = f.codes.find(at, 0);
    CHECK(code != nullptr);
    if (code == nullptr) continue;
    CHECK_EQUAL(int{code->opcode(0)}, int{kNop});
    CHECK_EQUAL(int{code->opcode(1)}, int{kReturn});
    CHECK_EQUAL(int{code->opcode(2)}, int{kBinary});
    CHECK_EQUAL(code->owner, (std::vector<uint32_t>{0, 1, 2, 2, 4}));
    uint64_t calls = f.memory.calls();
    f.codes.refresh(code, kSecond, 0);
    CHECK(f.memory.calls() - calls <= 7);
  }
}

TEST("CodeCache: instrumented code costs a few reads, however long it is") {
  Fixture f(Style::k313);
  std::vector<uint8_t> bytecode;
  for (int i = 0; i < 20'000; ++i) bytecode.insert(bytecode.end(), {kInstrumentedLine, 0});
  Address at = f.python.code({"f", bytecode});
  Address monitoring = f.python.allocate(64);
  f.python.set(at, f.python.layout().code_monitoring, monitoring);
  f.python.set(monitoring, f.python.layout().monitoring_lines, f.python.allocate(40'000));
  CHECK(f.codes.find(at, 0) != nullptr);
  CHECK(f.memory.calls() < 30);
}

TEST("CodeCache: notices specialisation when it reads again, and not before") {
  for (Style style : kDataStackStyles) {
    Fixture f(style);
    Address at = f.python.code({"f", {kBinary, 0, kCache, 0, kReturn, 0}});
    Code* code = f.codes.find(at, 0);
    CHECK(code != nullptr);
    if (code == nullptr) continue;
    f.python.set<uint8_t>(f.python.bytecode(at), 0, kBinaryInt);
    CHECK_EQUAL(f.codes.refresh(code, 5, 10), code);
    CHECK_EQUAL(int{code->opcode(0)}, int{kBinary});
    CHECK_EQUAL(f.codes.refresh(code, 20, 10), code);
    CHECK_EQUAL(int{code->opcode(0)}, int{kBinaryInt});
    f.python.set<uint8_t>(f.python.bytecode(at), 0, kBinary);
    CHECK_EQUAL(f.codes.find(at, kSecond), code);
    CHECK_EQUAL(int{code->opcode(0)}, int{kBinary});
  }
}

TEST("CodeCache: another code object at a known address gets its own id") {
  for (Style style : kStyles) {
    Fixture f(style);
    Address at = f.python.code("first");
    Code* first = f.codes.find(at, 0);
    f.python.set(at, f.python.layout().code_name, f.python.text(std::string("second")));
    CHECK_EQUAL(f.codes.find(at, 0), first);  // not twice in one tick
    Code* second = f.codes.find(at, 1);       // what is young is looked at often
    CHECK(second != nullptr && second != first);
    if (second == nullptr || first == nullptr) continue;
    CHECK_EQUAL(second->id, 1);
    CHECK_EQUAL(second->name, "second");
    CHECK_EQUAL(first->name, "first");
    CHECK_EQUAL(f.codes.find(at, kSecond), second);
    f.python.set(at, f.python.layout().code_name, f.python.text(std::string("third")));
    CHECK_EQUAL(f.codes.find(at, kSecond + kSecond / 8), second);  // what is old is trusted for a while
    CHECK(f.codes.find(at, 2 * kSecond) != second);
  }
}

TEST("CodeCache: an address that holds no code object any more holds none until it does again") {
  Fixture f(Style::k313);
  Address at = f.python.code();
  Code* code = f.codes.find(at, 0);
  Address type = f.python.get<Address>(at, f.python.layout().code_type);
  f.python.set<Address>(at, f.python.layout().code_type, 8);
  CHECK(f.codes.find(at, kSecond) == nullptr);
  CHECK(f.codes.find(at, kSecond + 1) == nullptr);
  f.python.set<Address>(at, f.python.layout().code_type, type);
  CHECK_EQUAL(f.codes.find(at, 2 * kSecond)->name, code->name);
}

TEST("CodeCache: takes nothing for a code object but one, and forgets failures after a while") {
  for (Style style : kStyles) {
    Fixture f(style);
    Address blank = f.python.allocate(512);
    for (Address address : {Address{0}, Address{1}, Address{4096}, ~Address{0}, blank}) {
      CHECK(f.codes.find(address, 0) == nullptr);
    }
    uint64_t calls = f.memory.calls();
    CHECK(f.codes.find(blank, 1) == nullptr);
    CHECK_EQUAL(f.memory.calls(), calls);
    Address at = f.python.code();
    std::memcpy(reinterpret_cast<void*>(blank), reinterpret_cast<void*>(at), 200);
    CHECK(f.codes.find(blank, 2) == nullptr);
    CHECK(f.codes.find(blank, kSecond) != nullptr);
  }
}

TEST("CodeCache: refuses absurd sizes") {
  for (Style style : kDataStackStyles) {
    for (uint64_t units : {uint64_t{0}, uint64_t{1} << 24, uint64_t{1} << 60, (uint64_t{1} << 63) + 5,
                           uint64_t{1} << 63, ~uint64_t{0}}) {
      Fixture f(style);
      Address at = f.python.code();
      f.python.set(at, f.python.layout().code_units, units);
      CHECK(f.codes.find(at, 0) == nullptr);
    }
    Fixture f(style);
    Address at = f.python.code();
    f.python.set(at, f.python.layout().code_stack_size, ~uint32_t{0});
    if (style != Style::k311) f.python.set(at, f.python.layout().code_frame_size, ~uint32_t{0});
    CHECK(f.codes.find(at, 0) == nullptr);
  }
  for (uint64_t length : {uint64_t{0}, uint64_t{1} << 60, ~uint64_t{0}}) {
    Fixture f(Style::k310);
    Address at = f.python.code();
    f.python.set(f.python.get<Address>(at, f.python.layout().code_bytes), f.python.layout().bytes_length,
                 length);
    CHECK(f.codes.find(at, 0) == nullptr);
  }
}

TEST("CodeCache: keeps no more code objects, and no more bytes of them, than it may") {
  for (Style style : {Style::k310, Style::k314}) {
    Fixture f(style);
    CodeCache few(f.memory, f.python.layout(), f.opcodes, {10, size_t{1} << 20});
    Code* first = nullptr;
    for (int i = 0; i < 20; ++i) {
      Code* code = few.find(f.python.code("f" + std::to_string(i)), 0);
      CHECK_EQUAL(code != nullptr, i < 10);
      if (i == 0) first = code;
    }
    CHECK_EQUAL(few.all().size(), 10u);
    CHECK_EQUAL(few.refused(), 10u);
    CHECK_EQUAL(few.find(first->address, kSecond), first);
    // A new object at a known address is refused as well.
    f.python.set(first->address, f.python.layout().code_name, f.python.text(std::string("new")));
    CHECK(few.find(first->address, 2 * kSecond) == nullptr);
    CHECK(few.find(first->address, 2 * kSecond + 1) == nullptr);
    CodeCache small(f.memory, f.python.layout(), f.opcodes, {1000, 20'000});
    size_t kept = 0;
    for (int i = 0; i < 200; ++i) kept += small.find(f.python.code("g"), 0) != nullptr;
    CHECK(kept > 5 && kept < 100);
  }
}

}  // namespace
}  // namespace heavyops::test
