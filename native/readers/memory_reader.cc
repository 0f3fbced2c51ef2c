#include "readers/memory_reader.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace heavyops {

namespace {

constexpr uint64_t kInterpretersAge = 20'000'000;  // ns: a new sub-interpreter is noticed after this
constexpr uint64_t kListAge = 1'000'000;           // ns: a new thread, and one that has ended, after this
constexpr size_t kMaxInterpreters = 1024;
constexpr size_t kMaxThreads = 16'384;  // alive at once, in all interpreters
// Listings without a thread after which it has ended. One may have gone through a thread that was just freed,
// and have lost those behind it.
constexpr int kMissed = 3;  // and kListAge
// Calls in one tick, about 0.1 s; past it threads wait for the next tick. Lists of threads and of frames that
// a target has forged are each bounded, but their product is not.
constexpr uint64_t kMaxCalls = 100'000;

}  // namespace

Reader::Seen MemoryReader::take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) {
  out.clear();
  now_ = now;
  last_call_ = memory_.calls() + kMaxCalls;
  if (interpreters_.empty() || now - interpreters_listed_at_ > kInterpretersAge) {
    interpreters_listed_at_ = now;
    if (!list_interpreters()) return nothing();
  }
  bool lists = threads_.empty() || now - listed_at_ >= kListAge;
  bulk_.clear();
  if (gil_holder_at_ != 0) bulk_.add(gil_holder_at_, &gil_holder_, sizeof gil_holder_);
  for (Interpreter& one : interpreters_) {
    if (lists)
      one.range_head =
          bulk_.add(one.address + layout_.interpreter_threads_head, &one.threads_head, sizeof(Address));
    if (one.gil == 0) continue;
    one.range_switches = bulk_.add(one.gil + layout_.gil_switches, &one.gil_switches, sizeof(uint64_t));
    one.range_gil = bulk_.add(one.gil + layout_.gil_last_holder, one.gil_state, sizeof one.gil_state);
  }
  for (auto& thread : threads_) plan(*thread, now);
  bulk_.run(memory_);

  bool readable = lists
                      ? !interpreters_.empty() && bulk_.length(interpreters_[0].range_head) == sizeof(Address)
                      : bulk_.size() == 0 || !bulk_.empty_handed();
  if (!readable) {
    interpreters_.clear();  // the interpreter has gone, or the whole process with it
    listed_at_ = 0;
    return nothing();
  }
  size_t read_in_bulk = threads_.size();
  bool same = !lists || listed_threads_are_known();
  if (same && lists) listed_at_ = now;
  if (!same && !list_threads()) return nothing();

  for (size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = *threads_[i];
    if (!thread.listed) continue;
    if (thread.settled) {
      out.push_back({thread.row, thread.status, holds_gil(thread), false, true, held_gil(thread),
                     thread.frames.size(), &thread.frames});
      continue;
    }
    bool fresh = !same || i >= read_in_bulk;
    bool readable = !fresh && was_read(thread, bulk_) && identify(thread);
    WalkStatus status =
        readable ? thread_reader_.decide(thread, bulk_, now, last_call_) : read_again(thread, now);
    if (status == WalkStatus::kUnreadable && !fresh) status = read_again(thread, now);
    thread.status = status;
    thread.settled = thread.rests && i < read_in_bulk;
    if (thread.row < 0) continue;
    const WalkState& walk = *thread.walk;
    out.push_back({thread.row, status, holds_gil(thread), walk.changed, thread.rests, held_gil(thread),
                   walk.same, &thread.frames});
  }
  if (out.empty()) interpreters_listed_at_ = 0;  // perhaps they were listed in the middle of a change
  for (ThreadSample& sample : out) {
    sample.time = now;
    sample.weight = static_cast<double>(now - since);
  }
  return out.empty() ? Seen::kNothing : Seen::kThreads;
}

Reader::Seen MemoryReader::nothing() const {
  return memory_.last_error() == ESRCH ? Seen::kGone : Seen::kNothing;
}

// A thread that has not run since it was read is as it was then: nobody else writes its frames.
void MemoryReader::plan(Thread& thread, uint64_t now) {
  pid_t tid = thread.row >= 0 ? facts_[thread.row].tid : 0;
  thread.rests = tid != 0 && os_threads_.still_rests(tid, now);
  if (!thread.rests) thread.settled = false;
  if (!thread.settled) thread_reader_.plan(thread, bulk_);
}

