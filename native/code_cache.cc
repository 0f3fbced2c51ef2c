#include "code_cache.h"

#include <algorithm>

#include "bpf/record.h"

namespace heavyops {

namespace {

constexpr uint64_t kMaxBytecode =
    8u << 20;                        // bytes; the largest code object of the standard library has 60 kB
constexpr uint64_t kMaxText = 4096;  // characters
// In the state word of a str `interned` precedes `kind`, with 2 bits (Include/cpython/unicodeobject.h).
constexpr int kTextKindShift = 2;
// CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR (Include/cpython/code.h), the same from 3.6 to 3.15.
constexpr uint32_t kGeneratorFlags = 0x20 | 0x80 | 0x200;
constexpr uint64_t kForgetFailures = 100'000'000;  // ns
constexpr int kLoadAttempts = 3;
constexpr size_t kMaxLineEntry = 8;  // bytes a code unit in the table of instrumented lines; 3.14 has up to 6
constexpr int32_t kNotCode = 1, kRefused = 2;

// What a code object costs by the unit: see the vectors of Code.
constexpr size_t kBytesPerUnit = 2 + sizeof(uint32_t) + sizeof(int32_t) + sizeof(Code::Site);

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    if (c >= 0xD800 && c < 0xE000) c = 0xFFFD;  // a lone surrogate has no UTF-8
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x110000) {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

}  // namespace

void Code::Site::count_callee(int32_t id, uint16_t walk) {
  if (others > usual) {
    callee = id;
    usual = others = 0;
  }
  if (id != callee) {
    ++others;
  } else if (counted != walk) {
    counted = walk;
    ++usual;
  }
  if (usual < UINT16_MAX && others < UINT8_MAX) return;
  usual /= 2;
  others /= 2;
}

void Code::Site::count_held(bool held) {
  if (++(held ? found : missed) < UINT8_MAX) return;
  found /= 2;
  missed /= 2;
}

Code* CodeCache::find(Address address, uint64_t now) {
  int32_t known = index_.find(address);
  Code* code = known >= 0 ? codes_[known].get() : nullptr;
  if (code != nullptr && !code->vacant) {
    return refresh(code, now, trusted_for(*code, now));
  }
  if (!plausible(address)) return nullptr;
  if (now - not_code_since_ > kForgetFailures) {
    not_code_.clear();
    not_code_since_ = now;
  }
  uint64_t refused = refused_;
  if (int32_t why = not_code_.find(address); why >= 0) {
    refused_ += why == kRefused;
    return nullptr;
  }
  code = code != nullptr ? refresh(code, now, 0) : load(address, now);
  if (code == nullptr) not_code_.put(address, refused_ != refused ? kRefused : kNotCode);
  return code;
}

bool CodeCache::locate(Address address, uint64_t instruction, uint64_t now, Code*& code, uint32_t& unit) {
  code = find(address, now);
  for (int attempt = 0; attempt < 2 && code != nullptr; ++attempt) {
    uint64_t at = 0;  // in code units
    if (layout_.instruction_scale == 0) {
      // To 3.12 a frame that is about to begin points at the unit before its first one.
      uint64_t bytes = instruction + 2 == code->bytecode ? 0 : instruction - code->bytecode;
      at = bytes % 2 == 0 ? bytes / 2 : code->units;
    } else if (auto last = static_cast<int32_t>(instruction); last > 0) {
      // f_lasti is -1 before the first instruction; it counts bytes to 3.9 and code units in 3.10.
      at = static_cast<uint64_t>(int64_t{last} * layout_.instruction_scale / 2);
    }
    if (at < code->units) {
      unit = code->owner[at];
      return true;
    }
    code = refresh(code, now, 1'000'000);  // perhaps another code object lies at this address by now
  }
  return false;
}

bool CodeCache::locate_marked(Address address, uint64_t mark, uint64_t instruction, uint64_t now, Code*& code,
                              uint32_t& unit) {
  if (!locate(address, instruction, now, code, unit)) return false;
  if (code->mark == mark) return true;
  return refresh(code, now, 0) != nullptr && locate(address, instruction, now, code, unit) &&
         code->mark == mark;
}

bool CodeCache::is_plain(uint8_t opcode) const {
  using namespace opcode_flag;
  constexpr uint16_t kHides = kPrefix | kEnterExecutor | kInstrumentedLine | kInstrumentedInstruction;
  return (facts_.flags[opcode] & kHides) == 0;
}

Code* CodeCache::refresh(Code* code, uint64_t now, uint64_t age) {
  if (now < code->checked_at + age) return code;
  code->checked_at = now;
  if (!read_header(code->address)) return code;  // torn or gone: the next walk tells
  before_ = code->live;
  if (is_code(header_.data()) && identity_of(header_.data()) == code->identity && read_bytecode(*code)) {
    code->vacant = false;
    resolve_opcodes(*code);
    if (!has_opcodes(*code, before_)) code->changed_at = now;
    return code;
  }
  Code* other = load(code->address, now);
  code->vacant = other == nullptr;
  return other;
}

// What a code object leads to may be freed and used anew while it is read: it counts when the code object is
// there after it, too.
Code* CodeCache::load(Address address, uint64_t now) {
  std::unique_ptr<Code> code;
  for (int attempt = 0; attempt < kLoadAttempts; ++attempt) {
    code = read_code(address, now);
    if (code == nullptr) return nullptr;
    if (is_still(*code)) break;
    code.reset();
  }
  if (code == nullptr) return nullptr;
  size_t texts = code->name.size() + code->qualname.size() + code->filename.size() + code->line_table.size();
  size_t bytes = sizeof(Code) + texts + code->units * kBytesPerUnit;
  if (!is_affordable(bytes)) return nullptr;
  bytes_kept_ += bytes;
  find_owners(*code);
  code->frame_ids.assign(code->units, -1);
  code->sites.assign(code->units, {});
  code->id = static_cast<int32_t>(codes_.size());
  index_.put(address, code->id);
  codes_.push_back(std::move(code));
  return codes_.back().get();
}

bool CodeCache::is_still(const Code& code) {
  return read_header(code.address) && is_code(header_.data()) && identity_of(header_.data()) == code.identity;
}

std::unique_ptr<Code> CodeCache::read_code(Address address, uint64_t now) {
  if (!read_header(address) || !is_code(header_.data())) return nullptr;
  const uint8_t* header = header_.data();
  auto code = std::make_unique<Code>();
  code->address = address;
  code->checked_at = code->loaded_at = code->changed_at = now;
  code->identity = identity_of(header);
  code->mark = bpf::code_mark(field<Address>(header, layout_.code_name),
                              field<Address>(header, layout_.code_line_table),
                              field<uint32_t>(header, layout_.code_first_line));
  if (layout_.code_adaptive >= 0) {
    code->bytecode = address + layout_.code_adaptive;
    uint64_t units = field<uint64_t>(header, layout_.code_units);
    if (units == 0 || units > kMaxBytecode / 2) return nullptr;
    code->units = static_cast<uint32_t>(units);
    // 3.11 keeps no frame size: it is the locals, the value stack and the frame's own words (pycore_frame.h).
    uint64_t words = layout_.code_frame_size >= 0
                         ? field<uint32_t>(header, layout_.code_frame_size)
                         : uint64_t{field<uint32_t>(header, layout_.code_locals)} +
                               field<uint32_t>(header, layout_.code_stack_size) + layout_.frame_size / 8;
    if (words > kMaxBytecode) return nullptr;
    code->frame_bytes = static_cast<uint32_t>(words * 8);
  } else {
    Address bytes = field<Address>(header, layout_.code_bytes);
    uint64_t length = 0;
    if (!memory_.read(bytes + layout_.bytes_length, &length, sizeof length)) return nullptr;
    if (length == 0 || length > kMaxBytecode) return nullptr;
    code->bytecode = bytes + layout_.bytes_start;
    code->units = static_cast<uint32_t>(length / 2);
  }
  if (!is_affordable(code->units * kBytesPerUnit) || !read_bytecode(*code)) return nullptr;
  code->is_generator = (field<uint32_t>(header, layout_.code_flags) & kGeneratorFlags) != 0;
  code->first_line = field<int32_t>(header, layout_.code_first_line);
  Address name = field<Address>(header, layout_.code_name);
  Address qualname = layout_.code_qualname >= 0 ? field<Address>(header, layout_.code_qualname) : 0;
  Address filename = field<Address>(header, layout_.code_filename);
  Address line_table = field<Address>(header, layout_.code_line_table);
  resolve_opcodes(*code);  // reads on from the header's pointers: before the header buffer is used again
  code->name = read_text(name);
  code->qualname = qualname != 0 ? read_text(qualname) : code->name;
  code->filename = read_text(filename);
  if (!read_bytes(line_table, code->line_table)) code->line_table.clear();
  return code;
}

bool CodeCache::is_affordable(size_t bytes) {
  if (codes_.size() < limits_.count && bytes_kept_ + bytes <= limits_.bytes) return true;
  ++refused_;
  return false;
}

bool CodeCache::read_header(Address address) {
  header_.resize(layout_.code_size);
  return memory_.read(address, header_.data(), header_.size());
}

// The first object whose type calls itself "code" tells where that type is; it is static and never moves.
// What is freed keeps its type until its memory is used anew, but has the allocator's link to other free
// memory where its references were counted (Objects/obmalloc.c), and no count is that high: 3.12 and later
// end at 2^32.
bool CodeCache::is_code(const uint8_t* header) {
  uint64_t references = field<uint64_t>(header, 0) & 0xFFFF'FFFF'FFFF;  // above: flags of 3.14 (refcount.h)
  if (layout_.code_type == sizeof references) {
    if (references == 0 || references >> 32 != 0) return false;
  } else {
    // The free-threaded build (object.h, 3.13): ob_tid, …, ob_ref_local in the upper half of the second word,
    // and ob_ref_shared, whose two lowest bits are flags. Memory that was given back keeps what it held.
    bool referred_to = field<uint32_t>(header, 12) != 0 || field<uint64_t>(header, 16) >> 2 != 0;
    if (!referred_to) return false;
  }
  Address type = field<Address>(header, layout_.code_type);
  if (code_type_ != 0) return type == code_type_;
  Address name = memory_.read_pointer(type + layout_.type_name);
  char text[5] = {};
  if (!memory_.read(name, text, sizeof text) || std::memcmp(text, "code", 5) != 0) return false;
  code_type_ = type;
  return true;
}

std::array<uint64_t, 7> CodeCache::identity_of(const uint8_t* header) const {
  auto pointer = [&](int32_t offset) { return offset >= 0 ? field<uint64_t>(header, offset) : 0; };
  return {pointer(layout_.code_name),
          pointer(layout_.code_qualname),
          pointer(layout_.code_filename),
          pointer(layout_.code_line_table),
          pointer(layout_.code_units),
          pointer(layout_.code_bytes),
          field<uint32_t>(header, layout_.code_first_line) |
              uint64_t{field<uint32_t>(header, layout_.code_flags)} << 32};
}

// False as well when it has another length now: to 3.10 it is an object of its own, with its length in front.
bool CodeCache::read_bytecode(Code& code) {
  size_t head = layout_.code_adaptive >= 0 ? 0 : layout_.bytes_start - layout_.bytes_length;
  scratch_.resize(head + 2 * size_t{code.units});
  if (!memory_.read(code.bytecode - head, scratch_.data(), scratch_.size())) return false;
  if (head != 0 && field<uint64_t>(scratch_.data(), 0) / 2 != code.units) return false;
  code.live.assign(scratch_.begin() + static_cast<std::ptrdiff_t>(head), scratch_.end());
  return true;
}

// Puts the original opcode wherever tools or the JIT have put their own in its place.
void CodeCache::resolve_opcodes(Code& code) {
  using namespace opcode_flag;
  code.has_executor = false;
  monitoring_read_ = false;
  executor_opcodes_.fill(-1);
  for (size_t unit = 0; unit < code.units;) {
    uint8_t& opcode = code.live[2 * unit];
    if (facts_.flags[opcode] & kEnterExecutor) {
      code.has_executor = true;
      opcode = executor_original(code.live[2 * unit + 1], opcode);
    } else if (facts_.flags[opcode] & (kInstrumentedLine | kInstrumentedInstruction)) {
      opcode = instrumented_original(unit, opcode, code.units);
    }
    unit += size_t{1} + facts_.cache_entries[opcode];
  }
}

// _PyCoMonitoringData (cpython/code.h): a line event hides what an instruction event may hide in turn.
uint8_t CodeCache::instrumented_original(size_t unit, uint8_t opcode, size_t units) {
  using namespace opcode_flag;
  if (!monitoring_read_) read_monitoring(units);
  if (facts_.flags[opcode] & kInstrumentedLine) {
    size_t at = static_cast<size_t>(layout_.lines_original) + unit * lines_stride_;
    if (at >= lines_.size()) return opcode;
    opcode = lines_[at];
  }
  if ((facts_.flags[opcode] & kInstrumentedInstruction) && unit < instructions_.size()) {
    opcode = instructions_[unit];
  }
  return opcode;
}

// Whole tables, as far as they can be read: traced code has an entry on every line.
void CodeCache::read_monitoring(size_t units) {
  monitoring_read_ = true;
  lines_.clear();
  instructions_.clear();
  if (layout_.code_monitoring < 0) return;
  auto read_table = [&](Address from, size_t size, std::vector<uint8_t>& into) {
    into.resize(size);
    into.resize(static_cast<size_t>(std::max<ssize_t>(0, memory_.read_some(from, into.data(), size))));
  };
  Address monitoring = field<Address>(header_.data(), layout_.code_monitoring);
  Address lines = memory_.read_pointer(monitoring + layout_.monitoring_lines);
  uint8_t stride = static_cast<uint8_t>(layout_.lines_stride);
  if (stride == 0) memory_.read(lines, &stride, 1);
  lines_stride_ = stride;
  if (stride != 0 && stride <= kMaxLineEntry) {
    read_table(lines, static_cast<size_t>(layout_.lines_original) + units * stride, lines_);
  }
  read_table(memory_.read_pointer(monitoring + layout_.monitoring_instructions), units, instructions_);
}

uint8_t CodeCache::executor_original(uint8_t index, uint8_t opcode) {
  int16_t& known = executor_opcodes_[index];
  if (known >= 0) return static_cast<uint8_t>(known);
  known = opcode;  // what stands there, unless the original can be read
  if (layout_.code_executors < 0) return opcode;
  Address executors = field<Address>(header_.data(), layout_.code_executors);
  Address executor = memory_.read_pointer(executors + layout_.executors_items + 8 * Address{index});
  uint8_t original;
  if (memory_.read(executor + layout_.executor_opcode, &original, 1)) known = original;
  return static_cast<uint8_t>(known);
}

// Caches between the instructions change all the time.
bool CodeCache::has_opcodes(const Code& code, const std::vector<uint8_t>& live) {
  for (uint32_t unit = 0; unit < code.units; ++unit) {
    if (code.owner[unit] == unit && live[2 * size_t{unit}] != code.opcode(unit)) return false;
  }
  return true;
}

void CodeCache::find_owners(Code& code) const {
  code.owner.resize(code.units);
  for (uint32_t unit = 0; unit < code.units;) {
    uint32_t first = unit;
    while (unit + 1 < code.units && facts_.flags[code.opcode(unit)] & opcode_flag::kPrefix) ++unit;
    uint32_t end = std::min(code.units, unit + 1 + facts_.cache_entries[code.opcode(unit)]);
    std::fill(code.owner.begin() + first, code.owner.begin() + end, unit);
    unit = end;
  }
}

// A str in its compact forms (Include/cpython/unicodeobject.h); names and file names have no other.
std::string CodeCache::read_text(Address address) {
  std::vector<uint8_t> object(layout_.text_ascii_start);
  if (!memory_.read(address, object.data(), object.size())) return "<unreadable>";
  uint64_t length = std::min(field<uint64_t>(object.data(), layout_.text_length), kMaxText);
  uint32_t state = field<uint32_t>(object.data(), layout_.text_state) >> kTextKindShift;
  size_t kind = state & 7;
  bool compact = state >> 3 & 1, ascii = state >> 4 & 1;
  if (!compact || (kind != 1 && kind != 2 && kind != 4)) return "<unreadable>";
  std::vector<uint8_t> text(length * kind);
  Address start = address + (ascii ? layout_.text_ascii_start : layout_.text_compact_start);
  if (!text.empty() && !memory_.read(start, text.data(), text.size())) return "<unreadable>";
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); at += kind) {
    uint32_t c = 0;
    std::memcpy(&c, &text[at], kind);
    append_utf8(out, c);
  }
  return out;
}

bool CodeCache::read_bytes(Address object, std::vector<uint8_t>& out) {
  uint64_t length = 0;
  if (!plausible(object) || !memory_.read(object + layout_.bytes_length, &length, sizeof length))
    return false;
  if (length > kMaxBytecode) return false;
  out.resize(length);
  return length == 0 || memory_.read(object + layout_.bytes_start, out.data(), length);
}

}  // namespace heavyops
