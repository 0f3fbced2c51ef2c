#pragma once
// What the arguments of a code object's instructions stand for: its names and constants, read from its fields
// as they are. No code runs by it, and no object is made that Python's garbage collector counts.

#include <cstddef>

#include "python.h"
#include "shared.h"

namespace heavyops::count {

// Four lists: co_names, co_consts, co_localsplusnames (to 3.10 co_varnames), and to 3.10 co_cellvars with
// co_freevars. src/count/recorded-names.ts reads them. The bytes that were written; 0 where there is not so
// much room.
size_t write_names(Object* code, const Settings& settings, char* into, size_t room);

}  // namespace heavyops::count
