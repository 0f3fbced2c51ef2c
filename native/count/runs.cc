#include "runs.h"

#include <stdlib.h>

#include <initializer_list>

#include "shared.h"

namespace heavyops::count {

namespace {

constexpr uint32_t kMostUnits = 1 << 14;
constexpr uint32_t kMostSteps = 1 << 18;  // of a search; what is not found until then is no run
constexpr uint32_t kMostMerges = 4;
constexpr uint32_t kNone = ~0u;

struct Way {
  uint32_t to;
  bool is_told;  // of this step
};

constexpr Way kNowhere = {kNone, false};

struct Instruction {
  Way next, jump;
  bool is_start;  // units between are inline caches
  bool is_hidden;
  bool is_run;
  bool is_quiet;
  bool is_late;     // a run from here may come to the merge without a mark, by the way that has one
  uint32_t group;   // the first of those that lead to each other without our being told
  uint32_t behind;  // the next of them; none behind the last
};

// One for each end of a step: the instruction itself, or the arrival at one of which we are told.
struct Node {
  uint32_t above;
  uint32_t size;
  uint32_t unfinished;  // in how many places of its set a run can be left when the process ends
};

// Sets of nodes that can be parted again; none is deeper than the logarithm of its size.
struct Sets {
  Node* nodes;
  uint32_t* joined;
  uint32_t steps;

  uint32_t top(uint32_t one) const {
    while (nodes[one].above != one) one = nodes[one].above;
    return one;
  }

  // False where it would close a circle, or leave more than one place unfinished.
  bool join(uint32_t a, uint32_t b) {
    a = top(a);
    b = top(b);
    if (a == b || nodes[a].unfinished + nodes[b].unfinished > 1) return false;
    const uint32_t upper = nodes[a].size < nodes[b].size ? b : a;
    const uint32_t lower = upper == a ? b : a;
    nodes[lower].above = upper;
    nodes[upper].size += nodes[lower].size;
    nodes[upper].unfinished += nodes[lower].unfinished;
    joined[steps++] = lower;
    return true;
  }

  void part(uint32_t until) {
    while (steps > until) {
      Node& lower = nodes[joined[--steps]];
      Node& upper = nodes[lower.above];
      upper.size -= lower.size;
      upper.unfinished -= lower.unfinished;
      lower.above = joined[steps];
    }
  }
};

class Finder {
 public:
  explicit Finder(const TracedCode& code) : code_(code), count_(code.units) {}
  ~Finder() {
    free(instructions_);
    free(sets_.nodes);
    free(sets_.joined);
    free(reaches_);
  }
  Finder(const Finder&) = delete;
  Finder& operator=(const Finder&) = delete;

  uint32_t* find() {
    if (count_ == 0 || count_ > kMostUnits || !allocate()) return nullptr;
    follow();
    gather();
    part_all();
    bool is_any = false;
    for (uint32_t unit = 0; unit < count_; unit++) {
      const Instruction& here = instructions_[unit];
      if (here.is_start && here.group == unit) is_any = choose(unit) || is_any;
    }
    return quieten_most() || is_any ? found() : nullptr;
  }

 private:
  bool allocate() {
    instructions_ = static_cast<Instruction*>(calloc(count_, sizeof(Instruction)));
    sets_.nodes = static_cast<Node*>(malloc(2 * count_ * sizeof(Node)));
    sets_.joined = static_cast<uint32_t*>(malloc(2 * count_ * sizeof(uint32_t)));
    reaches_ = static_cast<uint8_t*>(calloc(count_, 1));
    return instructions_ != nullptr && reaches_ != nullptr && sets_.nodes != nullptr &&
           sets_.joined != nullptr;
  }

  uint16_t kind(uint32_t unit) const { return code_.kinds[code_.bytecode[2 * unit]]; }
  uint32_t after(uint32_t unit) const { return unit + 1 + (kind(unit) >> kCachesShift & kMostCaches); }

  int32_t line(uint32_t unit) const {
    return code_.line_bytes == 2 ? reinterpret_cast<const int16_t*>(code_.lines)[unit]
                                 : reinterpret_cast<const int32_t*>(code_.lines)[unit];
  }

