#include "binding.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "layout_check.h"
#include "placement.h"
#include "stop/request.h"

namespace heavyops {

namespace {

Address to_address(const Napi::Value& value) {
  bool lossless = false;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

Layout to_layout(const Napi::Object& from) {
  Layout layout;
#define HEAVYOPS_FIELD(name)                                                        \
  if (!from.Has(#name) || !from.Get(#name).IsNumber()) {                            \
    throw Napi::TypeError::New(from.Env(), "the layout lacks a number for " #name); \
  }                                                                                 \
  layout.name = from.Get(#name).As<Napi::Number>().Int32Value();
  HEAVYOPS_LAYOUT(HEAVYOPS_FIELD)
#undef HEAVYOPS_FIELD
  if (const char* name = misplaced_field(layout)) {
    throw Napi::RangeError::New(from.Env(),
                                std::string("in the layout, ") + name + " lies outside its struct");
  }
  return layout;
}

template <typename Array>
auto to_table(const Napi::Value& value) {
  using Entry = std::remove_pointer_t<decltype(std::declval<Array>().Data())>;
  std::array<Entry, 256> table{};
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().ByteLength() != sizeof table)
    throw Napi::TypeError::New(value.Env(), "a table needs 256 entries of its type");
  std::copy_n(value.As<Array>().Data(), table.size(), table.begin());
  return table;
}

template <typename Array, typename T>
Array column(Napi::Env env, const T* from, size_t count) {
  Array array = Array::New(env, count);
  if (count != 0) std::memcpy(array.Data(), from, count * sizeof(T));
  return array;
}

Napi::Uint8Array bytes(Napi::Env env, const std::vector<uint8_t>& from) {
  return column<Napi::Uint8Array>(env, from.data(), from.size());
}

template <typename T>
std::vector<T> rest(const std::vector<T>& all, size_t& sent) {
  std::vector<T> fresh(all.begin() + static_cast<std::ptrdiff_t>(sent), all.end());
  sent = all.size();
  return fresh;
}

struct CodeCopy {
  Address address;
  std::string name, qualname, filename;
  int32_t first_line;
  std::vector<uint8_t> bytecode, line_table;
};

Napi::Object to_object(Napi::Env env, const CodeCopy& code) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("address", Napi::BigInt::New(env, code.address));
  out.Set("name", code.name);
  out.Set("qualname", code.qualname);
  out.Set("filename", code.filename);
  out.Set("firstLine", code.first_line);
  out.Set("bytecode", bytes(env, code.bytecode));
  out.Set("lineTable", bytes(env, code.line_table));
  return out;
}

Napi::Object to_object(Napi::Env env, const ThreadFacts& thread) {
  Napi::Object out = Napi::Object::New(env);
  out.Set("state", Napi::BigInt::New(env, thread.state));
  out.Set("ident", Napi::BigInt::New(env, thread.ident));
  out.Set("tid", thread.tid);
  out.Set("interpreter", static_cast<double>(thread.interpreter));
  return out;
}

template <typename T>
Napi::Array to_array(Napi::Env env, const std::vector<T>& all) {
  Napi::Array out = Napi::Array::New(env, all.size());
  for (uint32_t i = 0; i < all.size(); ++i) out.Set(i, to_object(env, all[i]));
  return out;
}

Napi::Object to_object(Napi::Env env, const SampleColumns& rows) {
  Napi::Object out = Napi::Object::New(env);
  size_t n = rows.size();
  out.Set("thread", column<Napi::Int32Array>(env, rows.thread.data(), n));
  out.Set("stack", column<Napi::Int32Array>(env, rows.stack.data(), n));
  out.Set("opcode", column<Napi::Int16Array>(env, rows.opcode.data(), n));
  out.Set("flags", column<Napi::Uint8Array>(env, rows.flags.data(), n));
  out.Set("time", column<Napi::Float64Array>(env, rows.time.data(), n));
  out.Set("weight", column<Napi::Float64Array>(env, rows.weight.data(), n));
  out.Set("count", column<Napi::Uint32Array>(env, rows.count.data(), n));
  return out;
}

Napi::Object to_object(Napi::Env env, const WaitColumns& waits) {
  Napi::Object out = Napi::Object::New(env);
  size_t n = waits.size();
  out.Set("stack", column<Napi::Int32Array>(env, waits.stack.data(), n));
  out.Set("flags", column<Napi::Uint8Array>(env, waits.flags.data(), n));
  out.Set("length", column<Napi::Float64Array>(env, waits.length.data(), n));
  return out;
}

Napi::Object to_object(Napi::Env env, const Counters& counters, uint64_t reads) {
  Napi::Object out = Napi::Object::New(env);
  auto set = [&](const char* name, uint64_t value) { out.Set(name, static_cast<double>(value)); };
  set("ticks", counters.ticks);
  set("samples", counters.samples);
  set("late", counters.late);
  set("missed", counters.missed);
  set("unreadable", counters.unreadable);
  set("repaired", counters.repaired);
  set("undecided", counters.undecided);
  set("truncated", counters.truncated);
  set("lost", counters.lost);
  set("reads", reads);
  return out;
}

Napi::Object pair(Napi::Env env, const char* a, const std::vector<int32_t>& as, const char* b,
                  const std::vector<int32_t>& bs) {
  Napi::Object out = Napi::Object::New(env);
  out.Set(a, column<Napi::Int32Array>(env, as.data(), as.size()));
  out.Set(b, column<Napi::Int32Array>(env, bs.data(), bs.size()));
  return out;
}

ScriptRequest to_request(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsObject())
    throw Napi::TypeError::New(info.Env(), "a request is an object");
  Napi::Object from = info[0].As<Napi::Object>();
  auto number = [&](const char* name) { return from.Get(name).As<Napi::Number>().Int32Value(); };
  const DebuggerLayout layout = {number("threadsHead"),   number("next"),        number("interp"),
                                 number("evalBreaker"),   number("pendingCall"), number("scriptPath"),
                                 number("scriptPathSize")};
  return ScriptRequest(number("pid"), to_address(from.Get("interpreter")), layout,
                       from.Get("path").As<Napi::String>().Utf8Value());
}

}  // namespace

Napi::Value AskForScript(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), to_request(info).ask());
}

