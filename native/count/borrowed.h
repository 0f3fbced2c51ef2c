#pragma once
#include <cstdint>

#include "python.h"

namespace heavyops::count {

// Which instructions of a code object need no count of their own: one that can only go on to the next, which
// nothing else leads to, runs as often as that. For each unit of the bytecode 0, or how many units behind it
// the other is. To be freed; null where there is no memory for it.
uint8_t* borrowed_counts(const uint8_t* kinds, const char* bytecode, Size length, const char* handlers,
                         Size handlers_length);

}  // namespace heavyops::count
