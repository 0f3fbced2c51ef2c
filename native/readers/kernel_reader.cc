#include "readers/kernel_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

namespace heavyops {

namespace {

constexpr size_t kRingBytes = size_t{4} << 20;  // 25 ms of 10,000 records a second of 512 frames fit twice
constexpr double kLeastPeriod = 10'000;         // ns: the kernel's own for this clock (perf_swevent_init_hrtimer)

}  // namespace

KernelReader::KernelReader(pid_t pid, const Layout& layout, CodeCache& codes, OsThreads& os_threads,
                           std::unique_ptr<MemoryReader> inner, KernelOptions options, size_t max_depth)
    : pid_(pid),
      layout_(layout),
      codes_(codes),
      os_threads_(os_threads),
      inner_(std::move(inner)),
      options_(std::move(options)),
      max_depth_(max_depth) {}

KernelReader::~KernelReader() = default;

int KernelReader::begin() {
  refusal_ = program_.load(options_.program, settings(), kRingBytes);
  if (!refusal_) {
    if (int error = ring_.open(program_.ring(), kRingBytes)) refusal_ = {bpf::Program::Refusal::kMap, error};
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
}

const char* KernelReader::refused_step() const {
  switch (refusal_.step) {
    case bpf::Program::Refusal::kNone: return "";
    case bpf::Program::Refusal::kImage: return "image";
    case bpf::Program::Refusal::kMap: return "map";
    case bpf::Program::Refusal::kVerify: return "verify";
    case bpf::Program::Refusal::kEvent: return "event";
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
  out.frame_size = std::max({layout_.frame_previous + 8, layout_.frame_code + 8,
                             layout_.frame_instruction + instruction_size, layout_.frame_owner + 1});
  out.frame_previous = layout_.frame_previous;
  out.frame_code = layout_.frame_code;
  out.frame_instruction = layout_.frame_instruction;
  out.frame_owner = layout_.frame_owner;
  out.owner_interpreter = layout_.owner_interpreter;
  out.instruction_scale = layout_.instruction_scale;
  out.waits = 1;
  return out;
}

bool KernelReader::take(uint64_t since, uint64_t now, std::vector<ThreadSample>& out) {
  out.clear();
  used_ = 0;
  ++takes_;
  // Before the listing: what was sampled is in memory still.
  ring_.drain([&](const bpf::record& record) { add(record, now, out); });
  bool alive = inner_->take(since, now, listed_);
  follow(listed_, now);
  for (const ThreadSample& seen : listed_) {
    Track& track = tracks_[static_cast<size_t>(seen.thread)];
    if (track.thread == nullptr) {
      out.push_back(seen);  // the kernel would not watch it
      continue;
    }
    if (!track.waits || now <= track.time + track.credited) continue;
    uint64_t length = now - track.time - track.credited;
    track.credited += length;
    add_wait(track, seen.thread, now, length, out);
  }
  return alive;
}

// Has the program sample the threads that are new.
void KernelReader::follow(const std::vector<ThreadSample>& listed, uint64_t now) {
  const std::vector<ThreadFacts>& facts = threads();
  tracks_.resize(facts.size());
  for (const ThreadSample& seen : listed) {
    auto row = static_cast<size_t>(seen.thread);
    Track& track = tracks_[row];
    if (track.thread == nullptr) {
      Watched* thread = watch(facts[row]);
      if (thread == nullptr) continue;
      thread->rows.push_back(seen.thread);
      tell(*thread);
      track.thread = thread;
      track.time = static_cast<uint64_t>(static_cast<double>(now) - seen.weight);
      track.waits = true;  // until it ticks
      track.status = seen.status;
      if (seen.frames != nullptr) track.frames = *seen.frames;
    }
    track.thread->listed = takes_;
  }
  forget_ended();
}

KernelReader::Watched* KernelReader::watch(const ThreadFacts& facts) {
  if (facts.tid == 0) return nullptr;
  auto id = static_cast<uint32_t>(os_threads_.innermost(facts.tid));
  auto found = watched_.find(id);
  if (found != watched_.end()) return found->second.get();
  auto thread = std::make_unique<Watched>();
  thread->id = id;
  auto period = static_cast<uint64_t>(std::max(kLeastPeriod, 1e9 / options_.rate));
  if (thread->events.open(facts.tid, period, program_.descriptor()) != 0) return nullptr;
  return watched_.emplace(id, std::move(thread)).first->second.get();
}

// The states of the thread's newest rows: a thread has one in each interpreter that it runs code of.
void KernelReader::tell(Watched& thread) {
  thread.value = {};
  size_t first = thread.rows.size() - std::min<size_t>(thread.rows.size(), bpf::kMostStates);
  for (size_t i = first; i < thread.rows.size(); ++i) {
    const ThreadFacts& facts = threads()[static_cast<size_t>(thread.rows[i])];
    thread.value.states[i - first] = {facts.state, facts.ident, facts.gil};
  }
  program_.put_thread(thread.id, thread.value);
}

void KernelReader::forget_ended() {
  for (auto one = watched_.begin(); one != watched_.end();) {
    Watched& thread = *one->second;
    if (takes_ - thread.listed < 4) {  // a listing may miss one, see MemoryReader
      ++one;
      continue;
    }
    for (int32_t row : thread.rows) tracks_[static_cast<size_t>(row)].thread = nullptr;
    program_.forget_thread(thread.id);
    one = watched_.erase(one);
  }
}

void KernelReader::add(const bpf::record& record, uint64_t now, std::vector<ThreadSample>& out) {
  auto found = watched_.find(record.thread);
  if (found == watched_.end()) return;
  Watched& thread = *found->second;
  dropped_ += record.lost - std::min(thread.lost, record.lost);
  thread.lost = record.lost;
  bool is_tick = (record.flags & bpf::kSwitch) == 0;
  ticks_ += is_tick;
  uint64_t on = record.ran - std::min(record.ran, thread.ran);
  thread.ran = record.ran;
  auto row = std::find_if(thread.rows.rbegin(), thread.rows.rend(), [&](int32_t one) {
    return threads()[static_cast<size_t>(one)].state == record.state;
  });
  if (row == thread.rows.rend()) return;
  Track& track = tracks_[static_cast<size_t>(*row)];
  if (record.time < track.time) return;
  uint64_t passed = record.time - track.time;
  on = std::min(on, passed);
  uint64_t off = passed - on;
  if (off > track.credited && track.waits) {
    add_wait(track, *row, record.time - on, off - track.credited, out);
    track.credited = off;
  }
  // What was taken for waiting before this record came, but was time on a processor.
  track.ran += passed - std::min(passed, track.credited);
  track.time = record.time;
  track.credited = 0;
  track.waits = !is_tick;
  track.holds_gil = (record.flags & bpf::kHoldsGil) != 0;
  if (!is_tick) {
    track.status = frames_of(record, now, track.frames);
    return;
  }
  std::vector<Frame>& frames = next_frames();
  ThreadSample sample;
  sample.thread = *row;
  sample.status = frames_of(record, now, frames);
  sample.holds_gil = track.holds_gil;
  sample.changed = true;
  sample.frames = &frames;
  sample.time = record.time;
  sample.weight = static_cast<double>(track.ran);
  sample.activity = ThreadSample::Activity::kRuns;
  if (record.opcode >= 0 && codes_.is_plain(static_cast<uint8_t>(record.opcode)) && !frames.empty()) {
    const Frame& leaf = frames.back();
    if (leaf.code->bytecode + 2 * uint64_t{leaf.unit} == record.frames[0].instruction)
      sample.opcode = static_cast<int16_t>(record.opcode);
  }
  track.ran = 0;
  out.push_back(sample);
}

void KernelReader::add_wait(Track& track, int32_t row, uint64_t until, uint64_t length,
                            std::vector<ThreadSample>& out) {
  std::vector<Frame>& frames = next_frames();
  frames = track.frames;
  ThreadSample sample;
  sample.thread = row;
  sample.status = track.status;
  sample.holds_gil = track.holds_gil;
  sample.frames = &frames;
  sample.time = until;
  sample.weight = static_cast<double>(length);
  sample.activity = ThreadSample::Activity::kWaits;
  out.push_back(sample);
}

// Root first, as far as they are code objects.
WalkStatus KernelReader::frames_of(const bpf::record& record, uint64_t now, std::vector<Frame>& frames) {
  frames.clear();
  if (record.flags & bpf::kForeign) return WalkStatus::kUnreadable;
  uint64_t refused = codes_.refused();
  for (uint32_t i = record.count; i-- > 0;) {
    const bpf::frame& from = record.frames[i];
    Frame frame{nullptr, 0, 0};
    if (!codes_.locate(from.code, from.instruction, now, frame.code, frame.unit)) {
      frames.clear();
      return WalkStatus::kUnreadable;
    }
    frames.push_back(frame);
  }
  if ((record.flags & bpf::kUnreadable) || codes_.refused() != refused) return WalkStatus::kUnreadable;
  if (frames.empty()) return WalkStatus::kNoFrames;
  return record.flags & bpf::kCut ? WalkStatus::kTruncated : WalkStatus::kComplete;
}

std::vector<Frame>& KernelReader::next_frames() {
  if (used_ == pool_.size()) pool_.emplace_back();
  return pool_[used_++];
}

}  // namespace heavyops
