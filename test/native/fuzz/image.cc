#include "image.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

namespace heavyops::test {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  std::cerr << path << ": " << why << "\n";
  std::exit(2);
}

std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

}  // namespace

// name WORD · interpreters_head, gil_holder, gil ADDRESS · layout FIELD NUMBER · cache_entries, opcode_flags
// 256 NUMBERS · instant · bytes ADDRESS HEX: what has changed since the instant before.
Image read_image(const std::string& path) {
  std::ifstream file(path);
  if (!file) refuse(path, "cannot be read");
  Image image;
  std::map<std::string, int32_t> layout;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word, hex;
    Address address = 0;
    words >> word;
    if (word == "name") {
      words >> image.name;
    } else if (word == "interpreters_head") {
      words >> std::hex >> image.interpreters_head;
    } else if (word == "gil_holder") {
      words >> std::hex >> image.gil_holder;
    } else if (word == "gil") {
      words >> std::hex >> image.gil;
    } else if (word == "layout") {
      std::string field;
      words >> field >> layout[field];
    } else if (word == "cache_entries") {
      for (uint8_t& one : image.facts.cache_entries) {
        int number = 0;
        words >> number;
        one = static_cast<uint8_t>(number);
      }
    } else if (word == "opcode_flags") {
      for (uint16_t& one : image.facts.flags) words >> one;
    } else if (word == "instant") {
      image.instants.push_back(image.instants.empty() ? Pages{} : image.instants.back());
    } else if (word == "bytes" && !image.instants.empty()) {
      words >> std::hex >> address >> hex;
      std::vector<uint8_t> bytes = from_hex(hex);
      Address offset = address % kPageSize;
      if (offset + bytes.size() > kPageSize) refuse(path, "has bytes that cross a page");
      std::copy(bytes.begin(), bytes.end(), image.instants.back()[address - offset].begin() + offset);
    } else {
      refuse(path, "has a line that begins with " + word);
    }
    if (words.fail()) refuse(path, "has a damaged line: " + line.substr(0, 80));
  }
  if (image.instants.empty()) refuse(path, "holds no instant");
#define HEAVYOPS_FIELD(field)                                                                          \
  if (layout.count(#field) == 0)                                                                       \
    refuse(path, "was recorded without " #field ": record again with node scripts/record-images.mjs"); \
  image.layout.field = layout[#field];
  HEAVYOPS_LAYOUT(HEAVYOPS_FIELD)
#undef HEAVYOPS_FIELD
  std::set<Address> addresses;
  for (const Pages& pages : image.instants)
    for (const auto& [address, page] : pages) addresses.insert(address);
  for (Pages& pages : image.instants)
    for (Address address : addresses) pages.try_emplace(address, Page{});
  return image;
}

SamplerConfig Image::config(pid_t pid) const {
  SamplerConfig config;
  config.pid = pid;
  config.interpreters_head = interpreters_head;
  config.gil_holder = gil_holder;
  config.gil = gil;
  config.layout = layout;
  config.facts = facts;
  config.max_depth = 20'000;
  config.max_stacks = 20'000;
  config.max_rows = 1'000;
  config.max_threads = 1'000;
  config.code_limits = {2'000, size_t{16} << 20};
  return config;
}

}  // namespace heavyops::test