Napi::Value TakeBackScript(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), to_request(info).take_back());
}

Napi::Value ReadMemory(const Napi::CallbackInfo& info) {
  if (info.Length() != 3 || !info[0].IsNumber() || !info[1].IsBigInt() || !info[2].IsTypedArray()) {
    throw Napi::TypeError::New(info.Env(), "readMemory(pid: number, address: bigint, into: Uint8Array)");
  }
  auto into = info[2].As<Napi::Uint8Array>();
  Memory memory(info[0].As<Napi::Number>().Int32Value());
  return Napi::Number::New(
      info.Env(), static_cast<double>(memory.read_some(to_address(info[1]), into.Data(), into.ByteLength())));
}

Napi::Value AnonymousFile(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), "anonymousFile(size: number)");
  }
  int descriptor = memfd_create("heavyops", MFD_CLOEXEC);
  if (descriptor >= 0 && ftruncate(descriptor, info[0].As<Napi::Number>().Int64Value()) != 0) {
    close(descriptor);
    descriptor = -1;
  }
  return Napi::Number::New(info.Env(), descriptor < 0 ? -errno : descriptor);
}

Napi::Value StayOnProcessor(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), "stayOnProcessor(processor: number)");
  }
  return Napi::Boolean::New(info.Env(), stay_on_processor(info[0].As<Napi::Number>().Int32Value()));
}

Napi::Function SamplerBinding::Define(Napi::Env env) {
  return DefineClass(
      env, "Sampler",
      {InstanceMethod<&SamplerBinding::Start>("start"), InstanceMethod<&SamplerBinding::Stop>("stop"),
       InstanceMethod<&SamplerBinding::SampleOnce>("sampleOnce"),
       InstanceMethod<&SamplerBinding::Drain>("drain"),
       InstanceMethod<&SamplerBinding::LastFrames>("lastFrames"),
       InstanceMethod<&SamplerBinding::Bytecode>("bytecode"),
       InstanceMethod<&SamplerBinding::RefusedStep>("refusedStep")});
}

SamplerBinding::SamplerBinding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SamplerBinding>(info) {
  if (info.Length() != 1 || !info[0].IsObject()) throw Napi::TypeError::New(info.Env(), "Sampler(config)");
  Napi::Object from = info[0].As<Napi::Object>();
  auto number = [&](const char* name) { return from.Get(name).As<Napi::Number>().DoubleValue(); };
  SamplerConfig config;
  config.pid = static_cast<pid_t>(number("pid"));
  config.interpreters_head = to_address(from.Get("interpretersHead"));
  config.gil_holder = to_address(from.Get("gilHolder"));
  config.gil = to_address(from.Get("gil"));
  config.gil_locks = {to_address(from.Get("gilLocksStart")), to_address(from.Get("gilLocksEnd"))};
  config.layout = to_layout(from.Get("layout").As<Napi::Object>());
  config.facts.cache_entries = to_table<Napi::Uint8Array>(from.Get("cacheEntries"));
  config.facts.flags = to_table<Napi::Uint16Array>(from.Get("opcodeFlags"));
  config.rate = number("rate");
  config.jitter = number("jitter");
  config.max_depth = static_cast<size_t>(number("maxDepth"));
  config.max_stacks = static_cast<size_t>(number("maxStacks"));
  config.max_rows = static_cast<size_t>(number("maxRows"));
  config.reading = static_cast<SamplerConfig::Reading>(std::clamp(static_cast<int>(number("reading")), 0, 2));
  if (Napi::Value program = from.Get("kernelProgram"); program.IsTypedArray()) {
    auto given = program.As<Napi::Uint8Array>();
    config.kernel.program.assign(given.Data(), given.Data() + given.ByteLength());
  }
  config.kernel.least_wait = static_cast<uint64_t>(number("leastWait"));
  config.kernel.each_wait = from.Get("eachWait").As<Napi::Boolean>().Value();
  config.placement = static_cast<Placement::Mode>(std::clamp(static_cast<int>(number("placement")), 0, 2));
  sampler_ = std::make_unique<Sampler>(config);
}

