#pragma once
#include <sys/types.h>

#include <cstdint>

namespace heavyops {

// A thread of the target as the kernel's scheduler shows it, by files that stay open.
class Task {
 public:
  Task(pid_t process, pid_t id);
  ~Task();
  Task(Task&& from) noexcept;
  Task& operator=(Task&& from) noexcept;

  pid_t id() const { return id_; }
  struct Glance {
    // Not on a processor and not waiting for one either; false when it cannot be known. The kernel says so a
    // moment before the thread has left its processor.
    bool asleep = false;
    bool running = false;  // on a processor or waiting for one
    bool ended = false;    // none of these where it cannot be known
    int processor = -1;    // where it is or was last
    uint64_t started = 0;  // clock ticks after the machine's start; 0 unknown
  };
  Glance glance() const;
  // How often it has been put on a processor; 0 when it cannot be known.
  uint64_t arrivals() const;

 private:
  pid_t id_;
  int stat_ = -1, schedstat_ = -1;
  bool gone_ = false;  // there was no such thread; false, too, when no more files could be opened
};

}  // namespace heavyops
