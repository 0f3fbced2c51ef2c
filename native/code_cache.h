#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "address_map.h"
#include "layout.h"
#include "memory.h"

namespace heavyops {

// Knowledge about opcodes that comes from outside, by opcode number.
struct OpcodeFacts {
  std::array<uint8_t, 256> cache_entries{};
  std::array<uint16_t, 256> flags{};
};

// One code object of the target as it was last read.
struct Code {
  // What was seen of calls from one instruction. All counts are halved before they overflow.
  struct Site {
    int32_t callee = -1;   // id of the code object that it calls most often
    uint16_t usual = 0;    // walks that saw it call that one,
    uint16_t counted = 0;  // and the number of the last of them: recursion calls from one instruction often
    uint8_t others = 0;    // calls of others
    // How often the callee's function object was in the caller's value stack, and how often not.
    uint8_t found = 0, missed = 0;

    void count_callee(int32_t id, uint16_t walk);
    void count_held(bool held);
  };

  int32_t id = -1;
  Address address = 0;
  Address bytecode = 0;      // of the first code unit
  uint32_t units = 0;        // code units of two bytes
  uint32_t frame_bytes = 0;  // of a frame on the data stack, 3.11+
  int32_t first_line = 0;
  uint64_t mark = 0;          // bpf::code_mark
  bool is_generator = false;  // of a generator or coroutine
  bool has_executor = false;  // the JIT runs part of it: instructions are only near
  uint64_t checked_at = 0;    // ns
  uint64_t loaded_at = 0;     // ns
  uint64_t changed_at = 0;    // ns: when the bytecode was last found to be another
  std::string name, qualname, filename;
  std::vector<uint8_t> line_table;
  std::vector<uint8_t> live;       // the bytecode; opcodes with instrumentation and executors resolved
  std::vector<uint32_t> owner;     // code unit → the instruction that owns it
  std::vector<int32_t> frame_ids;  // instruction → id in the interner, -1 before the first sample
  std::vector<Site> sites;         // by instruction

  uint8_t opcode(uint32_t unit) const { return live[2 * size_t{unit}]; }

 private:
  friend class CodeCache;
  std::array<uint64_t, 7> identity{};
  bool vacant = false;  // when its address was read last, it held no code object
};

// How much is kept of a target that goes on making code objects: ids have to stay, so nothing is thrown away.
struct CodeLimits {
  size_t count = 200'000;
  size_t bytes = size_t{256} << 20;
};

// Code objects by address. What is cached by address is checked again after a bounded age, since a code
// object can be freed and its address reused, and since bytecode is specialised in place.
class CodeCache {
 public:
  CodeCache(Memory& memory, const Layout& layout, const OpcodeFacts& facts, const CodeLimits& limits = {})
      : memory_(memory), layout_(layout), facts_(facts), limits_(limits) {}

  // The code object at `address`, read now when it is new; nullptr when there is none, or when no more are
  // kept.
  Code* find(Address address, uint64_t now);

  // Until when, at least, `find` takes it for what is at its address without reading anything.
  static uint64_t fresh_until(const Code& code, uint64_t now) {
    return code.vacant ? 0 : code.checked_at + trusted_for(code, now);
  }

  // Reads it again when it is older than `age` ns. Returns what is at its address then, nullptr if no code
  // is.
  Code* refresh(Code* code, uint64_t now, uint64_t age);

  // Which instruction of which code object: `instruction` is what a frame holds, with instruction_scale.
  // False when that is none.
  bool locate(Address address, uint64_t instruction, uint64_t now, Code*& code, uint32_t& unit);

  // The same of a code object that had that mark when the frame was read.
  bool locate_marked(Address address, uint64_t mark, uint64_t instruction, uint64_t now, Code*& code,
                     uint32_t& unit);

  // Whether an opcode in memory is the one that runs, and not a prefix or in the place of another.
  bool is_plain(uint8_t opcode) const;

  uint16_t flags(const Code& code, uint32_t unit) const { return facts_.flags[code.opcode(unit)]; }

  // How often a code object was not taken for want of memory. A stack that met one is not known.
  uint64_t refused() const { return refused_; }

  // In the order of their ids.
  const std::vector<std::unique_ptr<Code>>& all() const { return codes_; }

 private:
  static constexpr uint64_t kCodeAge = 500'000'000;  // ns: after this a code object is looked at again

  // What has lived long will live on; an address that is used anew is soon used anew again.
  static uint64_t trusted_for(const Code& code, uint64_t now) {
    return std::clamp<uint64_t>((now - code.loaded_at) / 4, 1, kCodeAge);
  }

  Code* load(Address address, uint64_t now);
  std::unique_ptr<Code> read_code(Address address, uint64_t now);
  bool is_still(const Code& code);
  bool is_code(const uint8_t* header);
  bool read_header(Address address);
  bool read_bytecode(Code& code);
  void resolve_opcodes(Code& code);
  uint8_t instrumented_original(size_t unit, uint8_t opcode, size_t units);
  uint8_t executor_original(uint8_t index, uint8_t opcode);
  void read_monitoring(size_t units);
  static bool has_opcodes(const Code& code, const std::vector<uint8_t>& live);
  bool is_affordable(size_t bytes);
  void find_owners(Code& code) const;
  std::array<uint64_t, 7> identity_of(const uint8_t* header) const;
  std::string read_text(Address address);
  bool read_bytes(Address object, std::vector<uint8_t>& out);

  Memory& memory_;
  const Layout& layout_;
  const OpcodeFacts& facts_;
  AddressMap index_;
  AddressMap not_code_;  // addresses that held no code object, or one too many: not read again at once
  uint64_t not_code_since_ = 0;
  Address code_type_ = 0;
  CodeLimits limits_;
  size_t bytes_kept_ = 0;
  uint64_t refused_ = 0;
  std::vector<uint8_t> header_;
  std::vector<uint8_t> scratch_;
  std::vector<uint8_t> before_;
  // What hides behind the bytecode that is being resolved; read when it is first needed.
  bool monitoring_read_ = false;
  size_t lines_stride_ = 0;
  std::vector<uint8_t> lines_, instructions_;
  std::array<int16_t, 256> executor_opcodes_{};  // -1: not read yet
  std::vector<std::unique_ptr<Code>> codes_;
};

}  // namespace heavyops
