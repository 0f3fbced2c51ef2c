#include "borrowed.h"

#include <stdlib.h>

#include "shared.h"

namespace heavyops::count {

namespace {

struct Code {
  const uint16_t* kinds;
  const uint8_t* bytes;
  uint64_t units;

  uint16_t kind(uint64_t unit) const { return kinds[bytes[2 * unit]]; }
  uint64_t behind(uint64_t unit) const { return unit + 1 + (kind(unit) >> kCachesShift); }
};

// From 3.12 on every jump is relative, in units, to what follows the instruction and its caches.
void mark_jumps(const Code& code, uint8_t* targets) {
  uint64_t argument = 0;
  for (uint64_t unit = 0; unit < code.units; unit = code.behind(unit)) {
    const uint16_t kind = code.kind(unit);
    argument = argument << 8 | code.bytes[2 * unit + 1];
    if ((kind & kPrefix) != 0) continue;
    const uint64_t next = code.behind(unit);
    if ((kind & kForward) != 0 && next + argument < code.units) targets[next + argument] = 1;
    if ((kind & kBackward) != 0 && argument <= next) targets[next - argument] = 1;
    argument = 0;
  }
}

// Objects/exception_handling_notes.txt: start, length, target, depth and lasti; six bits a byte, the highest
// first, with 64 for "more follow" and 128 for the start of an entry.
void mark_handlers(const uint8_t* at, const uint8_t* end, uint64_t units, uint8_t* targets) {
  while (at < end) {
    for (int field = 0; field < 4 && at < end; field++) {
      uint64_t value = *at & 63;
      while ((*at++ & 64) != 0 && at < end) value = value << 6 | (*at & 63);
      if (field == 2 && value < units) targets[value] = 1;
    }
  }
}

constexpr uint64_t kLongest = 100;  // of a row, as its distances are bytes

// Instructions in a row of which each leads to the next only, and the one that they lead to. That one counts
// for all of them, unless it is better left to be specialised: then the first does. Returns what follows the
// row.
uint64_t mark_row(const Code& code, const uint8_t* targets, uint64_t first, uint8_t* borrowed) {
  uint64_t last = first;
  while ((code.kind(last) & kPlain) != 0) {
    const uint64_t next = code.behind(last);
    if (next >= code.units || targets[next] != 0 || (code.kind(next) & kPrefix) != 0 ||
        next - first > kLongest)
      break;
    last = next;
  }
  const uint64_t counted = (code.kind(last) & kAlike) != 0 ? first : last;
  for (uint64_t unit = first; unit <= last; unit = code.behind(unit))
    borrowed[unit] = static_cast<uint8_t>(counted - unit);
  return code.behind(last);
}

}  // namespace

uint8_t* borrowed_counts(const uint16_t* kinds, const char* bytecode, Size length, const char* handlers,
                         Size handlers_length) {
  const Code code = {kinds, reinterpret_cast<const uint8_t*>(bytecode), static_cast<uint64_t>(length) / 2};
  auto* targets = static_cast<uint8_t*>(calloc(code.units, 1));
  auto* borrowed = static_cast<uint8_t*>(calloc(code.units, 1));
  if (targets == nullptr || borrowed == nullptr) {
    free(targets);
    free(borrowed);
    return nullptr;
  }
  mark_jumps(code, targets);
  const auto* table = reinterpret_cast<const uint8_t*>(handlers);
  if (table != nullptr) mark_handlers(table, table + handlers_length, code.units, targets);
  for (uint64_t unit = 0; unit < code.units;) unit = mark_row(code, targets, unit, borrowed);
  free(targets);
  return borrowed;
}

}  // namespace heavyops::count
