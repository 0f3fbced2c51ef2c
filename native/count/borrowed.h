#pragma once
#include <cstdint>

#include "python.h"

namespace heavyops::count {

// Which instructions of a code object need no count of their own: where one can only go on to the next, and
// nothing else leads there, both run equally often. For each unit of the bytecode 0, or how many units from
// it the other is (int8_t). To be freed; null where there is no memory for it.
uint8_t* borrowed_counts(const uint16_t* kinds, const char* bytecode, Size length, const char* handlers,
                         Size handlers_length);

}  // namespace heavyops::count
