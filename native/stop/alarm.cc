#include "stop/alarm.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <mutex>

#include "timer.h"

namespace heavyops {

namespace {

thread_local void (*ring)(void*) = nullptr;
thread_local void* ring_argument = nullptr;

void handle(int) {
  int kept = errno;
  if (ring != nullptr) ring(ring_argument);
  errno = kept;
}

// The highest real-time signal that is free, for as long as the process lives; 0 when there is none.
int claimed_signal() {
  static std::mutex mutex;
  static int claimed = 0;
  std::lock_guard<std::mutex> hold(mutex);
  for (int signal = SIGRTMAX; claimed == 0 && signal >= SIGRTMIN; --signal) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    struct sigaction ours {};
    ours.sa_handler = handle;  // without SA_RESTART: what it interrupts shall end
    sigemptyset(&ours.sa_mask);
    if (sigaction(signal, &ours, nullptr) == 0) claimed = signal;
  }
  return claimed;
}

}  // namespace

Alarm::Alarm(void (*on_ring)(void*), void* argument) {
  int signal = claimed_signal();
  if (signal == 0) return;
  ring = on_ring;
  ring_argument = argument;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));  // sigev_notify_thread_id, timer_create(2)
  works_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
}

Alarm::~Alarm() {
  if (works_) timer_delete(timer_);
  ring = nullptr;
}

void Alarm::set(uint64_t at, uint64_t again) {
  itimerspec when{to_timespec(again), to_timespec(at == 0 ? 1 : at)};
  timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);
}

}  // namespace heavyops