// One thread by itself. Once more if its data stack was given back in between.
WalkStatus MemoryReader::read_again(Thread& thread, uint64_t now) {
  WalkStatus status = WalkStatus::kUnreadable;
  for (int attempt = 0; attempt < 2 && memory_.calls() < last_call_; ++attempt) {
    single_.clear();
    thread_reader_.plan(thread, single_);
    single_.run(memory_);
    if (!was_read(thread, single_) || !identify(thread)) return WalkStatus::kNoFrames;
    status = thread_reader_.decide(thread, single_, now, last_call_);
    if (status != WalkStatus::kUnreadable) break;
  }
  return status;
}

bool MemoryReader::was_read(const Thread& thread, const BulkRead& bulk) const {
  return thread.settled || bulk.length(thread.image.range) == thread.image.state.size();
}

bool MemoryReader::list_interpreters() {
  std::vector<Interpreter> found;
  for (Address address = memory_.read_pointer(interpreters_head_); address != 0;
       address = memory_.read_pointer(address + layout_.interpreter_next)) {
    auto listed = [&](const Interpreter& one) { return one.address == address; };
    if (found.size() >= kMaxInterpreters || std::any_of(found.begin(), found.end(), listed)) break;
    Interpreter one;
    one.address = address;
    if (layout_.interpreter_id >= 0) memory_.read(address + layout_.interpreter_id, &one.id, sizeof one.id);
    one.gil = layout_.interpreter_gil < 0 ? gil_ : memory_.read_pointer(address + layout_.interpreter_gil);
    found.push_back(one);
  }
  if (found.empty()) return false;
  bool same =
      found.size() == interpreters_.size() && std::equal(found.begin(), found.end(), interpreters_.begin(),
                                                         [](const Interpreter& a, const Interpreter& b) {
                                                           return a.address == b.address && a.gil == b.gil;
                                                         });
  if (same) return true;
  interpreters_ = std::move(found);
  return list_threads();
}

// Whether the lists in the images just read name exactly the threads that were read.
bool MemoryReader::listed_threads_are_known() {
  size_t count = 0;
  for (size_t i = 0; i < interpreters_.size(); ++i) {
    for (Address address = interpreters_[i].threads_head; address != 0; ++count) {
      int32_t at = index_.find(address);
      if (at < 0 || count > threads_.size()) return false;
      Thread& thread = *threads_[at];
      if (!thread.listed || thread.interpreter != i || !was_read(thread, bulk_)) return false;
      address = field<Address>(thread.image.state.data(), layout_.thread_next);
    }
  }
  return count == threads_.size();
}

bool MemoryReader::list_threads() {
  for (auto& thread : threads_) thread->listed = false;
  for (size_t i = 0; i < interpreters_.size(); ++i) {
    Address address = memory_.read_pointer(interpreters_[i].address + layout_.interpreter_threads_head);
    while (address != 0) {
      int32_t at = index_.find(address);
      if (at < 0 && threads_.size() >= kMaxThreads) break;
      Thread& thread = at >= 0 ? *threads_[at] : add_thread(address, i);
      if (thread.listed) break;  // in a circle
      thread.listed = true;
      thread.interpreter = i;
      address = memory_.read_pointer(address + layout_.thread_next);
    }
  }
  auto gone = std::remove_if(threads_.begin(), threads_.end(), [&](const std::unique_ptr<Thread>& thread) {
    thread->missed = thread->listed ? 0 : thread->missed + 1;
    if (thread->listed) thread->listed_at = now_;
    if (thread->missed < kMissed || now_ - thread->listed_at < kListAge) return false;
    if (thread->row >= 0) os_threads_.forget(facts_[thread->row].tid);
    return true;
  });
  threads_.erase(gone, threads_.end());
  index_.clear();
  for (size_t i = 0; i < threads_.size(); ++i)
    index_.put(threads_[i]->image.address, static_cast<int32_t>(i));
  return true;
}

MemoryReader::Thread& MemoryReader::add_thread(Address address, size_t interpreter) {
  auto thread = std::make_unique<Thread>();
  thread->image.address = address;
  thread->image.state.resize(layout_.thread_size);
  thread->walk = walker_.make_state();
  thread->interpreter = interpreter;
  index_.put(address, static_cast<int32_t>(threads_.size()));
  threads_.push_back(std::move(thread));
  return *threads_.back();
}

