#include "record.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "kernel.h"

namespace heavyops::test {
namespace {

constexpr int kTicks = 8;

// Passes reads on to the kernel, and keeps what they brought.
class Recorder final : public Kernel {
 public:
  explicit Recorder(pid_t pid) : pid_(pid) {}

  ssize_t read(const iovec* local, const iovec* remote, size_t ranges) override {
    ssize_t got = __real_process_vm_readv(pid_, local, ranges, remote, ranges, 0);
    int error = errno;
    for (size_t i = 0; i < ranges && got > 0; ++i) keep(remote[i]);
    errno = error;
    return got;
  }

  uint64_t nanoseconds() override { return now_ += 1'000'000; }

  const std::map<Address, std::array<uint8_t, kGranule>>& granules() const { return granules_; }

 private:
  void keep(const iovec& range) {
    Address from = reinterpret_cast<Address>(range.iov_base);
    for (Address at = from - from % kGranule; at < from + range.iov_len; at += kGranule) {
      if (granules_.count(at) != 0) continue;
      std::array<uint8_t, kGranule> bytes;
      iovec to{bytes.data(), kGranule}, of{reinterpret_cast<void*>(at), kGranule};
      if (__real_process_vm_readv(pid_, &to, 1, &of, 1, 0) == static_cast<ssize_t>(kGranule))
        granules_[at] = bytes;
    }
  }

  pid_t pid_;
  uint64_t now_ = 1'000'000'000;
  std::map<Address, std::array<uint8_t, kGranule>> granules_;
};

}  // namespace

int record_instant(pid_t pid, const std::string& path) {
  // The first instant is added to a file without any.
  std::ifstream before(path);
  bool first = std::string(std::istreambuf_iterator<char>(before), {}).find("\ninstant") == std::string::npos;
  if (first) std::ofstream(path, std::ios::app) << "instant\n";
  Image image = read_image(path);
  Recorder recorder(pid);
  size_t threads = 0;
  uint64_t unreadable = 0;
  {
    Sampler sampler(image.config(pid));
    for (int tick = 0; tick < kTicks; ++tick) sampler.sample_once();
    threads = sampler.last().size();
    for (const ThreadSample& sample : sampler.last()) unreadable += sample.status == WalkStatus::kUnreadable;
  }
  std::ofstream file(path, std::ios::app);
  if (!first) file << "instant\n";
  size_t written = 0;
  const Pages& known = image.instants.back();
  for (const auto& [address, bytes] : recorder.granules()) {
    Address offset = address % kPageSize;
    auto page = known.find(address - offset);
    if (page != known.end() && std::equal(bytes.begin(), bytes.end(), page->second.begin() + offset))
      continue;
    file << "bytes " << std::hex << address << " ";
    for (uint8_t byte : bytes) {
      char hex[3];
      std::snprintf(hex, sizeof hex, "%02x", byte);
      file << hex;
    }
    file << "\n";
    ++written;
  }
  std::cerr << image.name << ": " << threads << " threads, " << unreadable << " unreadable, "
            << written * kGranule << " new bytes\n";
  return threads != 0 && file.good() ? 0 : 1;
}

}  // namespace heavyops::test
