#include "bpf/program.h"

#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

namespace heavyops::bpf {

namespace {

constexpr char kLicense[] = "Dual MIT/GPL";  // helpers that read memory ask for one like this

int call(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

int make_map(bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags) {
  bpf_attr attributes{};
  attributes.map_type = type;
  attributes.key_size = key;
  attributes.value_size = value;
  attributes.max_entries = entries;
  attributes.map_flags = flags;
  std::strncpy(attributes.map_name, "heavyops", sizeof attributes.map_name - 1);
  return call(BPF_MAP_CREATE, attributes);
}

bool put(const Fd& map, const void* key, const void* value) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(map.number());
  attributes.key = reinterpret_cast<uint64_t>(key);
  attributes.value = reinterpret_cast<uint64_t>(value);
  return call(BPF_MAP_UPDATE_ELEM, attributes) == 0;
}

bool freeze(const Fd& map) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(map.number());
  return call(BPF_MAP_FREEZE, attributes) == 0;
}

// Up to Linux 5.10 maps count as locked memory, of which little is allowed as a rule, and EPERM says so.
int make_map_at_any_cost(bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags) {
  int made = make_map(type, key, value, entries, flags);
  if (made >= 0 || errno != EPERM) return made;
  rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &all) == 0) return make_map(type, key, value, entries, flags);
  errno = EPERM;
  return made;
}

// As the script writes it, for each program: two counts, so many relocations, so many instructions.
struct Header {
  uint32_t relocations, instructions;
};
struct Relocation {
  uint32_t instruction, map;
};

}  // namespace

Program::Refusal Program::load(const std::vector<uint8_t>& image, const settings& with, size_t ring_bytes) {
  settings tried = with;
  Refusal refused = make_maps(tried, ring_bytes);
  if (!refused) refused = verify(image);
  reads_registers_ = tried.reads_registers != 0;
  if (refused.step != Refusal::kVerify || !reads_registers_ || refused.error == EPERM) return refused;
  // Before Linux 5.15, or without BTF, nothing tells where a thread's registers are.
  reads_registers_ = false;
  tried.reads_registers = 0;
  refused = make_maps(tried, ring_bytes);
  return refused ? refused : verify(image);
}

Program::Refusal Program::make_maps(const settings& with, size_t ring_bytes) {
  // Made before the others, as it tells kernels before 5.8 from a lack of privileges.
  maps_[kRing] = Fd(make_map_at_any_cost(BPF_MAP_TYPE_RINGBUF, 0, 0, static_cast<uint32_t>(ring_bytes), 0));
  if (!maps_[kRing]) return {Refusal::kMap, errno};
  maps_[kSettings] =
      Fd(make_map_at_any_cost(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof with, 1, BPF_F_RDONLY_PROG));
  // Its memory is taken at once: before Linux 6.1 the verifier lets programs of perf events have no other
  // (check_map_prog_compatibility in kernel/bpf/verifier.c).
  maps_[kThreads] =
      Fd(make_map_at_any_cost(BPF_MAP_TYPE_HASH, sizeof(uint32_t), sizeof(thread), kMostThreads, 0));
  maps_[kScratch] =
      Fd(make_map_at_any_cost(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint32_t), sizeof(record), 1, 0));
  maps_[kPrograms] =
      Fd(make_map_at_any_cost(BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t), sizeof(uint32_t), 1, 0));
  uint32_t zero = 0;
  bool made = maps_[kSettings] && maps_[kThreads] && maps_[kScratch] && maps_[kPrograms];
  if (!made || !put(maps_[kSettings], &zero, &with) || !freeze(maps_[kSettings]))
    return {Refusal::kMap, errno};
  return {};
}

Program::Refusal Program::verify(const std::vector<uint8_t>& image) {
  const uint8_t* at = image.data();
  const uint8_t* end = at + image.size();
  Refusal refused = verify_next(at, end, begin_);
  if (!refused) refused = verify_next(at, end, walk_);
  if (refused) return refused;
  if (at != end) return {Refusal::kImage, ENOEXEC};
  uint32_t zero = 0;
  int walk = walk_.number();
  return put(maps_[kPrograms], &zero, &walk) ? Refusal{} : Refusal{Refusal::kMap, errno};
}

// The program at `at`, which is moved behind it.
Program::Refusal Program::verify_next(const uint8_t*& at, const uint8_t* end, Fd& out) {
  Header header;
  auto left = [&] { return static_cast<size_t>(end - at); };
  if (left() < sizeof header) return {Refusal::kImage, ENOEXEC};
  std::memcpy(&header, at, sizeof header);
  at += sizeof header;
  size_t relocations = size_t{header.relocations} * sizeof(Relocation);
  size_t instructions = size_t{header.instructions} * sizeof(bpf_insn);
  if (instructions == 0 || left() < relocations + instructions) return {Refusal::kImage, ENOEXEC};
  std::vector<bpf_insn> code(header.instructions);
  std::memcpy(code.data(), at + relocations, instructions);
  for (const uint8_t* until = at + relocations; at != until; at += sizeof(Relocation)) {
    Relocation one;
    std::memcpy(&one, at, sizeof one);
    if (one.map >= kMaps || size_t{one.instruction} + 1 >= code.size()) return {Refusal::kImage, ENOEXEC};
    bpf_insn* load = &code[one.instruction];
    if (one.map == kSettings) {
      load[0].src_reg = BPF_PSEUDO_MAP_VALUE;
      load[1].imm = load[0].imm;  // where in the value
    } else {
      load[0].src_reg = BPF_PSEUDO_MAP_FD;
    }
    load[0].imm = maps_[one.map].number();
  }
  at += instructions;
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_PERF_EVENT;
  attributes.insn_cnt = header.instructions;
  attributes.insns = reinterpret_cast<uint64_t>(code.data());
  attributes.license = reinterpret_cast<uint64_t>(kLicense);
  std::strncpy(attributes.prog_name, "heavyops", sizeof attributes.prog_name - 1);
  out = Fd(call(BPF_PROG_LOAD, attributes));
  return out ? Refusal{} : Refusal{Refusal::kVerify, errno};
}

bool Program::put_thread(uint32_t id, const thread& value) { return put(maps_[kThreads], &id, &value); }

void Program::forget_thread(uint32_t id) {
  bpf_attr attributes{};
  attributes.map_fd = static_cast<uint32_t>(maps_[kThreads].number());
  attributes.key = reinterpret_cast<uint64_t>(&id);
  call(BPF_MAP_DELETE_ELEM, attributes);
}

}  // namespace heavyops::bpf
