#include "task.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "descriptors.h"

namespace heavyops {

namespace {

int open_file(pid_t process, pid_t id, const char* name) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/task/%d/%s", process, id, name);
  return spare(open(path, O_RDONLY | O_CLOEXEC));
}

pid_t own_id() {
  static thread_local const pid_t id = static_cast<pid_t>(syscall(SYS_gettid));
  return id;
}

}  // namespace

Task::Task(pid_t process, pid_t id)
    : id_(id), process_(process), stat_(open_file(process, id, "stat")), gone_(stat_ < 0 && errno == ENOENT) {
  schedstat_ = open_file(process, id, "schedstat");
}

Task::~Task() {
  if (stat_ >= 0) close(stat_);
  if (schedstat_ >= 0) close(schedstat_);
  if (syscall_ >= 0) close(syscall_);
}

Task::Task(Task&& from) noexcept
    : id_(from.id_),
      process_(from.process_),
      stat_(std::exchange(from.stat_, -1)),
      schedstat_(std::exchange(from.schedstat_, -1)),
      syscall_(std::exchange(from.syscall_, kUnopened)),
      refused_(from.refused_),
      gone_(from.gone_) {}

Task& Task::operator=(Task&& from) noexcept {
  std::swap(id_, from.id_);
  std::swap(process_, from.process_);
  std::swap(stat_, from.stat_);
  std::swap(schedstat_, from.schedstat_);
  std::swap(syscall_, from.syscall_);
  std::swap(gone_, from.gone_);
  std::swap(refused_, from.refused_);
  return *this;
}

// "TID (COMM) STATE …", its start is the 22nd field, its processor the 39th: proc_pid_stat(5). COMM can have
// any sign in it.
Task::Glance Task::glance() const {
  Glance seen;
  char stat[768];
  ssize_t got = stat_ < 0 ? -1 : pread(stat_, stat, sizeof stat - 1, 0);
  seen.ended = stat_ < 0 ? gone_ : got <= 0;
  if (got <= 0) return seen;
  stat[got] = 0;
  const char* at = std::strrchr(stat, ')');
  if (at == nullptr || at[1] != ' ' || at[2] == 0) return seen;
  // R runs or waits for a processor, t is in a stop of ours, Z and X have ended.
  seen.running = at[2] == 'R';
  seen.asleep = std::strchr("SDI", at[2]) != nullptr;
  seen.ended = std::strchr("ZX", at[2]) != nullptr;
  int field = 2;
  for (; at != nullptr && field < 22; ++field) at = std::strchr(at + 1, ' ');
  if (at != nullptr) seen.started = std::strtoull(at, nullptr, 10);
  for (; at != nullptr && field < 39; ++field) at = std::strchr(at + 1, ' ');
  if (at != nullptr) seen.processor = std::atoi(at);
  return seen;
}

// "NUMBER FIRST … SP PC", "-1 SP PC" or "running".
Standing standing_of(const char* line, SystemCall& in) {
  in = {};
  if (std::strncmp(line, "running", 7) == 0) return Standing::kRuns;
  char* end;
  long number = std::strtol(line, &end, 10);
  if (end == line || number < 0) return Standing::kOther;
  in.number = static_cast<int32_t>(number);
  in.first_argument = std::strtoull(end, nullptr, 0);
  return Standing::kInCall;
}

// It asks for the right to trace the thread each time, and its file is the owner's alone (fs/proc/base.c).
bool Task::look_into(Standing& standing, SystemCall& in) {
  standing = Standing::kOther;
  if (syscall_ == kUnopened) {
    syscall_ = open_file(process_, id_, "syscall");
    refused_ = syscall_ < 0 && errno != ENOENT;
  }
  char line[256];
  ssize_t got = syscall_ < 0 || refused_ ? 0 : pread(syscall_, line, sizeof line - 1, 0);
  refused_ |= got < 0 && errno != ESRCH;
  if (got <= 0) return !refused_;
  line[got] = 0;
  standing = standing_of(line, in);
  if (standing == Standing::kInCall && id_ == own_id()) standing = Standing::kRuns;  // it is this very call
  return true;
}

// "RUN_TIME WAIT_TIME TIMESLICES": se.sum_exec_runtime, and sched_info.pcount of kernel/sched/stats.h
// (proc_pid_schedstat in fs/proc/base.c).
bool Task::read_schedstat(char (&text)[80]) const {
  ssize_t got = schedstat_ < 0 ? -1 : pread(schedstat_, text, sizeof text - 1, 0);
  if (got <= 0) return false;
  text[got] = 0;
  return true;
}

uint64_t Task::ran() const {
  char text[80];
  return read_schedstat(text) ? std::strtoull(text, nullptr, 10) : UINT64_MAX;
}

uint64_t Task::arrivals() const {
  char text[80];
  if (!read_schedstat(text)) return 0;
  const char* last = std::strrchr(text, ' ');
  return last == nullptr ? 0 : std::strtoull(last, nullptr, 10);
}

}  // namespace heavyops
