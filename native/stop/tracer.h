#pragma once
#include <dirent.h>
#include <signal.h>

#include <utility>
#include <vector>

#include "stop/alarm.h"
#include "task.h"

namespace heavyops {

// Stops the threads of a process for a moment, by ptrace(2). All calls come from the thread that makes it,
// and the target is let go of when that thread ends, in whichever way: the kernel then resumes what is
// stopped, with the signal that it was stopped for (ptrace(2), "Attaching and detaching"). Nothing else would
// be as safe, so there is no other way to let go.
//
// A traced thread also stops for each signal that it gets, until it is told to take it. So between the stops
// the thread has to be in `rest`, which answers at once.
class Tracer {
 public:
  static constexpr uint64_t kLongestWait = 5'000'000;  // ns; those in a long read(2) may take ages

  explicit Tracer(pid_t pid);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Takes hold of every thread, without stopping any. 0, or the errno of the refusal.
  int attach();

  // While one of these exists no thread of the target runs, but for those that `held` finds out.
  class Stop {
   public:
    // Threads that are asleep are left so, unless `all` shall be stopped. Threads that do not stop are waited
    // for `longest` ns at most.
    Stop(Tracer& tracer, bool all, uint64_t longest = kLongestWait) : tracer_(tracer) {
      tracer.stop(all, longest);
    }
    ~Stop() { resume(); }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;
    void resume() {
      if (!resumed_) tracer_.resume();
      resumed_ = true;
    }
    // Whether all have stopped that had to.
    bool complete() const { return !tracer_.missed_; }
    // After `resume`: whether nothing has run in the meantime, asleep or new.
    bool held() { return tracer_.held(); }

   private:
    Tracer& tracer_;
    bool resumed_ = false;
  };

  // Lets the target live until `until` (ns), or until it is gone: passes its signals on, notices threads that
  // end.
  void rest(uint64_t until);

  // The process has ended or runs another program.
  bool gone() const { return gone_; }

 private:
  enum class State : uint8_t {
    kFree,      // runs, or sleeps
    kAsked,     // interrupted, has not stopped yet
    kStopped,   // by us, or with `signal` to take
    kListening  // stopped by its user (group-stop); it stays so until it gets SIGCONT and we let it
  };

  struct Traced {
    explicit Traced(Task&& one) : task(std::move(one)) {}
    Task task;
    State state = State::kFree;
    int signal = 0;          // to take when it is resumed
    bool by_user = false;    // it has to stay stopped
    bool asleep = false;     // believed to be, since it had `arrivals`
    bool confirmed = false;  // seen asleep a second time
    uint64_t arrivals = 0;
    int processor = -1;  // where it was when the stop began; -1 when not looked for
    bool ended = false;
  };

  void stop(bool all, uint64_t longest);
  void resume();
  bool held();
  void list();
  uint64_t links() const;
  bool sleeps(Traced& thread);
  bool still_asleep(Traced& thread);
  bool look(const Traced& thread, siginfo_t& event) const;
  void await(Traced& thread);
  void note(Traced& thread, int status);
  void release(Traced& thread);
  bool answer(int options);
  void handle(const siginfo_t& event);
  void reap(pid_t id);
  void forget_ended();
  bool is_our_child() const;
  static void on_alarm(void* tracer);

  pid_t pid_;
  DIR* tasks_ = nullptr;  // /proc/PID/task
  Alarm alarm_;
  std::vector<Traced> threads_;
  uint64_t links_ = 0;  // of `tasks_` when its entries were read, and of what has ended since
  uint64_t limit_ = 0;  // ns: until when threads are waited for
  volatile bool seizing_ = false;
  bool any_ended_ = false;
  bool gone_ = false;
  bool missed_ = false;   // in this stop, a thread
  bool refused_ = false;  // a living thread is somebody else's to trace
};

}  // namespace heavyops