  bool may_stay_unfinished(uint32_t unit) const {
    return (kind(unit) & kWaits) != 0 || ((kind(unit) & kCalls) != 0 && !calls_python(unit));
  }

  // The frame stands at the instruction meanwhile, or at the last of its caches.
  bool calls_python(uint32_t unit) const {
    uint64_t calls = 0;
    for (uint32_t at = unit; at < after(unit) && at < count_; at++) calls += code_.seen[at].calls;
    return calls > 0 && calls + (unit == code_.now ? 1 : 0) >= code_.counts[unit];
  }

  // Python/ceval.c, maybe_call_line_trace. What follows EXTENDED_ARG runs without a look at the tracer.
  Way way(uint32_t from, uint32_t to) const {
    if (to >= count_) return kNowhere;
    const int32_t before = from <= code_.first ? -1 : line(from);
    const bool is_told = (kind(from) & kPrefix) == 0 && line(to) != -1 && (line(to) != before || to < from);
    return {to, is_told};
  }

  void follow() {
    uint32_t argument = 0;
    bool is_prefixed = false;
    for (uint32_t unit = 0; unit < count_; unit = after(unit)) {
      Instruction& here = instructions_[unit];
      argument = argument << 8 | code_.bytecode[2 * unit + 1];
      here = {kNowhere, kNowhere, true, is_prefixed || (kind(unit) & kResumes) != 0, false, false,
              false,    unit,     kNone};
      is_prefixed = (kind(unit) & kPrefix) != 0;
      if ((kind(unit) & kStops) == 0) here.next = way(unit, after(unit));
      if (is_prefixed) continue;
      if ((kind(unit) & kForward) != 0) here.jump = way(unit, after(unit) + argument);
      if ((kind(unit) & kBackward) != 0 && argument <= after(unit))
        here.jump = way(unit, after(unit) - argument);
      argument = 0;
    }
  }

  void part_all() {
    sets_.steps = 0;
    for (uint32_t unit = 0; unit < count_; unit++) {
      const bool is_unfinished = instructions_[unit].is_start && may_stay_unfinished(unit);
      sets_.nodes[unit] = {unit, 1, is_unfinished ? 1u : 0};
      sets_.nodes[count_ + unit] = {count_ + unit, 1, 0};
    }
  }

  void gather() {
    for (uint32_t unit = 0; unit < count_; unit++) {
      if (!instructions_[unit].is_start) continue;
      merge(unit, instructions_[unit].next);
      merge(unit, instructions_[unit].jump);
    }
    for (uint32_t unit = count_; unit-- > 0;) {
      if (!instructions_[unit].is_start) continue;
      const uint32_t first = group_of(unit);
      instructions_[unit].group = first;
      if (unit == first) continue;
      instructions_[unit].behind = instructions_[first].behind;
      instructions_[first].behind = unit;
    }
  }

  uint32_t group_of(uint32_t unit) const {
    while (instructions_[unit].group != unit) unit = instructions_[unit].group;
    return unit;
  }

  void merge(uint32_t from, const Way& way) {
    if (way.to == kNone || way.is_told || !instructions_[way.to].is_start) return;
    const uint32_t a = group_of(from);
    const uint32_t b = group_of(way.to);
    instructions_[a < b ? b : a].group = a < b ? a : b;
  }

  // Of a group as much as can be, from some instruction on: of those before it we are told one by one.
  bool choose(uint32_t group) {
    for (uint32_t first = group; first != kNone; first = instructions_[first].behind) {
      if (!can_run_from(first)) continue;
      for (uint32_t unit = first; unit != kNone; unit = instructions_[unit].behind)
        instructions_[unit].is_run = true;
      return true;
    }
    return false;
  }

  bool can_run_from(uint32_t first) {
    const uint32_t before = sets_.steps;
    // No event comes between EXTENDED_ARG and what it belongs to.
    bool can = !instructions_[first].is_hidden || (kind(first) & kResumes) != 0;
    for (uint32_t unit = first; can && unit != kNone; unit = instructions_[unit].behind) {
      can = ++steps_ < kMostSteps && can_run(unit) && can_go(unit, instructions_[unit].next, first) &&
            can_go(unit, instructions_[unit].jump, first);
    }
    if (!can) sets_.part(before);
    return can;
  }

