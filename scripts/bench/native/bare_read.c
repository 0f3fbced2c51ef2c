// The floor under every profiler that reads another process: one process_vm_readv(2) a sample and nothing
// else.
//
//   bare_read PID BYTES SECONDS      prints "CALLS NANOSECONDS"
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// The first writable mapping that has so many bytes in memory that it can be read to its end.
static void* find(const char* pid, size_t bytes, void* into) {
  char path[64], line[512];
  snprintf(path, sizeof path, "/proc/%s/maps", pid);
  FILE* maps = fopen(path, "r");
  if (maps == NULL) return NULL;
  void* found = NULL;
  while (found == NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned long begin, end;
    char mode[5];
    if (sscanf(line, "%lx-%lx %4s", &begin, &end, mode) != 3 || strncmp(mode, "rw", 2) != 0) continue;
    if (end - begin < bytes) continue;
    struct iovec local = {into, bytes}, remote = {(void*)begin, bytes};
    if (process_vm_readv(atoi(pid), &local, 1, &remote, 1, 0) == (ssize_t)bytes) found = (void*)begin;
  }
  fclose(maps);
  return found;
}

int main(int count, char** arguments) {
  if (count != 4) return 2;
  size_t bytes = strtoul(arguments[2], NULL, 10);
  void* into = malloc(bytes);
  void* from = into == NULL ? NULL : find(arguments[1], bytes, into);
  if (from == NULL) {
    fprintf(stderr, "no %zu bytes to read in process %s\n", bytes, arguments[1]);
    return 1;
  }
  struct iovec local = {into, bytes}, remote = {from, bytes};
  long long calls = 0, began = now(), end = began + (long long)(atof(arguments[3]) * 1e9);
  while (now() < end) {
    if (process_vm_readv(atoi(arguments[1]), &local, 1, &remote, 1, 0) != (ssize_t)bytes) return 1;
    ++calls;
  }
  printf("%lld %lld\n", calls, now() - began);
  return 0;
}
