#include "os_threads.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
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

void unwatch(int stat, int schedstat) {
  close(stat);
  if (schedstat >= 0) close(schedstat);
}

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

OsThreads::~OsThreads() {
  for (auto& [tid, thread] : watched_) unwatch(thread.stat, thread.schedstat);
}

pid_t OsThreads::find(uint64_t native_id, uint64_t ident, uint64_t now) {
  auto known = [&]() -> pid_t {
    if (native_id == 0) return find_in_descriptor(ident);
    auto found = ours_.find(static_cast<pid_t>(native_id));
    return found == ours_.end() ? 0 : found->second;
  };
  pid_t tid = known();
  if (tid != 0 || now == listed_at_) return tid;
  listed_at_ = now;
  list();
  return known();
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

pid_t OsThreads::find_in_descriptor(uint64_t ident) const {
  uint8_t descriptor[kDescriptor];
  ssize_t got = memory_.read_some(ident, descriptor, sizeof descriptor);
  auto thread_at = [&](size_t offset) -> pid_t {
    if (got < static_cast<ssize_t>(offset + 4)) return 0;
    auto found = ours_.find(field<int32_t>(descriptor, static_cast<int32_t>(offset)));
    return found == ours_.end() ? 0 : found->second;
  };
  if (pid_t tid = thread_at(kGlibcTid)) return tid;
  for (size_t offset = 0; offset + 4 <= kDescriptor; offset += 4) {
    if (pid_t tid = thread_at(offset)) return tid;
  }
  return 0;
}

bool OsThreads::running(pid_t tid, uint64_t now) {
  Watched* thread = watch(tid);
  if (thread == nullptr) return false;
  uint64_t turns = OsThreads::turns(*thread);  // before the state: what it does in between shows next time
  char stat[128];  // "PID (COMM) STATE …", COMM is at most 64 bytes for a user's thread
  const char* state = state_of(tid, stat, sizeof stat);
  if (state == nullptr) return false;
  thread->rested_at = *state == 'R' ? 0 : now;
  thread->turns = turns;
  return *state == 'R';
}

bool OsThreads::still_rests(pid_t tid, uint64_t now) {
  auto found = watched_.find(tid);
  if (found == watched_.end()) return false;
  const Watched& thread = found->second;
  bool rested = thread.rested_at != 0 && now - thread.rested_at < kRestAge;
  return rested && thread.turns != 0 && turns(thread) == thread.turns;
}

int OsThreads::processor(pid_t tid) {
  constexpr int kFields = 39 - 3;  // from the state to the processor (proc_pid_stat(5))
  char stat[1024];
  const char* at = state_of(tid, stat, sizeof stat);
  for (int i = 0; at != nullptr && i < kFields; ++i) {
    at = std::strchr(at, ' ');
    if (at != nullptr) ++at;
  }
  return at == nullptr ? -1 : std::atoi(at);
}

// The thread's state and what follows it in /proc/PID/task/TID/stat; nullptr when it has ended.
const char* OsThreads::state_of(pid_t tid, char* stat, size_t size) {
  Watched* thread = watch(tid);
  if (thread == nullptr) return nullptr;
  ssize_t got = pread(thread->stat, stat, size - 1, 0);
  if (got <= 0) {  // it has ended; another thread may get its id
    forget(tid);
    return nullptr;
  }
  stat[got] = 0;
  const char* end = std::strrchr(stat, ')');
  return end != nullptr && end[1] == ' ' ? end + 2 : nullptr;
}

// The third number of /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst); 0 where the
// kernel does not count.
uint64_t OsThreads::turns(const Watched& thread) {
  char text[80];
  ssize_t got = thread.schedstat < 0 ? 0 : pread(thread.schedstat, text, sizeof text - 1, 0);
  text[std::max<ssize_t>(got, 0)] = 0;
  const char* last = std::strrchr(text, ' ');
  return last == nullptr ? 0 : std::strtoull(last, nullptr, 10);
}

OsThreads::Watched* OsThreads::watch(pid_t tid) {
  auto found = watched_.find(tid);
  if (found != watched_.end()) return &found->second;
  auto open_file = [&](const char* name) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/task/%d/%s", memory_.pid(), tid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
  };
  Watched thread;
  thread.stat = open_file("stat");
  if (thread.stat < 0) return nullptr;
  thread.schedstat = open_file("schedstat");
  return &watched_.emplace(tid, thread).first->second;
}

void OsThreads::forget(pid_t tid) {
  auto found = watched_.find(tid);
  if (found == watched_.end()) return;
  unwatch(found->second.stat, found->second.schedstat);
  watched_.erase(found);
}

}  // namespace heavyops
