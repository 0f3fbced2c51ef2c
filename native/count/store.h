#pragma once
// The counters of every code object that has run, in the file that is shared with heavyops.
//
// Whoever calls anything here holds the GIL.

#include <cstdint>

#include "python.h"
#include "shared.h"

namespace heavyops::count {

class Store {
 public:
  // Takes the file over; false when it cannot be mapped or is not ours.
  bool open(int descriptor);

  // In a child, right after it was forked: its counters begin at zero, in memory of its own.
  void forked();

  Header& header() { return *header_; }

  struct Known {
    Object* code;
    uint64_t* counters;       // one for each two bytes of its bytecode
    const uint8_t* borrowed;  // Record::borrowed; null where every instruction has its own count
  };

  const Known& known(Object* code) {
    Known& cached = cache_[(reinterpret_cast<uintptr_t>(code) >> 5) % kCached];
    if (cached.code != code) cached = look_up(code);
    return cached;
  }

  // Asks the interpreter for a place at each code object; the API has to be there.
  bool request_extra();

  // What this one executes is not counted.
  bool leave_out(Object* code);

 private:
  struct Content {
    uint64_t hash;
    Record* record;
  };
  static constexpr size_t kCached = 4096;

  static void on_freed(void* known);
  Known look_up(Object* code);
  Known make(Object* code);
  bool remember(const Known& known);
  Record* record_of(Object* code);
  Record* with_content(const Record& head, const char* const* texts);
  Record* add_record(const Record& head, const char* const* texts, uint64_t bytes);
  void grow_contents();
  uint64_t take_counters(uint64_t bytes);
  uint64_t allocate(uint64_t bytes);
  bool begin_process();
  void add_segment(uint64_t place);
  bool map_segment(uint64_t index, uint64_t place);
  uint64_t* nowhere(Object* code);

  char* window_ = nullptr;  // the whole file
  char* counters_ =
      nullptr;  // the segments of this process, one after the other, at addresses that never change
  Header* header_ = nullptr;
  Process* process_ = nullptr;
  // What `process_` says of this process. A child may not ask its parent's, which has gone on.
  struct {
    uint64_t records, counters, segments;
  } mine_ = {};
  uint64_t text_ = 0, text_end_ = 0;
  Content* contents_ = nullptr;
  size_t contents_size_ = 0, contents_used_ = 0;
  Size extra_ = -1;
  uint64_t* nowhere_ = nullptr;
  uint64_t nowhere_units_ = 0;
  Known cache_[kCached] = {};
};

extern Store store;

}  // namespace heavyops::count
