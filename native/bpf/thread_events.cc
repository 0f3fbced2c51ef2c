#include "bpf/thread_events.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "descriptors.h"

namespace heavyops::bpf {

namespace {

// perf_event_open(2).
int open_event(uint64_t which, uint64_t period, pid_t tid, int group) {
  perf_event_attr attributes{};
  attributes.size = PERF_ATTR_SIZE_VER5;  // of Linux 4.1: nothing later is set
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = which;
  attributes.sample_period = period;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  attributes.disabled = group < 0;  // the group begins at once, so that both count the same time
  return spare(
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, tid, -1, group, PERF_FLAG_FD_CLOEXEC)));
}

// ns for which it has counted: those of the thread on processors (perf_event_open(2)).
uint64_t running(const Fd& event) {
  struct {
    uint64_t count, enabled, running;
  } value;
  return read(event.number(), &value, sizeof value) == sizeof value ? value.running : 0;
}

}  // namespace

int ThreadEvents::open(pid_t tid, uint64_t period, int program) {
  tid_ = tid;
  switches_ = Fd(open_event(PERF_COUNT_SW_CONTEXT_SWITCHES, 1, tid, -1));
  if (!switches_) return errno;
  clock_ = Fd(open_event(PERF_COUNT_SW_TASK_CLOCK, period, tid, switches_.number()));
  if (!clock_) return errno;
  for (const Fd* event : {&switches_, &clock_}) {
    if (ioctl(event->number(), PERF_EVENT_IOC_SET_BPF, program) != 0) return errno;
  }
  return ioctl(switches_.number(), PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP) == 0 ? 0 : errno;
}

void ThreadEvents::set_period(uint64_t period) { ioctl(clock_.number(), PERF_EVENT_IOC_PERIOD, &period); }

void ThreadEvents::pause() { ioctl(switches_.number(), PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP); }

void ThreadEvents::resume() { ioctl(switches_.number(), PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP); }

uint64_t ThreadEvents::ran() const { return running(switches_); }

// Without a clock of its own there is next to nothing to do for it when the thread comes and goes.
bool ThreadEvents::count_always() {
  if (!always_) always_ = Fd(open_event(PERF_COUNT_SW_DUMMY, 0, tid_, -1));
  return always_ && ioctl(always_.number(), PERF_EVENT_IOC_ENABLE, 0) == 0;
}

uint64_t ThreadEvents::always_ran() const { return running(always_); }

}  // namespace heavyops::bpf
