#include "readers/kernel_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace heavyops {

namespace {

constexpr size_t kLeastRing = size_t{2} << 20, kMostRing = size_t{16} << 20;  // bytes
// Bytes for a tick a second: some seconds of stacks that are 25 deep, and a few takes of the deepest.
constexpr double kRingSecond = 4096;
constexpr uint64_t kAskAgain = 40;  // takes until the kernel is asked again to watch a thread
constexpr uint64_t kMissed = 4;     // takes without a thread until it has ended: a listing may miss one

}  // namespace

KernelReader::KernelReader(pid_t pid, const Layout& layout, CodeCache& codes, OsThreads& os_threads,
                           std::unique_ptr<MemoryReader> inner, KernelOptions options, double rate,
                           size_t max_depth)
    : pid_(pid),
      layout_(layout),
      codes_(codes),
      os_threads_(os_threads),
      inner_(std::move(inner)),
      options_(std::move(options)),
      rate_(rate),
      max_depth_(max_depth) {}

KernelReader::~KernelReader() = default;

int KernelReader::begin() {
  size_t ring_bytes = kLeastRing;
  while (ring_bytes < kMostRing && static_cast<double>(ring_bytes) < rate_ * kRingSecond) ring_bytes *= 2;
  refusal_ = program_.load(options_.program, settings(), ring_bytes);
  tells_waits_ = program_.reads_registers();
  if (!refusal_) {
    if (int error = ring_.open(program_.ring(), ring_bytes)) refusal_ = {bpf::Program::Refusal::kMap, error};
  }
  if (!refusal_) {  // whether clocks of the target's threads may be had shows with the first
    bpf::ThreadEvents probe;
    if (int error = probe.open(pid_, 1'000'000'000, program_.descriptor()))
      refusal_ = {bpf::Program::Refusal::kEvent, error};
  }
  return refusal_.error;
}

void KernelReader::end() {
  watched_.clear();
  for (Track& track : tracks_) track.thread = nullptr;
  ring_.close();
  program_ = {};
  ending_ = false;
}

const char* KernelReader::refused_step() const {
  switch (refusal_.step) {
    case bpf::Program::Refusal::kNone:
      return "";
    case bpf::Program::Refusal::kImage:
      return "image";
    case bpf::Program::Refusal::kMap:
      return "map";
    case bpf::Program::Refusal::kVerify:
      return "verify";
    case bpf::Program::Refusal::kEvent:
      return "event";
  }
  return "";
}

bpf::settings KernelReader::settings() const {
  bpf::settings out{};
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/ns/pid", pid_);
  struct stat status {};
  stat(path, &status);
  out.namespace_device = status.st_dev;
  out.namespace_inode = status.st_ino;
  out.process = static_cast<uint32_t>(os_threads_.innermost(pid_));
  out.tag_mask = layout_.tag_mask > 0 ? static_cast<uint64_t>(layout_.tag_mask) : 0;
  out.max_depth = static_cast<int32_t>(std::min<size_t>(max_depth_, bpf::kMostFrames));
  out.thread_frame = layout_.thread_frame;
  out.thread_cframe_frame = layout_.thread_cframe_frame;
  out.thread_ident = layout_.thread_ident;
  out.thread_state = layout_.thread_state;
  out.gil_locked = layout_.gil_locked < 0 ? -1 : layout_.gil_locked - layout_.gil_last_holder;
  int32_t instruction_size = layout_.instruction_scale == 0 ? 8 : 4;
  out.frame_stacktop = layout_.thread_cframe_frame >= 0 ? layout_.frame_stacktop : -1;
  out.frame_size = std::max({layout_.frame_previous + 8, layout_.frame_code + 8,
                             layout_.frame_instruction + instruction_size, layout_.frame_owner + 1,
                             out.frame_stacktop + 4});
  out.frame_previous = layout_.frame_previous;
  out.frame_code = layout_.frame_code;
  out.frame_instruction = layout_.frame_instruction;
  out.frame_owner = layout_.frame_owner;
  out.owner_interpreter = layout_.owner_interpreter;
  out.code_type = layout_.code_type;
  out.instruction_scale = layout_.instruction_scale;
  // The verifier has words of the stack read where they are aligned only.
  out.mark_start = std::min({layout_.code_name, layout_.code_line_table, layout_.code_first_line}) & ~7;
  out.mark_name = layout_.code_name - out.mark_start;
  out.mark_line_table = layout_.code_line_table - out.mark_start;
  out.mark_first_line = layout_.code_first_line - out.mark_start;
  out.mark_size = std::max({out.mark_name + 8, out.mark_line_table + 8, out.mark_first_line + 4});
  out.reads_registers = 1;
  return out;
}

Reader::Seen KernelReader::take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) {
  out.clear();
  used_ = 0;
  ++takes_;
  // Before the listing: what was sampled is in memory still.
  drain(now, out);
  Seen there = inner_->take(since, now, listed_);
  follow(out);
  for (const ThreadSample& seen : listed_) {
    Track& track = tracks_[static_cast<size_t>(seen.thread)];
    if (track.thread == nullptr || track.thread->paused_at != 0) continue;
    if (uint64_t away = track.time.away(now); away > 0) {
      if (away >= options_.least_wait && wait_on(track, seen, now, out)) continue;
    } else if (track.thread->heard + 1 >= takes_) {
      continue;
    }
    // Nothing has been heard of it. Once the scheduler is known to let it rest neither its time nor its
    // frames are read again; and it may have ended, and another thread have taken its place in the list.
    if (os_threads_.state(track.thread->tid, now) != OsThreads::State::kEnded) continue;
    forget(*track.thread);
    inner_->thread_has_ended(seen.thread);
  }
  regulate(now, out);
  taken_at_ = now;
  return there;
}

void KernelReader::drain(uint64_t now, std::vector<ThreadSample>& out) {
  ring_.drain([&](const bpf::record& record) { add(record, now, out); });
}

// A thread that has left its processor, and has perhaps come back since. Whether it is known to be there.
bool KernelReader::wait_on(Track& track, const ThreadSample& seen, uint64_t now,
                           std::vector<ThreadSample>& out) {
  Watched& thread = *track.thread;
  uint64_t ran = seen.rests ? thread.ran : thread.events.ran();
  add_wait(seen.thread, now, track.time.rest(now, ran - std::min(ran, thread.ran)), out);
  // One that has ended before its next tick has run since its last record, but does not go on.
  bool goes_on = ran != std::max(thread.ran, thread.ran_at_rest);
  thread.ran_at_rest = ran;
  return seen.rests || goes_on;
}

// Has the program sample the threads that are new. What the other reader saw of them stands for the time
// before, and for all of it where the kernel would not watch one.
void KernelReader::follow(std::vector<ThreadSample>& out) {
  tracks_.resize(threads().size());
  for (const ThreadSample& seen : listed_) {
    Track& track = tracks_[static_cast<size_t>(seen.thread)];
    if (track.thread == nullptr) {
      if (takes_ >= track.ask_again && !watch(seen.thread, seen)) track.ask_again = takes_ + kAskAgain;
      push_unwatched(seen, out);
    }
    track.listed = takes_;
  }
  forget_ended();
}

// A thread that may have been started since the last take, and waited for a processor for most of the time
// since.
void KernelReader::push_unwatched(const ThreadSample& seen, std::vector<ThreadSample>& out) {
  Track& track = tracks_[static_cast<size_t>(seen.thread)];
  pid_t tid = threads()[static_cast<size_t>(seen.thread)].tid;
  ThreadSample ran = seen, waited = seen;
  waited.activity = ThreadSample::Activity::kWaits;
  waited.weight = 0;
  if (tid != 0 && track.listed == 0) {
    double age = std::min(seen.weight, static_cast<double>(os_threads_.age(tid)));
    ran.weight = std::min(age, static_cast<double>(os_threads_.ran(tid)));
    waited.weight = age - ran.weight;
    waited.time -= static_cast<uint64_t>(ran.weight);
  }
  ran.count = ticks_in(track, static_cast<uint64_t>(ran.weight));
  waited.count = ticks_in(track, static_cast<uint64_t>(waited.weight));
  if (waited.weight > 0) out.push_back(waited);
  out.push_back(ran);
}

bool KernelReader::watch(int32_t row, const ThreadSample& seen) {
  Track& track = tracks_[static_cast<size_t>(row)];
  int error = 0;
  Watched* thread = events_of(threads()[static_cast<size_t>(row)], error);
  if (thread == nullptr) {
    bool refused = error != ESRCH;  // it has not ended meanwhile
    unwatched_ += refused && !track.refused;
    track.refused |= refused;
    return false;
  }
  thread->rows.push_back(row);
  track.thread = thread;
  if (!tell(*thread)) {  // the program knows of kMostThreads already
    forget(*thread);
    return false;
  }
  track.time.start(seen.time);
  place(seen);
  return true;
}

// Where the thread waits, if it does.
void KernelReader::place(const ThreadSample& seen) {
  Track& track = tracks_[static_cast<size_t>(seen.thread)];
  track.wait = wait_of(seen.thread);
  track.holds_gil = seen.holds_gil;
  track.status = seen.status;
  track.frames = *seen.frames;
}

// Of a thread that has left its processor before it was watched.
WaitKind KernelReader::wait_of(int32_t row) const {
  SystemCall in;
  const ThreadFacts& facts = threads()[static_cast<size_t>(row)];
  if (!os_threads_.waits_in(facts.tid, in)) return WaitKind::kUnknown;
  return wait_kind(in, facts.gil_locks);
}

KernelReader::Watched* KernelReader::events_of(const ThreadFacts& facts, int& error) {
  error = ESRCH;
  if (facts.tid == 0) return nullptr;
  auto id = static_cast<uint32_t>(os_threads_.innermost(facts.tid));
  auto found = watched_.find(id);
  if (found != watched_.end()) return found->second.get();
  auto thread = std::make_unique<Watched>();
  thread->id = id;
  thread->tid = facts.tid;
  auto period = static_cast<uint64_t>(std::max(kLeastPeriod, 1e9 / rate_));
  error = thread->events.open(facts.tid, period, program_.descriptor());
  if (error != 0) return nullptr;
  return watched_.emplace(id, std::move(thread)).first->second.get();
}

// The states of the thread's newest rows: a thread has one in each interpreter that it runs code of.
bool KernelReader::tell(Watched& thread) {
  bpf::thread value{};
  size_t first = thread.rows.size() - std::min<size_t>(thread.rows.size(), bpf::kMostStates);
  for (size_t i = first; i < thread.rows.size(); ++i) {
    const ThreadFacts& facts = threads()[static_cast<size_t>(thread.rows[i])];
    value.states[i - first] = {facts.state, facts.ident, facts.gil};
  }
  value.lost = thread.lost;
  return program_.put_thread(thread.id, value);
}

void KernelReader::forget_ended() {
  for (auto one = watched_.begin(); one != watched_.end();) {
    Watched& thread = *(one++)->second;
    auto gone = std::remove_if(thread.rows.begin(), thread.rows.end(), [&](int32_t row) {
      Track& track = tracks_[static_cast<size_t>(row)];
      bool ended = takes_ - track.listed >= kMissed;
      if (ended) track.thread = nullptr;
      return ended;
    });
    if (gone == thread.rows.end()) continue;
    thread.rows.erase(gone, thread.rows.end());
    if (thread.rows.empty())
      forget(thread);
    else
      tell(thread);
  }
}

void KernelReader::forget(Watched& thread) {
  for (int32_t row : thread.rows) tracks_[static_cast<size_t>(row)].thread = nullptr;
  program_.forget_thread(thread.id);
  watched_.erase(uint32_t{thread.id});
}

void KernelReader::add(const bpf::record& record, uint64_t now, std::vector<ThreadSample>& out) {
  auto found = watched_.find(record.thread);
  if (found == watched_.end() || found->second->paused_at != 0) return;
  Watched& thread = *found->second;
  bool leaves = (record.flags & bpf::kSwitch) != 0;
  ticks_ += !leaves;
  thread.ticks += !leaves;
  dropped_ += record.lost - std::min(thread.lost, record.lost);
  thread.lost = record.lost;
  uint64_t on = record.ran - std::min(record.ran, thread.ran);
  thread.ran = record.ran;
  int32_t row = row_of(thread, record.state);
  if (row < 0) return;
  thread.row = row;
  thread.heard = takes_;
  thread.switches += leaves;
  Track& track = tracks_[static_cast<size_t>(row)];
  add_wait(row, record.time - on, track.time.advance(record.time, on, leaves), out);
  track.holds_gil = (record.flags & bpf::kHoldsGil) != 0;
  if (!leaves) return add_tick(record, row, now, out);
  track.status = frames_of(record, now, track.frames);
  track.wait = WaitKind::kUnknown;
  if (!tells_waits_) return;
  track.wait = wait_kind({record.system_call, record.waited}, threads()[static_cast<size_t>(row)].gil_locks);
}

int32_t KernelReader::row_of(const Watched& thread, Address state) const {
  auto is_of = [&](int32_t row) { return threads()[static_cast<size_t>(row)].state == state; };
  auto found = std::find_if(thread.rows.rbegin(), thread.rows.rend(), is_of);
  return found == thread.rows.rend() ? -1 : *found;
}

void KernelReader::add_tick(const bpf::record& record, int32_t row, uint64_t now,
                            std::vector<ThreadSample>& out) {
  Track& track = tracks_[static_cast<size_t>(row)];
  std::vector<Frame>& frames = next_frames();
  ThreadSample sample;
  sample.thread = row;
  sample.status = frames_of(record, now, frames);
  sample.holds_gil = track.holds_gil;
  sample.changed = true;
  sample.frames = &frames;
  sample.time = record.time;
  sample.weight = static_cast<double>(track.time.take_ran());
  track.ticked = frames;
  track.ticked_status = sample.status;
  sample.activity = ThreadSample::Activity::kRuns;
  if (record.opcode >= 0 && !frames.empty() && codes_.is_plain(static_cast<uint8_t>(record.opcode))) {
    const Frame& leaf = frames.back();
    if (leaf.code->bytecode + 2 * uint64_t{leaf.unit} == record.frames[0].instruction)
      sample.opcode = static_cast<int16_t>(record.opcode);
  }
  out.push_back(sample);
}

void KernelReader::add_wait(int32_t row, uint64_t until, const ThreadTime::Wait& wait,
                            std::vector<ThreadSample>& out) {
  bool tells = options_.each_wait && wait.ended && wait.seen && wait.whole >= options_.least_wait;
  if (wait.fresh == 0 && !tells) return;
  Track& track = tracks_[static_cast<size_t>(row)];
  ThreadSample sample = waiting(track, row, until);
  if (!wait.seen) sample.status = WalkStatus::kUnreadable;
  if (tells) sample.waited = wait.whole;
  sample.count = ticks_in(track, wait.fresh);
  sample.weight = static_cast<double>(wait.fresh);
  if (wait.whole < options_.least_wait)
    sample.wait = WaitKind::kNone;
  else if (!wait.seen)
    sample.wait = WaitKind::kUnknown;
  out.push_back(sample);
}

// Time without ticks counts as many as would have come in it.
uint32_t KernelReader::ticks_in(Track& track, uint64_t ns) const {
  double ticks = track.uncounted + static_cast<double>(ns) * rate_ / 1e9;
  auto whole = static_cast<uint32_t>(std::min(ticks, 1e9));
  track.uncounted = ticks - whole;
  return whole;
}

ThreadSample KernelReader::waiting(const Track& track, int32_t row, uint64_t until) {
  std::vector<Frame>& frames = next_frames();
  frames = track.frames;
  ThreadSample sample;
  sample.thread = row;
  sample.status = track.status;
  sample.holds_gil = track.holds_gil;
  sample.frames = &frames;
  sample.time = until;
  sample.activity = ThreadSample::Activity::kWaits;
  sample.wait = track.wait;
  return sample;
}

// Root first, as far as they are code objects.
WalkStatus KernelReader::frames_of(const bpf::record& record, uint64_t now, std::vector<Frame>& frames) {
  frames.clear();
  if (record.flags & bpf::kForeign) return WalkStatus::kNoFrames;  // it runs, but in no interpreter any more
  uint64_t refused = codes_.refused();
  for (uint32_t i = record.count; i-- > 0;) {
    const bpf::frame& from = record.frames[i];
    Frame frame{nullptr, 0, 0};
    if (!codes_.locate_marked(from.code, from.mark, from.instruction, now, frame.code, frame.unit)) {
      frames.clear();
      return WalkStatus::kUnreadable;
    }
    frames.push_back(frame);
  }
  if ((record.flags & bpf::kUnreadable) || codes_.refused() != refused) return WalkStatus::kUnreadable;
  if (frames.empty()) return WalkStatus::kNoFrames;
  if (record.flags & bpf::kCut) return WalkStatus::kTruncated;
  // A generator that is just being left links to nothing a moment before the thread's pointer leaves it.
  return frames.front().code->is_generator ? WalkStatus::kUndecided : WalkStatus::kComplete;
}

std::vector<Frame>& KernelReader::next_frames() {
  if (used_ == pool_.size()) pool_.emplace_back();
  return pool_[used_++];
}

}  // namespace heavyops