  bool can_run(uint32_t unit) const {
    return unit >= code_.first && (kind(unit) & kBlind) == 0 && has_one_line(unit);
  }

  bool can_go(uint32_t from, const Way& way, uint32_t first) {
    if (way.to == kNone) return true;
    if (!instructions_[way.to].is_start) return false;
    if (way.is_told) return sets_.join(from, count_ + way.to);
    return way.to >= first && sets_.join(from, way.to);
  }

  // Two ways that meet again only in order to return can be told apart at their end, where one of them has
  // put more on the stack than the other: we leave a mark there when the run begins.
  bool quieten_most() {
    for (uint32_t unit = 0; unit < count_; unit++) {
      const Instruction& here = instructions_[unit];
      if (!here.is_start || (kind(unit) & kReturns) == 0) continue;
      uint32_t from[2] = {kNone, kNone};
      uint32_t ways = 0;
      for (uint32_t other = 0; other < unit; other++) {
        const Instruction& before = instructions_[other];
        if (!before.is_start || (before.next.to != unit && before.jump.to != unit)) continue;
        if (ways < 2) from[ways] = other;
        ways++;
      }
      if (ways != 2 || ++merges_ > kMostMerges) continue;
      for (int which = 0; which < 2; which++) {
        merge_ = unit;
        marked_ = from[which];
        quieten();
        if (can_mark(from[1 - which])) return true;
      }
    }
    merge_ = marked_ = kNone;
    for (uint32_t unit = 0; unit < count_; unit++) instructions_[unit].is_late = false;
    return quieten();
  }

  bool is_marked(uint32_t from, const Way& way) const { return from == marked_ && way.to == merge_; }

  // What is quiet only goes forward, so one look backward over the code tells what comes where.
  bool can_mark(uint32_t unmarked) {
    int32_t top = 0;
    bool is_known = true;
    bool is_entered = false;
    auto comes = [&](uint32_t unit) { return unit != kNone && unit < count_ && reaches_[unit] != 0; };
    for (uint32_t unit = count_; unit-- > 0;) {
      const Instruction& here = instructions_[unit];
      reaches_[unit] = here.is_quiet && (unit == unmarked || comes(here.next.to) || comes(here.jump.to));
      if (reaches_[unit] == 0) continue;
      for (const uint32_t place : {unit, here.next.to, here.jump.to}) {
        // Nothing is told of RESUME itself, which leaves the stack as it is.
        if (place == kNone || (kind(place) & kResumes) != 0) continue;
        is_known = is_known && code_.seen[place].top > 0;
        top = code_.seen[place].top > top ? code_.seen[place].top : top;
      }
    }
    if (!is_known || top == 0 || !instructions_[unmarked].is_quiet || !instructions_[marked_].is_quiet)
      return false;
    for (uint32_t unit = count_; unit-- > 0;) {
      Instruction& here = instructions_[unit];
      here.is_late = here.is_quiet && !puts_mark(unit, top) &&
                     (unit == marked_ || is_late(here.next) || is_late(here.jump));
    }
    for (uint32_t unit = 0; unit < count_; unit++) {
      const Instruction& here = instructions_[unit];
      if (!here.is_start) continue;
      if (here.is_run && !here.is_quiet && (is_late(here.next) || is_late(here.jump))) return false;
      if ((kind(unit) & kResumes) == 0 || !here.is_quiet) continue;
      if (here.is_late) return false;
      is_entered = true;
    }
    if (is_entered) mark_ = static_cast<uint32_t>(top);
    return is_entered;
  }

  bool is_late(const Way& way) const { return way.to != kNone && instructions_[way.to].is_late; }

  bool puts_mark(uint32_t unit, int32_t top) const {
    const int32_t here = code_.seen[unit].top;
    if (here == 0 || (kind(unit) & kPushes) == 0) return false;
    const bool has_two = (kind(unit) & kPushesTwo) != 0 && (code_.bytecode[2 * unit + 1] & 1) != 0;
    return here == top || (has_two && here + 1 == top);
  }

