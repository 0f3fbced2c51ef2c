#pragma once
#include <memory>

#include "readers/reader.h"
#include "stop/child_signals.h"
#include "stop/tracer.h"

namespace heavyops {

// Takes what another reader takes, while the target is stopped.
class StoppedReader final : public Reader {
 public:
  StoppedReader(pid_t pid, std::unique_ptr<Reader> inner, Walker& walker)
      : pid_(pid), inner_(std::move(inner)), walker_(walker) {}
  ~StoppedReader() override { end(); }

  int begin() override;
  void end() override;
  bool rest(uint64_t until) override;
  Seen take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) override;
  const std::vector<ThreadFacts>& threads() const override { return inner_->threads(); }
  uint64_t unstopped() const override { return unstopped_; }

 private:
  pid_t pid_;
  std::unique_ptr<Reader> inner_;
  Walker& walker_;  // that it walks with
  std::unique_ptr<ChildSignals> child_signals_;
  std::unique_ptr<Tracer> tracer_;  // of the thread `tracing_`
  pid_t tracing_ = 0;
  uint64_t unstopped_ = 0;
};

}  // namespace heavyops
