#include "os_threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace heavyops {

namespace {

// glibc keeps a thread's id in its descriptor, which pthread_t points at: `tid` of struct pthread
// (nptl/descr.h), at byte 720 on x86-64. Other C libraries keep it elsewhere near the start.
constexpr size_t kGlibcTid = 720;
constexpr size_t kDescriptor = 1024;

// How long a thread counts as waiting that the kernel has not given a processor. It may have been woken, and
// wait for one; that shows then.
constexpr uint64_t kRestAge = 1'000'000'000;  // ns

size_t read_file(const char* path, char* to, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = pread(fd, to, size - 1, 0);
  close(fd);
  size_t length = got > 0 ? static_cast<size_t>(got) : 0;
  to[length] = 0;
  return length;
}

// The last number of the line "NSpid:" is the id in the innermost namespace (proc(5)).
pid_t innermost_id(pid_t pid, pid_t tid) {
  char path[64], status[4096];
  std::snprintf(path, sizeof path, "/proc/%d/task/%d/status", pid, tid);
  read_file(path, status, sizeof status);
  const char* line = std::strstr(status, "\nNSpid:");
  if (line == nullptr) return tid;
  pid_t last = tid;
  for (char* at = const_cast<char*>(line) + 7; *at != 0 && *at != '\n';) {
    char* end;
    long number = std::strtol(at, &end, 10);
    if (end == at) break;
    last = static_cast<pid_t>(number);
    at = end;
  }
  return last;
}

}  // namespace

pid_t OsThreads::find(uint64_t native_id, uint64_t ident, uint64_t now) {
  uint8_t descriptor[kDescriptor];
  ssize_t got = native_id != 0 ? 0 : memory_.read_some(ident, descriptor, sizeof descriptor);
  auto ours = [&](pid_t id) {
    auto found = ours_.find(id);
    return found == ours_.end() ? 0 : found->second;
  };
  auto named_at = [&](size_t offset) {
    if (got < static_cast<ssize_t>(offset + 4)) return 0;
    return ours(field<int32_t>(descriptor, static_cast<int32_t>(offset)));
  };
  auto known = [&] { return native_id != 0 ? ours(static_cast<pid_t>(native_id)) : named_at(kGlibcTid); };
  pid_t tid = known();
  if (tid == 0 && now != listed_at_) {
    listed_at_ = now;
    list();
    tid = known();
  }
  // Only now: other threads are named in a descriptor, too.
  for (size_t offset = 0; tid == 0 && offset + 4 <= kDescriptor; offset += 4) tid = named_at(offset);
  return tid;
}

pid_t OsThreads::innermost(pid_t tid) const { return innermost_id(memory_.pid(), tid); }

bool OsThreads::waits_in(pid_t tid, SystemCall& out) const {
  char path[64], text[256];
  std::snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", memory_.pid(), tid);
  read_file(path, text, sizeof text);
  standing_of(text, out);
  return text[0] != 0;
}

void OsThreads::list() {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/task", memory_.pid());
  DIR* tasks = opendir(path);
  if (tasks == nullptr) return;
  ours_.clear();
  while (dirent* entry = readdir(tasks)) {
    pid_t tid = std::atoi(entry->d_name);
    if (tid > 0) ours_[innermost_id(memory_.pid(), tid)] = tid;
  }
  closedir(tasks);
}

OsThreads::State OsThreads::state(pid_t tid, uint64_t now, SystemCall* in) {
  Watched& thread = watch(tid);
  uint64_t arrivals = thread.task.arrivals();  // before the state: what it does in between shows next time
  Standing standing;
  SystemCall call;
  tells_calls_ &= thread.task.look_into(standing, call);
  bool runs = standing == Standing::kRuns;
  if (standing == Standing::kOther) {
    Task::Glance seen = thread.task.glance();
    if (seen.ended) {  // another thread may get its id
      forget(tid);
      return State::kEnded;
    }
    runs = seen.running;
  }
  thread.rested_at = runs ? 0 : now;
  thread.arrivals = arrivals;
  if (in != nullptr) *in = call;
  return runs ? State::kRuns : State::kRests;
}

bool OsThreads::still_rests(pid_t tid, uint64_t now) {
  auto found = watched_.find(tid);
  if (found == watched_.end()) return false;
  const Watched& thread = found->second;
  bool rested = thread.rested_at != 0 && now - thread.rested_at < kRestAge;
  return rested && thread.arrivals != 0 && thread.task.arrivals() == thread.arrivals;
}

uint64_t OsThreads::age(pid_t tid) {
  timespec now{};
  uint64_t started = watch(tid).task.glance().started;
  if (started == 0 || clock_gettime(CLOCK_BOOTTIME, &now) != 0)
    return UINT64_MAX;  // that of proc_pid_stat(5)
  uint64_t since = static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  uint64_t begun = started * (1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
  return since - std::min(begun, since);
}

int OsThreads::processor(pid_t tid) {
  Task::Glance seen = watch(tid).task.glance();
  if (seen.ended) forget(tid);
  return seen.processor;
}

OsThreads::Watched& OsThreads::watch(pid_t tid) {
  auto found = watched_.find(tid);
  if (found == watched_.end()) found = watched_.emplace(tid, Watched{Task(memory_.pid(), tid)}).first;
  return found->second;
}

void OsThreads::forget(pid_t tid) { watched_.erase(tid); }

}  // namespace heavyops
