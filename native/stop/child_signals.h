#pragma once

namespace heavyops {

// While one of these exists, a SIGCHLD handler that the process has (Node's event loop has one when it has
// started a program) hears neither of stops nor of single threads that end, only of processes that do.
//
// It answers a SIGCHLD by waitpid(2) for each of its children, and that call shows a child that is ours to
// trace also while it is stopped by us: the handler's owner would take the stop for the program's end.
// Besides, each stop would wake it.
class ChildSignals {
 public:
  ChildSignals();
  ~ChildSignals();
  ChildSignals(const ChildSignals&) = delete;
  ChildSignals& operator=(const ChildSignals&) = delete;

  // Has the handler look at all its children: of several signals at a time only one is delivered, and that
  // may have been about a thread.
  void remind() const;
};

}  // namespace heavyops
