#pragma once
// The counters of every code object that has run, in the file that is shared with heavyops.
//
// Whoever calls anything here holds the GIL.

#include <cstdint>

#include "python.h"
#include "runs.h"
#include "shared.h"

namespace heavyops::count {

class Store {
 public:
  // Takes the file over; false when it cannot be mapped or is not ours.
  bool open(int descriptor);

  // In a child, right after it was forked: its counters begin at zero, in memory of its own.
  void forked();

  Header& header() { return *header_; }
  Running& running() { return *reinterpret_cast<Running*>(window_ + kRunning); }

  // Instead of `request_extra`, which cannot be taken back: keeps the code objects that it knows from being
  // freed. False when there is no memory.
  bool hold_codes();

  // Each code object that is kept.
  void each_code(void (*call)(Object*)) const;

  // Lets go of everything, also of the file. Code objects that nobody else has are freed, which can run
  // anything that watches them. What is `known` afterwards is an error.
  void close();

  struct Known {
    Object* code;
    // one for each two bytes of its bytecode; kRunCounts where it has runs; null: see `nowhere`
    uint64_t* counters;
    const uint8_t* borrowed;  // Record::borrowed; null where every instruction has its own count
    uint32_t patience;        // 3.11: how many executions until runs are looked for; 0 for never
    uint32_t mark;            // 3.11: of find_runs()

    bool has_runs() const { return borrowed != nullptr; }
    uint8_t role(size_t unit) const { return borrowed[unit * 3 * sizeof(uint32_t)]; }
  };

  Known& known(Object* code) {
    Known& cached = cache_[(reinterpret_cast<uintptr_t>(code) >> 5) % kCached];
    return __builtin_expect(cached.code == code, 1) ? cached : look_up(code, cached);
  }

  // Asks the interpreter for a place at each code object; the API has to be there.
  bool request_extra();

  // Looks for the runs of a code object (3.11) which is at this unit.
  void find_runs_of(Known& known, size_t now);

  // Of each unit, until runs are looked for; null where it is not kept.
  Seen* seen_of(const Known& known);

  // What this one executes is not counted.
  bool leave_out(Object* code);

 private:
  // What is kept with the code object; the cache has copies of its beginning.
  struct Kept : Known {
    Seen* seen;
  };
  struct Content {
    uint64_t hash;
    Record* record;
  };
  static constexpr size_t kCached = 4096;

  static void on_freed(void* known);
  Known* place_of(Object* code);
  bool hold(const Known& known);
  Known& look_up(Object* code, Known& cached);
  Known make(Object* code);
  Kept* kept(Object* code);
  bool remember(const Known& known, Seen* seen);
  Known recorded(Object* code, const Record* record);
  Record* record_of(Object* code, const uint32_t* runs);
  uint32_t* runs_of(const Known& known, const Seen* seen, size_t now);
  Record* with_content(Object* code, const Record& head, const char* const* texts);
  Record* add_record(Object* code, Record head, const char* const* texts);
  void grow_contents();
  void unmap();
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
  Known* held_ = nullptr;  // by address, in place of `extra_`
  size_t held_size_ = 0, held_used_ = 0;
  uint64_t* nowhere_ = nullptr;
  uint64_t nowhere_units_ = 0;
  Known cache_[kCached] = {};
};

extern Store store;

}  // namespace heavyops::count
