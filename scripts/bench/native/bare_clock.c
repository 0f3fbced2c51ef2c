// The floor under every sampler that works in the interrupt of its target's own clock: the clock alone, a
// task-clock event of one thread that interrupts it in each period, with nobody to take a sample
// (perf_event_open(2)).
//
//   bare_clock TID PERIOD_NS SECONDS      prints how many nanoseconds the thread ran meanwhile
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int count, char** arguments) {
  if (count != 4) return 2;
  struct perf_event_attr attributes = {0};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.sample_period = strtoull(arguments[2], NULL, 10);
  int clock =
      (int)syscall(SYS_perf_event_open, &attributes, atoi(arguments[1]), -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (clock < 0) {
    perror("perf_event_open");
    return 1;
  }
  double seconds = atof(arguments[3]);
  struct timespec rest = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&rest, NULL);
  unsigned long long ran;
  if (read(clock, &ran, sizeof ran) != sizeof ran) return 1;
  printf("%llu\n", ran);
  return 0;
}
