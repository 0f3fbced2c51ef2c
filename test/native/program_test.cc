#include "bpf/program.h"

#include <linux/bpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bpf/thread_events.h"
#include "check.h"
#include "random.h"

namespace heavyops::bpf {
namespace {

using Image = std::vector<uint8_t>;
using Refusal = Program::Refusal;

constexpr size_t kRing = 4096;

// An image as scripts/setup/kernel-program.mjs writes it.
class Writer {
 public:
  struct Relocation {
    uint32_t instruction, map;
  };
  void add(const std::vector<Relocation>& relocations, const std::vector<bpf_insn>& instructions) {
    put(static_cast<uint32_t>(relocations.size()));
    put(static_cast<uint32_t>(instructions.size()));
    for (const Relocation& one : relocations) put(one);
    for (const bpf_insn& one : instructions) put(one);
  }
  template <typename T>
  void put(const T& value) {
    auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    image.insert(image.end(), bytes, bytes + sizeof value);
  }
  Image image;
};

constexpr bpf_insn kReturn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
constexpr bpf_insn kZero{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0};
constexpr bpf_insn kLoad{BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, 0, 0, 0};  // of 64 bits: takes two
constexpr bpf_insn kRest{0, 0, 0, 0, 0};

// Two programs that do nothing, of which the first knows the address of each map.
Image good() {
  Writer writer;
  writer.add({{1, 0}, {3, 1}, {5, 2}, {7, 3}, {9, 4}},
             {kZero, kLoad, kRest, kLoad, kRest, kLoad, kRest, kLoad, kRest, kLoad, kRest, kReturn});
  writer.add({}, {kZero, kReturn});
  return writer.image;
}

Refusal load(const Image& image) {
  Program program;
  return program.load(image, settings{}, kRing);
}

// False, with the reason, where the kernel lets nobody like us load programs.
bool may_load() {
  Refusal refused = load(good());
  if (refused.step != Refusal::kMap) return true;
  std::cerr << "  left out: the kernel refuses maps of programs: " << std::strerror(refused.error) << "\n";
  return false;
}

TEST("Program: an image of two programs is loaded, with its maps") {
  if (!may_load()) return;
  Program program;
  Refusal refused = program.load(good(), settings{}, kRing);
  CHECK_EQUAL(refused.step, Refusal::kNone);
  CHECK_EQUAL(refused.error, 0);
  CHECK(program.descriptor() >= 0);
  CHECK(static_cast<bool>(program.ring()));
  CHECK(program.put_thread(7, {}));
  program.forget_thread(7);
  program.forget_thread(8);  // that was never put
}

TEST("Program: an image that was cut anywhere is refused as an image") {
  if (!may_load()) return;
  Image whole = good();
  for (size_t length = 0; length < whole.size(); ++length) {
    Refusal refused = load(Image(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)));
    CHECK_EQUAL(refused.step, Refusal::kImage);
    CHECK_EQUAL(refused.error, ENOEXEC);
  }
  whole.push_back(0);
  CHECK_EQUAL(load(whole).step, Refusal::kImage);
}

TEST("Program: counts and places that lie are refused as an image") {
  if (!may_load()) return;
  constexpr uint32_t kMost = ~uint32_t{0};
  for (uint32_t relocations : {0u, 1u, 0x20000000u, kMost}) {
    for (uint32_t instructions : {3u, 0x20000000u, kMost}) {
      Writer writer;
      writer.put(relocations);
      writer.put(instructions);
      writer.put(kZero);
      writer.put(kReturn);
      CHECK_EQUAL(load(writer.image).step, Refusal::kImage);
    }
  }
  Writer empty;
  empty.add({}, {});
  empty.add({}, {});
  CHECK_EQUAL(load(empty.image).step, Refusal::kImage);
  for (Writer::Relocation one : {Writer::Relocation{0, 5}, {0, kMost}, {1, 0}, {2, 0}, {kMost, 0}}) {
    Writer writer;
    writer.add({one}, {kZero, kReturn});
    writer.add({}, {kZero, kReturn});
    CHECK_EQUAL(load(writer.image).step, Refusal::kImage);
  }
}

TEST("Program: what the kernel finds fault with is refused with its errno") {
  if (!may_load()) return;
  Writer endless;
  endless.add({}, {kZero});  // goes on behind its end
  endless.add({}, {kZero, kReturn});
  Refusal refused = load(endless.image);
  CHECK_EQUAL(refused.step, Refusal::kVerify);
  CHECK_EQUAL(refused.error, EINVAL);
}

TEST("Program: random images and damaged ones are refused or loaded, nothing else") {
  if (!may_load()) return;
  test::Random random(test::seed());
  std::cerr << "  HEAVYOPS_SEED=" << test::seed() << "\n";
  int loaded = 0, refused = 0;
  for (int round = 0; round < 1000; ++round) {
    Image image = good();
    if (round % 2 == 0) {
      image.resize(random() % 200);
      for (uint8_t& byte : image) byte = static_cast<uint8_t>(random());
    } else {
      for (size_t count = 1 + random() % 4; count > 0; --count)
        image[random() % image.size()] = static_cast<uint8_t>(random());
    }
    Refusal result = load(image);
    ++(result ? refused : loaded);
    CHECK_EQUAL(static_cast<bool>(result), result.error != 0);
    CHECK(!result || result.step == Refusal::kImage || result.step == Refusal::kVerify);
  }
  CHECK(refused > loaded);
}

TEST("Program: the same one can be loaded again, and after a refusal") {
  if (!may_load()) return;
  Program program;
  CHECK_EQUAL(program.load({}, settings{}, kRing).step, Refusal::kImage);
  CHECK_EQUAL(program.load(good(), settings{}, kRing).step, Refusal::kNone);
  CHECK_EQUAL(program.load(good(), settings{}, kRing).step, Refusal::kNone);
  CHECK_EQUAL(program.load(good(), settings{}, kRing + 1).step, Refusal::kMap);  // no power of two
}

TEST("ThreadEvents: a thread that has ended is refused with ESRCH") {
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  ThreadEvents events;
  CHECK_EQUAL(events.open(child, 1'000'000, -1), ESRCH);
  CHECK_EQUAL(events.ran(), 0u);
}

}  // namespace
}  // namespace heavyops::bpf
