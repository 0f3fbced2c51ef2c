#pragma once
#include <memory>

#include "os_threads.h"
#include "readers/reader.h"
#include "readers/thread_reader.h"

namespace heavyops {

// Takes an instant from the running target's memory: all threads in one bulk read, decided by a walker.
class MemoryReader final : public Reader {
 public:
  MemoryReader(Memory& memory, const Layout& layout, OsThreads& os_threads, Walker& walker,
               Address interpreters_head, Address gil_holder, Address gil, Range gil_locks,
               size_t max_threads)
      : memory_(memory),
        layout_(layout),
        os_threads_(os_threads),
        walker_(walker),
        thread_reader_(memory, walker),
        interpreters_head_(interpreters_head),
        gil_holder_at_(gil_holder),
        gil_(gil),
        gil_locks_(gil_locks),
        max_facts_(max_threads) {}

  Seen take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) override;
  const std::vector<ThreadFacts>& threads() const override { return facts_; }
  // Another thread that has its state has a row of its own.
  void thread_has_ended(int32_t row);

 private:
  struct Interpreter {
    Address address = 0;
    int64_t id = 0;
    Address gil = 0;
    Address threads_head = 0;
    // Read in every tick, the number before the name: take_gil in Python/ceval_gil.c writes them in the other
    // order, so whoever is not named after this many switches has not made the last of them.
    uint64_t gil_switches = 0;
    uint8_t gil_state[16] = {};  // last_holder, locked
    size_t range_head = 0, range_switches = 0, range_gil = 0;
  };

  struct Thread : ThreadFrames {
    size_t interpreter = 0;
    int32_t row = -1;                                  // in facts_
    uint64_t ident = 0, native_id = 0, unique_id = 0;  // of the thread that the row is for
    bool listed = false;                               // in the last listing
    int missed = 0;                                    // listings since then
    uint64_t listed_at = 0;
    bool rests = false;                           // the kernel has not let it run since it was seen to rest
    bool settled = false;                         // so it was before it was read last: it is as it was read
    WalkStatus status = WalkStatus::kUnreadable;  // when it was read last
    uint64_t gil_switches = 0;                    // by its last sample
  };

  Seen nothing() const;
  void plan(Thread& thread, uint64_t now);
  bool list_interpreters();
  bool list_threads();
  bool listed_threads_are_known();
  Thread& add_thread(Address address, size_t interpreter);
  bool identify(Thread& thread);
  int32_t add_facts(const Thread& thread);
  WalkStatus read_again(Thread& thread, uint64_t now);
  bool was_read(const Thread& thread, const BulkRead& bulk) const;
  bool holds_gil(const Thread& thread) const;
  bool held_gil(Thread& thread) const;
  Address gil_of(const Thread& thread) const;
  Range gil_locks_of(const Thread& thread) const;
  Range gil_queue_of(const Thread& thread) const;

  Memory& memory_;
  const Layout& layout_;
  OsThreads& os_threads_;
  Walker& walker_;
  ThreadReader thread_reader_;
  Address interpreters_head_;
  Address gil_holder_at_;
  Address gil_holder_ = 0;
  Address gil_;      // to 3.11, as
  Range gil_locks_;  // this
  uint64_t interpreters_listed_at_ = 0;
  uint64_t listed_at_ = 0;  // when the lists of threads named those that are known
  std::vector<Interpreter> interpreters_;
  std::vector<std::unique_ptr<Thread>> threads_;
  AddressMap index_;
  std::vector<ThreadFacts> facts_;
  size_t max_facts_;
  uint64_t now_ = 0;
  uint64_t last_call_ = 0;  // of the tick
  BulkRead bulk_;
  BulkRead single_;
};

}  // namespace heavyops