Napi::Value SamplerBinding::Start(const Napi::CallbackInfo& info) {
  if (info.Length() == 0 || on_gone_) return Napi::Number::New(info.Env(), sampler_->start());
  on_gone_ = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "heavyops", 0, 1);
  on_gone_.Unref(info.Env());  // keeps no program alive
  return Napi::Number::New(info.Env(), sampler_->start([this] { on_gone_.NonBlockingCall(); }));
}

void SamplerBinding::Stop(const Napi::CallbackInfo&) { stop(); }

void SamplerBinding::stop() {
  if (sampler_ != nullptr) sampler_->stop();
  if (on_gone_) on_gone_.Release();
  on_gone_ = {};
}

Napi::Value SamplerBinding::SampleOnce(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), sampler_->sample_once());
}

Napi::Value SamplerBinding::Drain(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<CodeCopy> codes;
  std::vector<int32_t> frame_codes, frame_offsets, stack_parents, stack_frames;
  std::vector<ThreadFacts> threads;
  Counters counters;
  uint64_t reads, unwatched, unstopped, beside, elapsed;
  Sampler::GilWaits gil_waits;
  bool gone;
  {
    // Only copies in here: the sampling thread waits.
    Sampler::Pause pause(*sampler_);
    sampler_->swap_rows(columns_, waits_);
    for (const auto& all = sampler_->codes().all(); codes_sent_ < all.size(); ++codes_sent_) {
      const Code& code = *all[codes_sent_];
      codes.push_back({code.address, code.name, code.qualname, code.filename, code.first_line, code.live,
                       code.line_table});
    }
    const Interner& interner = sampler_->interner();
    size_t frames_before = frames_sent_, stacks_before = stacks_sent_;
    frame_codes = rest(interner.frame_codes(), frames_sent_);
    frame_offsets = rest(interner.frame_offsets(), frames_before);
    stack_parents = rest(interner.parents(), stacks_sent_);
    stack_frames = rest(interner.frames(), stacks_before);
    threads = rest(sampler_->threads(), threads_sent_);
    counters = sampler_->counters();
    reads = sampler_->reads();
    unwatched = sampler_->unwatched();
    unstopped = sampler_->unstopped();
    gil_waits = sampler_->gil_waits();
    beside = sampler_->beside();
    elapsed = sampler_->elapsed();
    gone = sampler_->gone();
  }
  Napi::Object batch = Napi::Object::New(env);
  batch.Set("codes", to_array(env, codes));
  batch.Set("frames", pair(env, "code", frame_codes, "offset", frame_offsets));
  batch.Set("stacks", pair(env, "parent", stack_parents, "frame", stack_frames));
  batch.Set("threads", to_array(env, threads));
  batch.Set("samples", to_object(env, columns_));
  batch.Set("waits", to_object(env, waits_));
  batch.Set("counters", to_object(env, counters, reads));
  batch.Set("unwatched", static_cast<double>(unwatched));
  batch.Set("unstopped", static_cast<double>(unstopped));
  batch.Set("gilWaits", static_cast<double>(gil_waits));
  batch.Set("beside", static_cast<double>(beside));
  batch.Set("elapsed", static_cast<double>(elapsed));
  batch.Set("gone", gone);
  return batch;
}

Napi::Value SamplerBinding::LastFrames(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Sampler::Pause pause(*sampler_);
  Napi::Array out = Napi::Array::New(env);
  for (const ThreadSample& sample : sampler_->last()) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("thread", sample.thread);
    Napi::Array frames = Napi::Array::New(env, sample.frames->size());
    for (uint32_t i = 0; i < sample.frames->size(); ++i)
      frames.Set(i, Napi::BigInt::New(env, (*sample.frames)[i].address));
    one.Set("frames", frames);
    out.Set(out.Length(), one);
  }
  return out;
}

Napi::Value SamplerBinding::RefusedStep(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), sampler_->refused_step());
}

// The bytecode of a code object as it was last read.
Napi::Value SamplerBinding::Bytecode(const Napi::CallbackInfo& info) {
  auto id = info[0].As<Napi::Number>().Int64Value();
  Sampler::Pause pause(*sampler_);
  const auto& all = sampler_->codes().all();
  if (id < 0 || static_cast<size_t>(id) >= all.size())
    throw Napi::RangeError::New(info.Env(), "no such code object");
  return bytes(info.Env(), all[static_cast<size_t>(id)]->live);
}

}  // namespace heavyops
