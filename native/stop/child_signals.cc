#include "stop/child_signals.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <mutex>

namespace heavyops {

namespace {

std::mutex mutex;
int users = 0;
struct sigaction theirs {};

// A thread that has ended is no process, and one that we have reaped already is nothing any more; a child
// that has ended remains until the handler's owner has asked for it.
bool of_a_thread(const siginfo_t& info) {
  if (info.si_code != CLD_EXITED && info.si_code != CLD_KILLED && info.si_code != CLD_DUMPED) return false;
  return syscall(SYS_tgkill, info.si_pid, info.si_pid, 0) != 0 && errno == ESRCH;
}

void handle(int signal, siginfo_t* info, void* context) {
  int kept = errno;
  bool pass = info == nullptr || !of_a_thread(*info);
  errno = kept;
  if (!pass) return;
  if ((theirs.sa_flags & SA_SIGINFO) != 0)
    theirs.sa_sigaction(signal, info, context);
  else
    theirs.sa_handler(signal);
}

bool is_ours(const struct sigaction& one) {
  return (one.sa_flags & SA_SIGINFO) != 0 && one.sa_sigaction == handle;
}

}  // namespace

ChildSignals::ChildSignals() {
  std::lock_guard<std::mutex> hold(mutex);
  if (users++ > 0) return;
  struct sigaction now {};
  sigaction(SIGCHLD, nullptr, &now);
  bool nobody = (now.sa_flags & SA_SIGINFO) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN);
  if (nobody || is_ours(now)) return;
  theirs = now;
  struct sigaction ours = now;
  ours.sa_sigaction = handle;
  ours.sa_flags |= SA_SIGINFO | SA_NOCLDSTOP;
  sigaction(SIGCHLD, &ours, nullptr);
}

ChildSignals::~ChildSignals() {
  std::lock_guard<std::mutex> hold(mutex);
  if (--users > 0) return;
  struct sigaction now {};
  sigaction(SIGCHLD, nullptr, &now);
  if (is_ours(now)) sigaction(SIGCHLD, &theirs, nullptr);
}

void ChildSignals::remind() const {
  struct sigaction now {};
  if (sigaction(SIGCHLD, nullptr, &now) == 0 && is_ours(now)) kill(getpid(), SIGCHLD);
}

}  // namespace heavyops
