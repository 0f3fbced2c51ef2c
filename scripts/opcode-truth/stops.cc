// Stops a thread again and again and says where its processor stood: nothing else, and nothing of Python.
//
//   stops sample PID COUNT MICROSECONDS WORD OFFSET LOW HIGH [LOW HIGH]
//       at random times, MICROSECONDS apart on average
//   stops trace PID COUNT BURSTS WORD OFFSET LOW HIGH [LOW HIGH]
//       COUNT machine instructions one after another, in BURSTS pieces
//
// LOW and HIGH bound the functions of the interpreter's own code. At WORD, unless it is 0, is a pointer that
// is told with each traced instruction; unless OFFSET is -1 it leads to what has the pointer at OFFSET. All
// of these are hexadecimal. Each stop is one Stop on standard output.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

namespace {

constexpr int kFound = 6;
constexpr int kStackWords = 1024;

// The stack of every 16th traced instruction outside is searched too, to compare what is found with what ran.
constexpr int kSearchedOf = 16;

struct Stop {
  uint64_t pc;
  uint64_t sp;
  uint64_t number;                     // of the burst, when traced
  uint64_t watched;                    // the pointer, when traced
  std::array<uint64_t, kFound> found;  // the innermost words of the stack that lie within LOW and HIGH
};
static_assert(sizeof(Stop) == 80);

// The interpreter's functions; there are two when the compiler put a seldom run part aside.
struct Code {
  std::array<uint64_t, 4> bounds;
  bool Has(uint64_t address) const {
    return (address >= bounds[0] && address < bounds[1]) || (address >= bounds[2] && address < bounds[3]);
  }
};

struct Watched {
  uint64_t word;
  int64_t offset;
};

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

void Pause(uint64_t nanoseconds) {
  timespec time = {static_cast<time_t>(nanoseconds / 1000000000),
                   static_cast<long>(nanoseconds % 1000000000)};
  nanosleep(&time, nullptr);
}

// The next stop of the wanted kind. Signals of the target's own are passed on to it.
void WaitForStop(pid_t pid, bool step) {
  for (;;) {
    int status = 0;
    if (waitpid(pid, &status, __WALL) != pid) Fail("waitpid");
    if (!WIFSTOPPED(status)) {
      std::fprintf(stderr, "the target has ended\n");
      std::exit(1);
    }
    const bool own = status >> 16 == PTRACE_EVENT_STOP || (step && WSTOPSIG(status) == SIGTRAP);
    if (own) return;
    if (ptrace(step ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, nullptr, WSTOPSIG(status)) != 0) Fail("ptrace");
  }
}

void Interrupt(pid_t pid) {
  if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) Fail("PTRACE_INTERRUPT");
  WaitForStop(pid, false);
}

void SearchStack(pid_t pid, const Code& code, Stop* stop) {
  static std::array<uint64_t, kStackWords> words;
  const uint64_t from = stop->sp & ~uint64_t{7};
  iovec local = {words.data(), sizeof(words)};
  // Two ranges: what lies above may end within the first page.
  const uint64_t half = sizeof(words) / 2;
  iovec remote[2] = {{reinterpret_cast<void*>(from), half}, {reinterpret_cast<void*>(from + half), half}};
  const ssize_t read = process_vm_readv(pid, &local, 1, remote, 2, 0);
  int found = 0;
  for (ssize_t i = 0; i < read / 8 && found < kFound; i++) {
    if (code.Has(words[i])) stop->found[found++] = words[i];
  }
}

uint64_t WordAt(pid_t pid, uint64_t address) {
  uint64_t word = 0;
  iovec local = {&word, sizeof(word)}, remote = {reinterpret_cast<void*>(address), sizeof(word)};
  if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != sizeof(word)) Fail("reading the pointer");
  return word;
}

uint64_t Look(pid_t pid, const Watched& watched) {
  if (watched.word == 0) return 0;
  const uint64_t first = WordAt(pid, watched.word);
  return watched.offset < 0 ? first : WordAt(pid, first + watched.offset);
}

void Report(pid_t pid, const Code& code, uint64_t number, uint64_t watched, bool search) {
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, pid, nullptr, &registers) != 0) Fail("PTRACE_GETREGS");
  Stop stop = {registers.rip, registers.rsp, number, watched, {}};
  if (search && !code.Has(stop.pc)) SearchStack(pid, code, &stop);
  if (std::fwrite(&stop, sizeof(stop), 1, stdout) != 1) Fail("writing");
}

void Sample(pid_t pid, uint64_t count, uint64_t microseconds, const Code& code) {
  std::mt19937_64 random(getpid());
  std::uniform_int_distribution<uint64_t> pause(microseconds * 200, microseconds * 1800);
  for (uint64_t i = 0; i < count; i++) {
    Pause(pause(random));
    Interrupt(pid);
    Report(pid, code, 0, 0, true);
    if (ptrace(PTRACE_CONT, pid, nullptr, nullptr) != 0) Fail("PTRACE_CONT");
  }
}

void Trace(pid_t pid, uint64_t count, uint64_t bursts, const Watched& watched, const Code& code) {
  for (uint64_t burst = 0; burst < bursts; burst++) {
    Interrupt(pid);
    for (uint64_t i = 0; i < count / bursts; i++) {
      if (ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0) Fail("PTRACE_SINGLESTEP");
      WaitForStop(pid, true);
      Report(pid, code, burst, Look(pid, watched), i % kSearchedOf == 0);
    }
    if (ptrace(PTRACE_CONT, pid, nullptr, nullptr) != 0) Fail("PTRACE_CONT");
    Pause(10'000'000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9 && argc != 11) {
    std::fprintf(stderr,
                 "usage: stops sample|trace PID COUNT MICROSECONDS|BURSTS WORD OFFSET LOW HIGH [LOW HIGH]\n");
    return 2;
  }
  const auto pid = static_cast<pid_t>(std::strtol(argv[2], nullptr, 10));
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  const uint64_t each = std::strtoull(argv[4], nullptr, 10);
  const Watched watched = {std::strtoull(argv[5], nullptr, 16), std::strtoll(argv[6], nullptr, 16)};
  Code code = {};
  for (int i = 7; i < argc; i++) code.bounds[i - 7] = std::strtoull(argv[i], nullptr, 16);
  prctl(PR_SET_TIMERSLACK, 1);
  if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) Fail("PTRACE_SEIZE");
  // The kernel lets the target go when this process ends, stopped or not.
  if (std::strcmp(argv[1], "trace") == 0) {
    Trace(pid, count, each, watched, code);
  } else {
    Sample(pid, count, each, code);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
