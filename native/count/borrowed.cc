#include "borrowed.h"

#include <stdlib.h>

#include "shared.h"

namespace heavyops::count {

namespace {

struct Code {
  const uint8_t* kinds;
  const uint8_t* bytes;
  uint64_t units;

  uint8_t kind(uint64_t unit) const { return kinds[bytes[2 * unit]]; }
  uint64_t behind(uint64_t unit) const { return unit + 1 + (kind(unit) >> kCachesShift); }
};

// From 3.12 on every jump is relative, in units, to what follows the instruction and its caches.
void mark_jumps(const Code& code, uint8_t* targets) {
  uint64_t argument = 0;
  for (uint64_t unit = 0; unit < code.units; unit = code.behind(unit)) {
    const uint8_t kind = code.kind(unit);
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

}  // namespace

uint8_t* borrowed_counts(const uint8_t* kinds, const char* bytecode, Size length, const char* handlers,
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
  for (uint64_t unit = 0; unit < code.units; unit = code.behind(unit)) {
    const uint64_t next = code.behind(unit);
    if ((code.kind(unit) & kPlain) == 0 || next >= code.units || targets[next] != 0) continue;
    if ((code.kind(next) & kPrefix) == 0) borrowed[unit] = static_cast<uint8_t>(next - unit);
  }
  free(targets);
  return borrowed;
}

}  // namespace heavyops::count
