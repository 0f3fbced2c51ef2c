#pragma once
#include "python.h"
#include "shared.h"

namespace heavyops::count {

// The trace function for 3.11, where the interpreter itself takes so long to tell of an instruction that it
// had better not: it is told of runs (runs.h) where it can be.
TraceFunction tracer_311(const Settings& settings);

}  // namespace heavyops::count
