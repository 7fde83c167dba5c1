// Runs work on the thread that all computation shares, and settles a promise when it is done.
#pragma once
#include <napi.h>
#include <omp.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "../executor/job-thread.h"

namespace auspex::features {

// `work` runs off the JavaScript thread; `result` makes what the promise resolves to. `kept` is JavaScript memory that work uses.
inline Napi::Promise Compute(Napi::Env env, int threads, Napi::Object kept, std::function<void()> work,
                             std::function<Napi::Value(Napi::Env)> result) {
  struct Job {
    Napi::Promise::Deferred deferred;
    Napi::ObjectReference kept;
    std::function<Napi::Value(Napi::Env)> result;
    std::string failure;
  };
  auto job = std::make_shared<Job>(Job{Napi::Promise::Deferred::New(env), Napi::Persistent(kept), std::move(result), ""});
  const Napi::Promise promise = job->deferred.Promise();
  const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  auto done = Napi::ThreadSafeFunction::New(env, nothing, "auspex.features", 0, 1);
  // The job is let go of on the JavaScript thread, which its references belong to.
  JobThread::compute().post([job = std::move(job), done, threads, work = std::move(work)]() mutable {
    try {
      omp_set_num_threads(threads);
      work();
    } catch (const std::exception& error) {
      job->failure = error.what();
    }
    auto* const handed = new std::shared_ptr<Job>(std::move(job));
    done.BlockingCall(handed, [](Napi::Env env, Napi::Function, std::shared_ptr<Job>* held) {
      const std::unique_ptr<std::shared_ptr<Job>> owner(held);
      Job& job = **owner;
      if (job.failure.empty()) job.deferred.Resolve(job.result(env));
      else job.deferred.Reject(Napi::Error::New(env, job.failure).Value());
    });
    done.Release();
  });
  return promise;
}

}  // namespace auspex::features
