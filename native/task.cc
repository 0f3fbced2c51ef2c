#include "task.h"

#include <fcntl.h>
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

}  // namespace

Task::Task(pid_t process, pid_t id)
    : id_(id), stat_(open_file(process, id, "stat")), gone_(stat_ < 0 && errno == ENOENT) {
  schedstat_ = open_file(process, id, "schedstat");
}

Task::~Task() {
  if (stat_ >= 0) close(stat_);
  if (schedstat_ >= 0) close(schedstat_);
}

Task::Task(Task&& from) noexcept
    : id_(from.id_),
      stat_(std::exchange(from.stat_, -1)),
      schedstat_(std::exchange(from.schedstat_, -1)),
      gone_(from.gone_) {}

Task& Task::operator=(Task&& from) noexcept {
  std::swap(id_, from.id_);
  std::swap(stat_, from.stat_);
  std::swap(schedstat_, from.schedstat_);
  std::swap(gone_, from.gone_);
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

// "RUN_TIME WAIT_TIME TIMESLICES": se.sum_exec_runtime, and sched_info.pcount of kernel/sched/stats.h
// (proc_pid_schedstat in fs/proc/base.c).
uint64_t Task::arrivals() const {
  char text[80];
  ssize_t got = schedstat_ < 0 ? -1 : pread(schedstat_, text, sizeof text - 1, 0);
  if (got <= 0) return 0;
  text[got] = 0;
  const char* last = std::strrchr(text, ' ');
  return last == nullptr ? 0 : std::strtoull(last, nullptr, 10);
}

}  // namespace heavyops
