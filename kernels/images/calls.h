// A job as a JavaScript promise.
#pragma once
#include <napi.h>

#include <functional>
#include <memory>

#include "arguments.h"
#include "jobs.h"

namespace auspex::images {

// Lives as long as the environment; when that goes away, its jobs are cancelled and waited for, because they use its memory.
struct Environment {};

// What the promise of a finished job holds; runs on the JavaScript thread.
using ResultOf = std::function<Napi::Value(Napi::Env)>;

// Submits the job and returns its promise. `kept` is released when the job is over.
Napi::Value Start(Napi::Env env, std::shared_ptr<ImageJob> job, KeptValues kept, ResultOf result_of);

// [{item, code, message}] of the inputs that failed.
Napi::Array FailuresOf(Napi::Env env, const ImageJob& job);

}  // namespace auspex::images
