#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "check.h"
#include "readers/stopped_reader.h"
#include "stop/tracer.h"
#include "timer.h"

namespace heavyops::test {
namespace {

// What a target and its test both see.
struct Shared {
  std::atomic<uint64_t> busy{0};   // counted up by a thread that works
  std::atomic<uint64_t> dozes{0};  // by one that sleeps a little each time
  std::atomic<uint64_t> signals{0};
  std::atomic<uint64_t> threads{0};
  std::atomic<bool> end{false};
};

Shared* shared = nullptr;

// A process of its own, ended by its pid at the latest when the test is over.
class Child {
 public:
  explicit Child(const std::function<void()>& body) {
    if (shared == nullptr) {
      void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
      shared = static_cast<Shared*>(memory);
    }
    new (shared) Shared();
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(120);
    body();
    _exit(0);
  }
  ~Child() {
    if (ended_) return;
    kill(pid_, SIGKILL);
    wait();
  }
  // Takes no stop from a tracer in this process: to its own parent's process a traced child shows those as
  // well.
  int wait() {
    siginfo_t event{};
    do {
      usleep(200);
      event.si_pid = 0;
      waitid(P_PID, static_cast<id_t>(pid_), &event, WEXITED | WNOHANG | WNOWAIT);
    } while (event.si_pid == 0 || event.si_code == CLD_TRAPPED);
    int status = 0;
    ended_ = waitpid(pid_, &status, 0) == pid_;
    return status;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  bool ended_ = false;
};

void work() {
  while (!shared->end) ++shared->busy;
}

void doze() {
  while (!shared->end) {
    ++shared->dozes;
    usleep(300);
  }
}

// Works on one thread and dozes on another.
void work_and_doze() {
  std::thread other(doze);
  work();
  other.join();
}

template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    usleep(500);
  }
  return false;
}

bool lives_on() {
  uint64_t busy = shared->busy, dozes = shared->dozes;
  return eventually([&] { return shared->busy > busy + 1000 && shared->dozes > dozes + 3; });
}

// A file of /proc/PID; empty when the process is gone.
std::string proc_file(pid_t pid, const char* name) {
  char path[64], text[4096] = {};
  std::snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int file = open(path, O_RDONLY);
  ssize_t got = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  return {text, static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

char state_of(pid_t pid) {
  std::string stat = proc_file(pid, "stat");
  size_t end = stat.rfind(')');
  return end == std::string::npos ? 'X' : stat[end + 2];
}

int tracer_of(pid_t pid) {
  std::string status = proc_file(pid, "status");
  size_t line = status.find("TracerPid:");
  return line == std::string::npos ? -1 : std::atoi(&status[line + 10]);
}

// Stops again and again, on a thread of its own.
class Stopping {
 public:
  Stopping(pid_t pid, uint64_t period, std::function<void(Tracer::Stop&)> inside = {})
      : thread_([=] { run(pid, period, inside); }) {}
  ~Stopping() {
    end_ = true;
    thread_.join();
  }
  std::atomic<int> error{-1};
  std::atomic<uint64_t> stops{0}, held{0};
  std::atomic<bool> gone{false};

 private:
  void run(pid_t pid, uint64_t period, const std::function<void(Tracer::Stop&)>& inside) {
    Tracer tracer(pid);
    error = tracer.attach();
    while (error == 0 && !end_ && !tracer.gone()) {
      {
        Tracer::Stop stop(tracer, false);
        if (inside) inside(stop);
        stop.resume();
        if (stop.held()) ++held;
      }
      ++stops;
      tracer.rest(monotonic_ns() + period);
    }
    gone = tracer.gone();
  }
  std::atomic<bool> end_{false};
  std::thread thread_;
};

TEST("Tracer: while a stop holds, no thread that works or dozes gets on") {
  Child child(work_and_doze);
  CHECK(lives_on());
  std::atomic<uint64_t> moved{0}, held{0};
  uint64_t busy = 0, dozes = 0;
  bool same = false;
  auto inside = [&](Tracer::Stop& stop) {
    busy = shared->busy, dozes = shared->dozes;
    for (uint64_t end = monotonic_ns() + 50'000; monotonic_ns() < end;) {
    }
    same = busy == shared->busy && dozes == shared->dozes;
    stop.resume();
    if (!stop.held()) return;
    ++held;
    if (!same) ++moved;
  };
  Stopping stopping(child.pid(), 1'000'000, inside);
  CHECK(eventually([&] { return held > 100; }));
  CHECK_EQUAL(moved.load(), 0u);
  CHECK(lives_on());
}

TEST("Tracer: a target lives on whenever its profiler is killed, a thousand times") {
  Child target(work_and_doze);
  CHECK(lives_on());
  std::srand(1);
  for (int i = 0; i < 1000; ++i) {
    pid_t profiler = fork();
    if (profiler == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      Tracer tracer(target.pid());
      if (tracer.attach() != 0) _exit(1);
      for (;;) {
        Tracer::Stop stop(tracer, std::rand() % 2 == 0);
        stop.resume();
        tracer.rest(monotonic_ns() + 50'000);
      }
    }
    usleep(static_cast<useconds_t>(std::rand() % 3000));
    kill(profiler, SIGKILL);
    int status = 0;
    waitpid(profiler, &status, 0);
    CHECK(WIFSIGNALED(status));
    CHECK(lives_on());
    CHECK_EQUAL(tracer_of(target.pid()), 0);
  }
  CHECK(std::strchr("RS", state_of(target.pid())) != nullptr);
}

TEST("Tracer: signals come through, and at once, however seldom the target is stopped") {
  Child child([] {
    signal(SIGUSR1, [](int) { ++shared->signals; });
    work_and_doze();
  });
  CHECK(lives_on());
  Stopping stopping(child.pid(), 20'000'000'000);  // 20 s
  CHECK(eventually([&] { return stopping.stops == 1; }));
  uint64_t began = monotonic_ns();
  for (uint64_t i = 1; i <= 2000; ++i) {
    kill(child.pid(), SIGUSR1);
    CHECK(eventually([&] { return shared->signals == i; }));
  }
  CHECK(monotonic_ns() - began < 19'000'000'000);  // not one of them had to wait for the next stop
  CHECK(lives_on());
}

TEST("Tracer: a user's SIGSTOP stops the target until SIGCONT, and it stays stopped when the profiler ends") {
  Child child(work_and_doze);
  CHECK(lives_on());
  {
    Stopping stopping(child.pid(), 500'000);
    CHECK(eventually([&] { return stopping.stops > 10; }));
    for (int i = 0; i < 20; ++i) {
      kill(child.pid(), SIGSTOP);
      usleep(20'000);
      uint64_t busy = shared->busy, dozes = shared->dozes, stops = stopping.stops;
      CHECK(eventually([&] { return stopping.stops > stops + 10; }));
      CHECK_EQUAL(shared->busy.load(), busy);
      CHECK_EQUAL(shared->dozes.load(), dozes);
      kill(child.pid(), SIGCONT);
      CHECK(lives_on());
    }
    kill(child.pid(), SIGSTOP);
    usleep(20'000);
  }
  CHECK(eventually([&] { return state_of(child.pid()) == 'T' && tracer_of(child.pid()) == 0; }));
  kill(child.pid(), SIGCONT);
  CHECK(lives_on());
}

TEST("Tracer: threads that come and go are stopped too, and can end") {
  Child child([] {
    while (!shared->end) {
      std::thread one([] { ++shared->threads; }), two([] { usleep(100); });
      one.join();
      two.join();
    }
  });
  Stopping stopping(child.pid(), 200'000);
  CHECK(eventually([&] { return shared->threads > 2000 && stopping.held > 500; }));
  shared->end = true;
  CHECK(eventually([&] { return stopping.gone.load(); }));
  CHECK(WIFEXITED(child.wait()));
}

TEST("Tracer: an exec with threads goes through while stopped again and again, and is noticed") {
  for (int i = 0; i < 50; ++i) {
    Child child([] {
      for (int n = 0; n < 5; ++n) std::thread(n == 0 ? work : doze).detach();
      usleep(20'000);
      // From another thread than the first, whose id it takes.
      std::thread([] { execl("/bin/sh", "sh", "-c", "exit 7", nullptr); }).join();
    });
    Stopping stopping(child.pid(), 100'000);
    int status = child.wait();
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CHECK(stopping.error != 0 || eventually([&] { return stopping.gone.load(); }));
  }
}

TEST("Tracer: a fork's child is left alone") {
  Child child([] {
    for (int i = 0; i < 300; ++i) {
      pid_t pid = fork();
      if (pid == 0) _exit(3);
      int status = 0;
      if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3) _exit(1);
    }
    _exit(5);
  });
  Stopping stopping(child.pid(), 100'000);
  CHECK_EQUAL(WEXITSTATUS(child.wait()), 5);
}

TEST("Tracer: refuses a target that another one traces") {
  Child child(work_and_doze);
  CHECK(lives_on());
  Stopping first(child.pid(), 500'000);
  CHECK(eventually([&] { return first.stops > 3; }));
  Stopping second(child.pid(), 500'000);
  CHECK(eventually([&] { return second.error != -1; }));
  CHECK_EQUAL(second.error.load(), EPERM);
  CHECK(lives_on());
}

TEST("Tracer: refuses a target of which another one traces a single thread") {
  Child child(work_and_doze);
  CHECK(lives_on());
  pid_t other = 0;
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/task", child.pid());
  DIR* tasks = opendir(path);
  while (dirent* entry = readdir(tasks)) {
    pid_t id = std::atoi(entry->d_name);
    if (id != child.pid() && id > 0) other = id;
  }
  closedir(tasks);
  std::atomic<int> seized{-1};
  std::atomic<bool> end{false};
  std::thread tracer([&] {
    seized = ptrace(PTRACE_SEIZE, other, 0L, 0L) == 0;
    while (!end) usleep(500);
  });
  CHECK(eventually([&] { return seized == 1; }));
  {
    Stopping stopping(child.pid(), 500'000);
    CHECK(eventually([&] { return stopping.error != -1; }));
    CHECK_EQUAL(stopping.error.load(), EPERM);
  }
  CHECK(lives_on());
  end = true;  // and with its thread the tracing ends
  tracer.join();
  CHECK(lives_on());
}

TEST("Tracer: an exec goes through between stops that follow at once") {
  for (int i = 0; i < 20; ++i) {
    Child child([] {
      for (int n = 0; n < 3; ++n) std::thread(doze).detach();
      usleep(20'000);
      execl("/bin/sh", "sh", "-c", "exit 7", nullptr);
    });
    Stopping stopping(child.pid(), 0);
    int status = child.wait();
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  }
}

TEST("Tracer: a thread in vfork keeps nobody waiting") {
  Child child([] {
    std::thread other(doze);
    std::thread third(work);
    for (volatile int i = 0; i < 10; i = i + 1) {
      pid_t pid = vfork();
      if (pid == 0) {
        execl("/bin/sleep", "sleep", "0.1", nullptr);
        _exit(1);
      }
      int status = 0;
      waitpid(pid, &status, 0);
    }
    shared->end = true;
    other.join();
    third.join();
    _exit(4);
  });
  Stopping stopping(child.pid(), 500'000);
  CHECK_EQUAL(WEXITSTATUS(child.wait()), 4);
}

}  // namespace
}  // namespace heavyops::test
