#include "binding.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("readMemory", Napi::Function::New(env, heavyops::ReadMemory, "readMemory"));
  exports.Set("anonymousFile", Napi::Function::New(env, heavyops::AnonymousFile, "anonymousFile"));
  exports.Set("stayOnProcessor", Napi::Function::New(env, heavyops::StayOnProcessor, "stayOnProcessor"));
  exports.Set("askForScript", Napi::Function::New(env, heavyops::AskForScript, "askForScript"));
  exports.Set("takeBackScript", Napi::Function::New(env, heavyops::TakeBackScript, "takeBackScript"));
  exports.Set("Sampler", heavyops::SamplerBinding::Define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(heavyops, Init)
