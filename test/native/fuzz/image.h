#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "sampler.h"

namespace heavyops::test {

constexpr Address kPageSize = 4096;
constexpr Address kGranule = 64;  // bytes that are recorded together

using Page = std::array<uint8_t, kPageSize>;
using Pages = std::map<Address, Page>;

// What a sampler read of one interpreter, at several instants of its run. The file is text, a word and its
// values on each line: see `read_image`.
struct Image {
  std::string name;
  Address interpreters_head = 0, gil_holder = 0, gil = 0;
  Layout layout;
  OpcodeFacts facts;
  // Every instant has the same pages. What was not read of a page is zero.
  std::vector<Pages> instants;

  SamplerConfig config(pid_t pid) const;
};

// Ends the process with a sentence when the file is not one, or lacks a field of Layout that there is by now.
Image read_image(const std::string& path);

}  // namespace heavyops::test
