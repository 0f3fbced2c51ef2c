#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "borrowed.h"
#include "code_names.h"

namespace heavyops::count {

Store store;

namespace {

constexpr size_t kTexts = 6;  // that tell code objects apart

uint64_t hash_of(uint64_t hash, const void* bytes, size_t length) {
  const auto* at = static_cast<const unsigned char*>(bytes);
  for (size_t i = 0; i < length; i++) hash = (hash ^ at[i]) * 0x100000001b3;  // FNV-1a
  return hash;
}

// An attribute of a code object, to be let go of; null, without an error set, where there is none.
Object* attribute(Object* code, const char* name) {
  Object* value = py.GetAttrString(code, name);
  if (value == nullptr) py.ErrClear();
  return value;
}

// The bytes of an attribute, which stay while `holder` is held.
struct Bytes {
  Object* holder = nullptr;
  char* at = nullptr;
  Size length = 0;

  Bytes(Object* code, const char* name, bool is_text) {
    holder = attribute(code, name);
    if (holder != nullptr && is_text) {
      Object* encoded = py.EncodeText(holder, "utf-8", "backslashreplace");
      py.Decref(holder);
      holder = encoded;
    }
    if (holder == nullptr || py.BytesAsStringAndSize(holder, &at, &length) != 0) {
      py.ErrClear();
      at = nullptr;
      length = 0;
    }
  }
  ~Bytes() {
    if (holder != nullptr) py.Decref(holder);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
};

// Enough to know of a place that calls whether it calls Python, and to leave what runs seldom as it is.
constexpr uint32_t kPatience = 500;

uint32_t text_bytes(const Record& head) {
  return head.name + head.qualname + head.filename + head.bytecode + head.lines + head.borrowed + head.names;
}

}  // namespace

bool Store::request_extra() {
  extra_ = py.RequestExtra(on_freed);
  return extra_ >= 0;
}

bool Store::hold_codes() {
  held_size_ = 1024;
  held_ = static_cast<Known*>(calloc(held_size_, sizeof(Known)));
  return held_ != nullptr;
}

void Store::each_code(void (*call)(Object*)) const {
  for (size_t at = 0; at < held_size_; at++) {
    if (held_[at].code != nullptr) call(held_[at].code);
  }
}

void Store::close() {
  Known* const held = held_;
  const size_t size = held_size_;
  unmap();
  free(contents_);
  free(nowhere_);
  memset(cache_, 0, sizeof cache_);
  contents_ = nullptr;
  contents_size_ = contents_used_ = 0;
  nowhere_ = nullptr;
  nowhere_units_ = 0;
  held_ = nullptr;
  held_size_ = held_used_ = 0;
  for (size_t at = 0; at < size; at++) {
    if (held[at].code != nullptr) py.Decref(held[at].code);
  }
  free(held);
}

Store::Known& Store::look_up(Object* code, Known& cached) {
  const Known* known = held_ != nullptr ? place_of(code) : kept(code);
  if (known != nullptr && known->code != nullptr) return cached = *known;
  // Since it may run code of the program, which may take the same place.
  const Known made = make(code);
  return cached = made;
}

Store::Kept* Store::kept(Object* code) {
  void* extra = nullptr;
  return py.GetExtra(code, extra_, &extra) == 0 ? static_cast<Kept*>(extra) : nullptr;
}

Store::Known Store::make(Object* code) {
  const Record* record = record_of(code, nullptr);
  if (record == nullptr) return {code, nowhere(code), nullptr, 0, 0};
  Known known = recorded(code, record);
  Seen* seen = nullptr;
  if (header_->settings.code_lines >= 0)
    seen = static_cast<Seen*>(calloc(record->bytecode / 2, sizeof(Seen)));
  if (seen != nullptr) known.patience = kPatience;
  if (remember(known, seen)) return known;
  free(seen);
  return {code, nowhere(code), nullptr, 0, 0};
}

Store::Known Store::recorded(Object* code, const Record* record) {
  const auto* texts = reinterpret_cast<const uint8_t*>(record + 1);
  const uint8_t* borrowed = record->borrowed == 0 ? nullptr
                                                  : texts + record->name + record->qualname +
                                                        record->filename + record->bytecode + record->lines;
  uint32_t mark = 0;
  if (borrowed != nullptr && header_->settings.monitoring == 0) {
    memcpy(&mark, borrowed, sizeof mark);
    mark >>= kMarkShift;
  }
  return {code, reinterpret_cast<uint64_t*>(counters_ + record->counters), borrowed, 0, mark};
}

// What was counted until now stays in the record that it has; with its runs it gets another.
void Store::find_runs_of(Known& known, size_t now) {
  Kept* const of_code = kept(known.code);
  if (of_code == nullptr) return;
  uint32_t* runs = of_code->seen == nullptr ? nullptr : runs_of(known, of_code->seen, now);
  const Record* record = runs == nullptr ? nullptr : record_of(known.code, runs);
  free(runs);
  free(of_code->seen);
  of_code->seen = nullptr;
  known.patience = 0;
  if (record != nullptr) known = recorded(known.code, record);
  *static_cast<Known*>(of_code) = known;
}

Seen* Store::seen_of(const Known& known) {
  const Kept* const of_code = known.patience == 0 ? nullptr : kept(known.code);
  return of_code == nullptr ? nullptr : of_code->seen;
}

uint32_t* Store::runs_of(const Known& known, const Seen* seen, size_t now) {
  const Settings& settings = header_->settings;
  const auto* object = static_cast<const char*>(known.code);
  const char* lines = nullptr;
  int16_t line_bytes = 0;
  int32_t first = 0;
  memcpy(&lines, object + settings.code_lines, sizeof lines);
  memcpy(&line_bytes, object + settings.code_line_bytes, sizeof line_bytes);
  memcpy(&first, object + settings.code_first, sizeof first);
  const Bytes bytecode(known.code, "co_code", false);
  const auto units = static_cast<uint32_t>(bytecode.length / 2);
  if (lines == nullptr || first < 0) return nullptr;
  return find_runs({reinterpret_cast<const uint16_t*>(window_ + kKinds),
                    reinterpret_cast<const uint8_t*>(bytecode.at), units, lines, line_bytes,
                    static_cast<uint32_t>(first), seen, known.counters, now});
}

bool Store::leave_out(Object* code) {
  if (held_ != nullptr) return hold({code, nullptr, nullptr, 0, 0});
  const Bytes bytecode(code, "co_code", false);
  auto* unread =
      static_cast<uint64_t*>(calloc(static_cast<size_t>(bytecode.length) / 2 + 1, sizeof(uint64_t)));
  return unread != nullptr && remember({code, unread, nullptr, 0, 0}, nullptr);
}

// The interpreter tells us (on_freed) when the code object goes, or another one at its address would count
// here.
bool Store::remember(const Known& known, Seen* seen) {
  if (held_ != nullptr) return hold(known);  // which has no runs
  auto* of_code = static_cast<Kept*>(malloc(sizeof(Kept)));
  if (of_code == nullptr) return false;
  *static_cast<Known*>(of_code) = known;
  of_code->seen = seen;
  if (py.SetExtra(known.code, extra_, of_code) == 0) return true;
  py.ErrClear();
  free(of_code);
  return false;
}

// Where it is held, or could be.
Store::Known* Store::place_of(Object* code) {
  size_t at = (reinterpret_cast<uintptr_t>(code) >> 5) % held_size_;
  while (held_[at].code != nullptr && held_[at].code != code) at = (at + 1) % held_size_;
  return held_ + at;
}

bool Store::hold(const Known& known) {
  if (held_used_ * 2 >= held_size_) {
    Known* const before = held_;
    const size_t size = held_size_;
    auto* larger = static_cast<Known*>(calloc(size * 2, sizeof(Known)));
    if (larger == nullptr) return false;
    held_ = larger;
    held_size_ = size * 2;
    for (size_t at = 0; at < size; at++) {
      if (before[at].code != nullptr) *place_of(before[at].code) = before[at];
    }
    free(before);
  }
  py.Incref(known.code);
  *place_of(known.code) = known;
  held_used_++;
  return true;
}

void Store::on_freed(void* extra) {
  auto* known = static_cast<Kept*>(extra);
  if (known == nullptr) return;
  Known& cached = store.cache_[(reinterpret_cast<uintptr_t>(known->code) >> 5) % kCached];
  if (cached.code == known->code) cached = {};
  free(known->seen);
  free(known);
}

Record* Store::record_of(Object* code, const uint32_t* runs) {
  const Bytes name(code, "co_name", true);
  const Bytes qualname(code, "co_qualname", true);  // 3.11+
  const Bytes filename(code, "co_filename", true);
  const Bytes bytecode(code, "co_code", false);  // as compiled: neither specialised nor instrumented
  const Bytes lines(code, header_->settings.minor >= 10 ? "co_linetable" : "co_lnotab", false);
  Object* line = attribute(code, "co_firstlineno");
  Record head = {};
  if (line != nullptr) {
    head.first_line = py.LongAsLong(line);
    py.Decref(line);
  }
  head.name = static_cast<uint32_t>(name.length);
  head.qualname = static_cast<uint32_t>(qualname.length);
  head.filename = static_cast<uint32_t>(filename.length);
  head.bytecode = static_cast<uint32_t>(bytecode.length);
  head.lines = static_cast<uint32_t>(lines.length);
  if (bytecode.length == 0) return nullptr;
  uint8_t* borrowed = nullptr;
  if (header_->settings.monitoring != 0) {
    const Bytes handlers(code, "co_exceptiontable", false);
    borrowed = borrowed_counts(reinterpret_cast<const uint16_t*>(window_ + kKinds), bytecode.at,
                               bytecode.length, handlers.at, handlers.length);
    head.borrowed = borrowed == nullptr ? 0 : head.bytecode / 2;
  }
  if (runs != nullptr) head.borrowed = head.bytecode / 2 * 3 * sizeof(uint32_t);
  const void* last = runs != nullptr ? static_cast<const void*>(runs) : borrowed;
  const char* const texts[kTexts] = {name.at,     qualname.at, filename.at,
                                     bytecode.at, lines.at,    static_cast<const char*>(last)};
  Record* record = with_content(code, head, texts);
  free(borrowed);
  return record;
}

// Code that is made again and again (exec, functions of a module that is loaded anew) has one set of
// counters, or memory would grow without end. So has code that differs in its names and constants alone, as
// an expression that is evaluated with other numbers each time.
Record* Store::with_content(Object* code, const Record& head, const char* const* texts) {
  const uint32_t lengths[kTexts] = {head.name,     head.qualname, head.filename,
                                    head.bytecode, head.lines,    head.borrowed};
  uint64_t hash = hash_of(0xcbf29ce484222325, &head.first_line, sizeof head.first_line);
  hash = hash_of(hash, lengths, sizeof lengths);
  for (size_t i = 0; i < kTexts; i++) hash = hash_of(hash, texts[i], lengths[i]);
  if (contents_used_ * 2 >= contents_size_) grow_contents();
  if (contents_ == nullptr) return nullptr;
  size_t at = hash % contents_size_;
  for (; contents_[at].record != nullptr; at = (at + 1) % contents_size_) {
    if (contents_[at].hash != hash) continue;
    const Record& other = *contents_[at].record;
    if (other.first_line != head.first_line || memcmp(&other.name, &head.name, sizeof lengths) != 0) continue;
    const char* text = reinterpret_cast<const char*>(&other + 1);
    bool same = true;
    for (size_t i = 0; same && i < kTexts; text += lengths[i], i++)
      same = memcmp(text, texts[i], lengths[i]) == 0;
    if (same) return contents_[at].record;
  }
  Record* record = add_record(code, head, texts);
  if (record != nullptr) {
    contents_[at] = {hash, record};
    contents_used_++;
  }
  return record;
}

void Store::grow_contents() {
  const size_t size = contents_size_ == 0 ? 4096 : contents_size_ * 2;
  auto* larger = static_cast<Content*>(calloc(size, sizeof(Content)));
  if (larger == nullptr) return;
  for (size_t i = 0; i < contents_size_; i++) {
    if (contents_[i].record == nullptr) continue;
    size_t at = contents_[i].hash % size;
    while (larger[at].record != nullptr) at = (at + 1) % size;
    larger[at] = contents_[i];
  }
  free(contents_);
  contents_ = larger;
  contents_size_ = size;
}

Record* Store::add_record(Object* code, Record head, const char* const* texts) {
  static char names[kMostNames];
  head.names = static_cast<uint32_t>(write_names(code, header_->settings, names, sizeof names));
  const uint64_t bytes = sizeof(Record) + text_bytes(head);
  if (text_ + bytes > text_end_) {
    const uint64_t chunk = bytes > kTextChunk ? bytes : kTextChunk;
    const uint64_t place = allocate(chunk);
    if (place == 0) return nullptr;
    text_ = place;
    text_end_ = place + chunk;
  }
  const bool has_runs = header_->settings.monitoring == 0 && head.borrowed != 0;
  const uint64_t counters =
      take_counters((head.bytecode / 2 + 1) * sizeof(uint64_t) * (has_runs ? kRunCounts : 1));
  if (counters == ~0ul) return nullptr;
  auto* record = reinterpret_cast<Record*>(window_ + text_);
  *record = head;
  record->counters = counters;
  record->next = mine_.records;
  char* text = reinterpret_cast<char*>(record + 1);
  const uint32_t lengths[kTexts] = {head.name,     head.qualname, head.filename,
                                    head.bytecode, head.lines,    head.borrowed};
  for (size_t i = 0; i < kTexts; text += lengths[i], i++) memcpy(text, texts[i], lengths[i]);
  memcpy(text, names, head.names);
  // Whoever reads while the program runs finds whole records only.
  mine_.records = text_;
  __atomic_store_n(&process_->records, text_, __ATOMIC_RELEASE);
  text_ = rounded(text_ + bytes, 8);
  return record;
}

// Where counts go that there is no room for: nobody reads them, and the header says so. Null where there is
// not even room for that, in a process that ran already; a program of ours ends.
uint64_t* Store::nowhere(Object* code) {
  const Bytes bytecode(code, "co_code", false);
  const uint64_t units = static_cast<uint64_t>(bytecode.length) / 2 + 1;
  if (units > nowhere_units_) {
    void* larger = realloc(nowhere_, units * sizeof(uint64_t));
    if (larger == nullptr && held_ != nullptr) return nullptr;
    if (larger == nullptr) abort();
    nowhere_ = static_cast<uint64_t*>(larger);
    nowhere_units_ = units;
    memset(cache_, 0, sizeof cache_);
  }
  __atomic_fetch_or(&header_->lacks, kNoRoom, __ATOMIC_RELEASE);
  return nowhere_;
}

}  // namespace heavyops::count