// Gives the thread its row, and another one when a new thread lives at its address. False while it has not
// begun.
bool MemoryReader::identify(Thread& thread) {
  const uint8_t* state = thread.image.state.data();
  uint64_t ident = field<uint64_t>(state, layout_.thread_ident);
  uint64_t native_id = layout_.thread_native_id >= 0 ? field<uint64_t>(state, layout_.thread_native_id) : 0;
  uint64_t unique_id = layout_.thread_unique_id >= 0 ? field<uint64_t>(state, layout_.thread_unique_id) : 0;
  if (ident == 0) return false;
  if (thread.row >= 0 && thread.ident == ident && thread.native_id == native_id &&
      thread.unique_id == unique_id) {
    return true;
  }
  // To 3.11 a thread state wears its creator's identity until its own thread has begun (PyThreadState_New).
  for (const auto& other : threads_) {
    bool same = other.get() != &thread && other->interpreter == thread.interpreter;
    if (same && other->row >= 0 && other->ident == ident) return false;
  }
  if (thread.row >= 0) os_threads_.forget(facts_[thread.row].tid);
  thread.ident = ident;
  thread.native_id = native_id;
  thread.unique_id = unique_id;
  thread.row = add_facts(thread);
  return true;
}

// Rows stay, so a target that goes on starting threads has its later ones in one row.
int32_t MemoryReader::add_facts(const Thread& thread) {
  if (facts_.size() >= max_facts_) return static_cast<int32_t>(facts_.size()) - 1;
  if (facts_.size() + 1 == max_facts_) {
    facts_.push_back({});
  } else {
    pid_t tid = os_threads_.find(thread.native_id, thread.ident, now_);
    facts_.push_back({thread.image.address, thread.ident, thread.native_id,
                      interpreters_[thread.interpreter].id, tid, gil_of(thread), gil_locks_of(thread),
                      gil_queue_of(thread)});
  }
  return static_cast<int32_t>(facts_.size()) - 1;
}

Address MemoryReader::gil_of(const Thread& thread) const {
  if (layout_.thread_state >= 0) return 0;
  if (gil_holder_at_ != 0) return gil_holder_at_;
  Address gil = interpreters_[thread.interpreter].gil;
  return gil == 0 ? 0 : gil + static_cast<Address>(layout_.gil_last_holder);
}

Range MemoryReader::gil_locks_of(const Thread& thread) const {
  if (layout_.interpreter_gil < 0) return gil_locks_;
  Address gil = interpreters_[thread.interpreter].gil;
  return gil == 0 ? Range{} : Range{gil, gil + static_cast<Address>(layout_.gil_size)};
}

// take_gil waits at `cond` until it has the GIL; drop_gil waits at `switch_cond` until another thread has.
Range MemoryReader::gil_queue_of(const Thread& thread) const {
  Address gil = interpreters_[thread.interpreter].gil;
  if (gil == 0) return {};
  return {gil + static_cast<Address>(layout_.gil_condition), gil + static_cast<Address>(layout_.gil_mutex)};
}

void MemoryReader::thread_has_ended(int32_t row) {
  for (auto& thread : threads_) {
    if (thread->row == row) thread->ident = 0;  // whatever it is listed with, it is another one
  }
}

bool MemoryReader::holds_gil(const Thread& thread) const {
  if (layout_.thread_state >= 0) {  // _Py_THREAD_ATTACHED is 1 (internal/pycore_pystate.h)
    return field<int32_t>(thread.image.state.data(), layout_.thread_state) == 1;
  }
  if (gil_holder_at_ != 0) return gil_holder_ == thread.image.address;
  const Interpreter& interpreter = interpreters_[thread.interpreter];
  if (layout_.gil_locked < 0 || interpreter.gil == 0 ||
      bulk_.length(interpreter.range_gil) < sizeof interpreter.gil_state)
    return false;
  return field<Address>(interpreter.gil_state, 0) == thread.image.address &&
         field<int32_t>(interpreter.gil_state, layout_.gil_locked - layout_.gil_last_holder) != 0;
}

// Whether the thread may have held the GIL since its last sample: no, if others alone have taken it.
bool MemoryReader::held_gil(Thread& thread) const {
  const Interpreter& interpreter = interpreters_[thread.interpreter];
  if (interpreter.gil == 0 || bulk_.length(interpreter.range_switches) < sizeof(uint64_t) ||
      bulk_.length(interpreter.range_gil) < sizeof interpreter.gil_state)
    return true;
  uint64_t before = std::exchange(thread.gil_switches, interpreter.gil_switches);
  return interpreter.gil_switches - before > 1 ||
         field<Address>(interpreter.gil_state, 0) == thread.image.address;
}

}  // namespace heavyops
