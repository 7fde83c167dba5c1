#include "calls.h"

#include <utility>

namespace auspex::images {
namespace {

// Owned by the JavaScript thread; the pool's threads only carry the pointer back.
struct Call {
  std::shared_ptr<ImageJob> job;
  KeptValues kept;
  Napi::Promise::Deferred deferred;
  ResultOf result_of;
};

void Settle(napi_env raw, napi_value, void*, void* data) {
  Call* call = static_cast<Call*>(data);
  // The environment is going away: there is nobody to tell, and its references go with it.
  if (raw == nullptr) return;
  const Napi::Env env(raw);
  const Napi::HandleScope scope(env);
  call->deferred.Resolve(call->result_of(env));
  delete call;
}

}  // namespace

Napi::Value Start(Napi::Env env, std::shared_ptr<ImageJob> job, KeptValues kept, ResultOf result_of) {
  Call* call = new Call{job, std::move(kept), Napi::Promise::Deferred::New(env), std::move(result_of)};
  const Napi::Value promise = call->deferred.Promise();
  if (job->num_items() == 0) {
    Settle(env, nullptr, nullptr, call);
    return promise;
  }
  napi_threadsafe_function settle = nullptr;
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "auspex-images"), 0, 1, nullptr, nullptr, nullptr, Settle, &settle);
  if (status != napi_ok) {
    delete call;
    Napi::Error::New(env, "no thread-safe function could be made").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  job->on_finish = [settle, call] {
    // napi_closing (the environment is going away) releases by itself.
    if (napi_call_threadsafe_function(settle, call, napi_tsfn_nonblocking) == napi_ok) {
      napi_release_threadsafe_function(settle, napi_tsfn_release);
    }
  };
  if (!ThreadPool::Instance().Submit(job)) {
    napi_release_threadsafe_function(settle, napi_tsfn_abort);
    call->deferred.Reject(Napi::Error::New(env, "the system gives no thread for image work").Value());
    delete call;
  }
  return promise;
}

Napi::Array FailuresOf(Napi::Env env, const ImageJob& job) {
  Napi::Array failures = Napi::Array::New(env);
  uint32_t count = 0;
  for (size_t i = 0; i < job.failures.size(); i++) {
    if (!job.failures[i]) continue;
    Napi::Object failure = Napi::Object::New(env);
    failure.Set("item", static_cast<double>(i));
    failure.Set("code", job.failures[i].code);
    failure.Set("message", job.failures[i].message);
    failures.Set(count++, failure);
  }
  return failures;
}

}  // namespace auspex::images
