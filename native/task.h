#pragma once
#include <sys/types.h>

#include <cstdint>

namespace heavyops {

struct SystemCall {
  int32_t number = -1;  // -1: none
  uint64_t first_argument = 0;
};

// What a thread is in, from the line that the kernel has of it in /proc/PID/task/TID/syscall
// (proc_pid_syscall(5)).
enum class Standing : uint8_t {
  kRuns,    // or waits for a processor
  kInCall,  // rests in a system call
  kOther,   // rests outside of one (it needs memory), has ended, or the kernel does not tell
};
Standing standing_of(const char* line, SystemCall& in);

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
  // Cheaper than a glance. False where the kernel does not let us know.
  bool look_into(Standing& standing, SystemCall& in);
  // How often it has been put on a processor; 0 when it cannot be known.
  uint64_t arrivals() const;
  // ns that it has been on processors, as the scheduler last added it up: some ms less than it is, of one
  // that runs now. UINT64_MAX when it cannot be known.
  uint64_t ran() const;

 private:
  // A line of the scheduler's; false where there is none.
  bool read_schedstat(char (&text)[80]) const;

  static constexpr int kUnopened = -2;  // until it is asked for

  pid_t id_;
  pid_t process_;
  int stat_ = -1, schedstat_ = -1;
  int syscall_ = kUnopened;
  bool refused_ = false;  // to look into it
  bool gone_ = false;     // there was no such thread; false, too, when no more files could be opened
};

}  // namespace heavyops