  // Where the code only goes forward to its ends, and each place is come to by one way alone, lines tell
  // nothing that the ends do not.
  bool quieten() {
    part_all();
    for (uint32_t unit = count_; unit-- > 0;) {
      Instruction& here = instructions_[unit];
      const uint32_t before = sets_.steps;
      here.is_quiet = here.is_start && can_run(unit) && leads_to_quiet(unit, here.next) &&
                      leads_to_quiet(unit, here.jump);
      if (!here.is_quiet) sets_.part(before);
    }
    while (unquieten()) continue;
    bool is_any = false;
    for (uint32_t unit = 0; unit < count_; unit++) is_any = instructions_[unit].is_quiet || is_any;
    return is_any;
  }

  bool leads_to_quiet(uint32_t from, const Way& way) {
    if (way.to == kNone) return true;
    if (way.to <= from || !instructions_[way.to].is_quiet) return false;
    return sets_.join(from, is_marked(from, way) ? count_ + way.to : way.to);
  }

  // A run of which lines are told has to be told where quiet begins.
  bool unquieten() {
    bool is_any = false;
    for (uint32_t unit = 0; unit < count_; unit++) {
      Instruction& here = instructions_[unit];
      if (!here.is_start) continue;
      if (here.is_quiet) {
        const bool stays = stays_quiet(here.next) && stays_quiet(here.jump);
        is_any = is_any || !stays;
        here.is_quiet = stays;
      } else if (here.is_run) {
        for (const Way& way : {here.next, here.jump}) {
          if (way.to == kNone || way.is_told || !instructions_[way.to].is_quiet) continue;
          instructions_[way.to].is_quiet = false;
          is_any = true;
        }
      }
    }
    return is_any;
  }

  bool stays_quiet(const Way& way) const { return way.to == kNone || instructions_[way.to].is_quiet; }

  // When a call of a Python function is back, the frame stands at the last of the call's caches.
  bool has_one_line(uint32_t unit) const {
    const uint32_t last = after(unit) - 1;
    return last < count_ && line(unit) == line(last);
  }

  uint32_t coded(uint32_t from, const Way& way) const {
    if (way.to == kNone) return 0;
    const bool is_told = instructions_[from].is_quiet ? is_marked(from, way) : way.is_told;
    return (way.to + 1) << 1 | static_cast<uint32_t>(is_told);
  }

  uint32_t* found() const {
    auto* numbers = static_cast<uint32_t*>(calloc(count_, 3 * sizeof(uint32_t)));
    if (numbers == nullptr) return nullptr;
    for (uint32_t unit = 0; unit < count_; unit++) {
      const Instruction& here = instructions_[unit];
      if (!here.is_start) continue;
      uint32_t* of = numbers + 3 * unit;
      of[0] = kStart | (here.is_run || here.is_quiet ? kRun : 0) | (here.is_quiet ? kQuiet : 0) |
              (here.is_quiet && here.is_late ? kLate : 0) | (unit == merge_ ? kMerge : 0) |
              (here.is_hidden ? kHidden : 0) | ((kind(unit) & kResumes) != 0 ? kEntry : 0) |
              (may_stay_unfinished(unit) ? kUnfinished : 0);
      if (!here.is_run && !here.is_quiet) continue;
      of[1] = coded(unit, here.next);
      of[2] = coded(unit, here.jump);
    }
    numbers[0] |= mark_ << kMarkShift;
    return numbers;
  }

  const TracedCode& code_;
  const uint32_t count_;
  Instruction* instructions_ = nullptr;
  Sets sets_ = {nullptr, nullptr, 0};
  uint8_t* reaches_ = nullptr;
  uint32_t steps_ = 0, merges_ = 0, mark_ = 0;
  uint32_t merge_ = kNone, marked_ = kNone;
};

}  // namespace

uint32_t* find_runs(const TracedCode& code) { return Finder(code).find(); }

}  // namespace heavyops::count
