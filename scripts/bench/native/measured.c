// Runs a command and tells what it costs by the kernel's own accounting.
//
//   measured COMMAND [ARGUMENT...]
//
// Writes to descriptor 3: "pid N" at the start; for each byte read from standard input "cpu NS now NS", the
// CPU clock of the whole process (all its threads, also those that have ended: clock_getcpuclockid(3)) and
// the monotonic clock; at the end "end STATUS user US system US maxrss KIB", with the children that it waited
// for (wait4(2)). When standard input closes the command is killed: so nothing outlives whoever asked,
// however that one ended.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long ns(clockid_t clock) {
  struct timespec time = {0, 0};
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long us(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

static void run(char** command) {
  int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, 0);
  close(3);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int count, char** arguments) {
  if (count < 2) return 2;
  // Ctrl-C goes to the whole group: whoever asked decides what it means.
  signal(SIGINT, SIG_IGN);
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    signal(SIGINT, SIG_DFL);
    setpgid(0, 0);
    run(arguments + 1);
  }
  dprintf(3, "pid %d\n", child);
  clockid_t clock;
  int ended = (int)syscall(SYS_pidfd_open, child, 0);
  if (ended < 0 || clock_getcpuclockid(child, &clock) != 0) {
    kill(child, SIGKILL);
    return 1;
  }
  struct pollfd ready[2] = {{0, POLLIN, 0}, {ended, POLLIN, 0}};
  while (poll(ready, 2, -1) >= 0 && ready[1].revents == 0) {
    char asked;
    if (ready[0].revents == 0) continue;
    if (read(0, &asked, 1) == 1) {
      dprintf(3, "cpu %lld now %lld\n", ns(clock), ns(CLOCK_MONOTONIC));
    } else {
      kill(child, SIGKILL);
      ready[0].fd = -1;
    }
  }
  int status = 0;
  struct rusage used;
  wait4(child, &status, 0, &used);
  dprintf(3, "end %d user %lld system %lld maxrss %ld\n", status, us(used.ru_utime), us(used.ru_stime),
          used.ru_maxrss);
  return 0;
}
