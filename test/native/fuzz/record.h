#pragma once
#include <sys/types.h>

#include "image.h"

namespace heavyops::test {

// Has the sampler look at the stopped process `pid`, and appends an instant to the file at `path`, which has
// the configuration already: the memory that the sampler has read.
int record_instant(pid_t pid, const std::string& path);

}  // namespace heavyops::test
