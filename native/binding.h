#pragma once
#include <napi.h>

#include <memory>

#include "sampler.h"

namespace heavyops {

// readMemory(pid, address, into): see src/native.ts.
Napi::Value ReadMemory(const Napi::CallbackInfo& info);

// anonymousFile(size): see src/native.ts.
Napi::Value AnonymousFile(const Napi::CallbackInfo& info);

// stayOnProcessor(processor): see src/native.ts.
Napi::Value StayOnProcessor(const Napi::CallbackInfo& info);

// askForScript(request), takeBackScript(request): see src/native.ts.
Napi::Value AskForScript(const Napi::CallbackInfo& info);
Napi::Value TakeBackScript(const Napi::CallbackInfo& info);

// The Sampler of src/native.ts.
class SamplerBinding : public Napi::ObjectWrap<SamplerBinding> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit SamplerBinding(const Napi::CallbackInfo& info);
  ~SamplerBinding() override { stop(); }

 private:
  Napi::Value Start(const Napi::CallbackInfo& info);
  void Stop(const Napi::CallbackInfo& info);
  Napi::Value SampleOnce(const Napi::CallbackInfo& info);
  Napi::Value Drain(const Napi::CallbackInfo& info);
  Napi::Value LastFrames(const Napi::CallbackInfo& info);
  Napi::Value RefusedStep(const Napi::CallbackInfo& info);
  Napi::Value Bytecode(const Napi::CallbackInfo& info);

  void stop();

  std::unique_ptr<Sampler> sampler_;
  Napi::ThreadSafeFunction on_gone_;  // empty unless somebody wants to know
  SampleColumns columns_;             // the memory of the last drain, used again
  WaitColumns waits_;
  // What has been handed out so far.
  size_t codes_sent_ = 0, frames_sent_ = 0, stacks_sent_ = 0, threads_sent_ = 0;
};

}  // namespace heavyops
