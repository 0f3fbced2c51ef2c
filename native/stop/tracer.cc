#include "stop/tracer.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "timer.h"

namespace heavyops {

namespace {

constexpr uint64_t kRing = 500'000;  // ns between two signals of the alarm, once it is due
constexpr uint64_t kSpin = 40'000;   // ns of looking, before a thread is waited for asleep
constexpr size_t kMaxThreads = 65'536;
constexpr size_t kMostAnswers = 64;  // to what happened in one stop, besides one for each thread

// Only children and tracees of this thread, never those of Node; nothing is taken from the kernel by looking,
// so that a signal is not lost when we end in between: a stop that was taken has no signal to go on with.
constexpr int kLook = WSTOPPED | WEXITED | WNOWAIT | __WALL | __WNOTHREAD;

long request(__ptrace_request what, pid_t id, long argument = 0) { return ptrace(what, id, 0L, argument); }

bool stops_for_user(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

bool is_end(int code) { return code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED; }

}  // namespace

Tracer::Tracer(pid_t pid) : pid_(pid), alarm_(on_alarm, this) {}

Tracer::~Tracer() {
  if (tasks_ != nullptr) closedir(tasks_);
}

int Tracer::attach() {
  if (!alarm_.works()) return EAGAIN;
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/task", pid_);
  tasks_ = opendir(path);
  if (tasks_ == nullptr) return errno;
  alarm_.set(monotonic_ns() + kLongestWait, kLongestWait);
  errno = ESRCH;
  list();
  return threads_.empty() || refused_ ? errno : 0;
}

// One more for each thread: proc_task_getattr, fs/proc/base.c.
uint64_t Tracer::links() const {
  struct stat now {};
  return fstat(dirfd(tasks_), &now) == 0 ? now.st_nlink : 0;
}

// Takes hold of the threads that are new. An exec of the target holds the lock that PTRACE_SEIZE wants while
// it waits until its other threads are reaped, by us: then the alarm does it (see on_alarm).
void Tracer::list() {
  links_ = links();
  refused_ = false;
  rewinddir(tasks_);
  int refusal = 0;
  while (dirent* entry = readdir(tasks_)) {
    pid_t id = std::atoi(entry->d_name);
    auto same = [&](const Traced& thread) { return thread.task.id() == id; };
    if (id <= 0 || threads_.size() >= kMaxThreads || std::any_of(threads_.begin(), threads_.end(), same))
      continue;
    Task task(pid_, id);
    seizing_ = true;
    bool seized = request(PTRACE_SEIZE, id, PTRACE_O_TRACEEXEC) == 0;
    int error = seized ? 0 : errno;
    seizing_ = false;
    // One that has ended is refused as well, by EPERM (ptrace_attach, kernel/ptrace.c).
    bool lives = !seized && error != ESRCH && !task.glance().ended;
    if (lives) refused_ = true;
    if (!seized && (refusal == 0 || lives)) refusal = error;
    if (seized) threads_.emplace_back(std::move(task));
  }
  errno = refusal != 0 ? refusal : ESRCH;
}

void Tracer::on_alarm(void* argument) {
  auto* tracer = static_cast<Tracer*>(argument);
  if (!tracer->seizing_) return;
  for (const Traced& thread : tracer->threads_) {
    siginfo_t info;
    pid_t id = thread.task.id();
    if (id != tracer->pid_)
      waitid(P_PID, static_cast<id_t>(id), &info, WEXITED | WNOHANG | __WALL | __WNOTHREAD);
  }
}

void Tracer::stop(bool all, uint64_t longest) {
  limit_ = monotonic_ns() + longest;
  alarm_.set(limit_, kRing);
  if (links() != links_) list();
  missed_ = refused_;
  for (Traced& thread : threads_) thread.asleep = !all && thread.state != State::kListening && sleeps(thread);
  // All are asked before the first is waited for, so that they stop side by side.
  for (Traced& thread : threads_) {
    if (thread.asleep || thread.state != State::kFree) continue;
    if (request(PTRACE_INTERRUPT, thread.task.id()) == 0)
      thread.state = State::kAsked;
    else
      thread.ended = any_ended_ = true;
  }
  for (Traced& thread : threads_) {
    if (!thread.asleep && thread.state == State::kAsked) await(thread);
  }
}

// A thread off its processor changes nothing until it is put on one again, which is counted. So one that is
// asleep need not be woken to be stopped; that it slept on is known when the count is the same afterwards.
bool Tracer::sleeps(Traced& thread) {
  if (thread.asleep && thread.task.arrivals() == thread.arrivals) return true;
  Task::Glance seen = thread.task.glance();
  thread.processor = seen.processor;
  if (!seen.asleep) return false;
  thread.arrivals = thread.task.arrivals();
  thread.confirmed = false;
  return thread.arrivals != 0;
}

bool Tracer::still_asleep(Traced& thread) {
  thread.asleep = thread.task.arrivals() == thread.arrivals;
  // It may have been about to sleep when it was looked at first, and have thought better of it since.
  if (thread.asleep && !thread.confirmed) thread.asleep = thread.confirmed = thread.task.glance().asleep;
  return thread.asleep;
}

bool Tracer::held() {
  bool held = true;
  for (Traced& thread : threads_) {
    if (thread.asleep && !still_asleep(thread)) held = false;
  }
  return held && links() == links_ && !missed_;
}

// A thread that runs on another processor stops within some microseconds. To sleep so long would be to have
// ours rest, and to be woken from that takes longer than the stop. One that waits for ours needs it.
bool Tracer::look(const Traced& thread, siginfo_t& event) const {
  auto id = static_cast<id_t>(thread.task.id());
  bool elsewhere = thread.processor >= 0 && thread.processor != sched_getcpu();
  for (uint64_t end = monotonic_ns() + kSpin; elsewhere && monotonic_ns() < end;) {
    event.si_pid = 0;
    if (waitid(P_PID, id, &event, kLook | WNOHANG) != 0) return false;
    if (event.si_pid != 0) return true;
  }
  return waitid(P_PID, id, &event, kLook) == 0;
}

void Tracer::await(Traced& thread) {
  siginfo_t event{};
  while (!look(thread, event)) {
    if (errno != EINTR) {
      thread.ended = any_ended_ = true;  // it has become the leader by an exec, or ended with the process
      return;
    }
    if (monotonic_ns() < limit_) continue;
    missed_ = true;  // it cannot stop now (state D), or waits for others to be reaped; `rest` will let it go
    return;
  }
  if (is_end(event.si_code))
    thread.ended = any_ended_ = true;
  else
    note(thread, event.si_status);
}

// `status` is the signal and, above its eight bits, the event: ptrace(2), "Stopped states".
void Tracer::note(Traced& thread, int status) {
  int signal = status & 0xff;
  int event = status >> 8;
  thread.state = State::kStopped;
  thread.signal = event == 0 ? signal : 0;
  thread.by_user = event == PTRACE_EVENT_STOP && stops_for_user(signal);
  thread.asleep = false;
  if (event == PTRACE_EVENT_EXEC) gone_ = true;
}

void Tracer::release(Traced& thread) {
  if (thread.by_user) {
    request(PTRACE_LISTEN, thread.task.id());
    thread.state = State::kListening;
    return;
  }
  // It may have been killed meanwhile; then its end is seen later.
  request(PTRACE_CONT, thread.task.id(), thread.signal);
  thread.state = State::kFree;
  thread.signal = 0;
}

void Tracer::resume() {
  for (Traced& thread : threads_) {
    if (thread.state == State::kStopped) release(thread);
  }
  if (!any_ended_) return;
  forget_ended();
  // Where ticks leave no time for `rest`, nobody else tells the kernel that the end was seen.
  for (size_t most = threads_.size() + kMostAnswers; !gone_ && most > 0 && answer(WNOHANG); --most) {
  }
}

void Tracer::rest(uint64_t until) {
  alarm_.set(until, kRing);
  while (!gone_ && monotonic_ns() < until) answer(0);
}

// Waits for what happens next, unless `options` is WNOHANG. Whether there was anything.
bool Tracer::answer(int options) {
  siginfo_t event{};
  if (waitid(P_ALL, 0, &event, kLook | options) == 0) {
    if (event.si_pid == 0) return false;
    handle(event);
    return true;
  }
  if (errno == EINTR) return false;
  threads_.clear();  // of all that we had hold of, none is left
  list();
  gone_ = threads_.empty();
  return true;
}

void Tracer::handle(const siginfo_t& event) {
  auto found = std::find_if(threads_.begin(), threads_.end(),
                            [&](const Traced& thread) { return thread.task.id() == event.si_pid; });
  if (is_end(event.si_code)) {
    if (found != threads_.end()) found->ended = any_ended_ = true;
    reap(event.si_pid);
    forget_ended();
  } else if (found != threads_.end()) {
    note(*found, event.si_status);
    release(*found);
  } else {
    request(PTRACE_DETACH, event.si_pid);
  }
}

// The end of a thread is for us alone, and others wait for us to have seen it: the leader's end and an exec.
// That of the process is its parent's. If that is us, then whoever started it here still has to be told; else
// the kernel tells it, once we have seen it.
void Tracer::reap(pid_t id) {
  if (id == pid_) {
    gone_ = true;
    if (is_our_child()) {
      kill(getpid(), SIGCHLD);
      return;
    }
  }
  siginfo_t event{};
  if (waitid(P_PID, static_cast<id_t>(id), &event, WEXITED | WNOHANG | __WALL | __WNOTHREAD) == 0 &&
      event.si_pid == id) {
    --links_;
  }
}

void Tracer::forget_ended() {
  if (!any_ended_) return;
  any_ended_ = false;
  auto ended = [](const Traced& thread) { return thread.ended; };
  threads_.erase(std::remove_if(threads_.begin(), threads_.end(), ended), threads_.end());
}

bool Tracer::is_our_child() const {
  char path[64], stat[256];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid_);
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  size_t got = std::fread(stat, 1, sizeof stat - 1, file);
  std::fclose(file);
  stat[got] = 0;
  const char* end = std::strrchr(stat, ')');
  int parent = 0;
  return end != nullptr && std::sscanf(end + 1, " %*c %d", &parent) == 1 && parent == getpid();
}

}  // namespace heavyops
