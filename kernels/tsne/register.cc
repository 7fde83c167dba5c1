// What JavaScript calls. Sizes are checked there; the memory that it hands over is kept until the work is done.
#include "register.h"

#include <memory>

#include "../features/compute.h"
#include "descent.h"

namespace auspex {
namespace {

using namespace tsne;

class NativeTsne : public Napi::ObjectWrap<NativeTsne> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeTsne",
                       {InstanceMethod("run", &NativeTsne::Run), InstanceMethod("restart", &NativeTsne::Restart),
                        InstanceMethod("points", &NativeTsne::Points)});
  }
  // (neighbours: Int32Array of (count, k), squared distances: Float64Array, initial: Float64Array of (count, 2), perplexity, exact, threads)
  explicit NativeTsne(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeTsne>(info), kept_(KeptOf(info)) {
    auto neighbours = info[0].As<Napi::Int32Array>();
    auto distances = info[1].As<Napi::Float64Array>();
    auto initial = info[2].As<Napi::Float64Array>();
    const auto count = static_cast<int64_t>(initial.ElementLength()) / 2;
    const int64_t k = static_cast<int64_t>(neighbours.ElementLength()) / count;
    const double perplexity = info[3].ToNumber().DoubleValue();
    const bool exact = info[4].ToBoolean();
    threads_ = info[5].ToNumber().Int32Value();
    begin_ = [=, near = neighbours.Data(), far = distances.Data(), first = initial.Data()] {
      return std::make_shared<Descent>(AffinitiesOf(near, far, count, k, perplexity), first, count, exact);
    };
    descent_ = std::make_shared<std::shared_ptr<Descent>>();
  }

 private:
  static Napi::ObjectReference KeptOf(const Napi::CallbackInfo& info) {
    auto kept = Napi::Array::New(info.Env());
    for (uint32_t i = 0; i < 3; ++i) kept.Set(i, info[i]);
    return Napi::Persistent(kept.As<Napi::Object>());
  }

  // (iterations, {learningRate, momentum, exaggeration}) -> Promise of {divergence, gradientNorm}
  Napi::Value Run(const Napi::CallbackInfo& info) {
    const int64_t iterations = info[0].ToNumber().Int64Value();
    const auto given = info[1].As<Napi::Object>();
    const auto number = [&](const char* name) { return given.Get(name).ToNumber().DoubleValue(); };
    const DescentSettings settings{number("learningRate"), number("momentum"), number("exaggeration")};
    auto report = std::make_shared<DescentReport>();
    const auto work = [=, begin = begin_, descent = descent_] {
      if (!*descent) *descent = begin();
      *report = (*descent)->Run(iterations, settings);
    };
    auto kept = Napi::Array::New(info.Env());
    kept.Set(uint32_t{0}, info.This());
    return features::Compute(info.Env(), threads_, kept, work, [report](Napi::Env env) -> Napi::Value {
      auto result = Napi::Object::New(env);
      result.Set("divergence", report->divergence);
      result.Set("gradientNorm", report->gradient_norm);
      return result;
    });
  }
  // Not while it runs, as with `points`.
  Napi::Value Restart(const Napi::CallbackInfo& info) {
    if (*descent_) (*descent_)->Restart();
    return info.Env().Undefined();
  }
  // () -> a copy, Float64Array of (count, 2); of no number before the first run
  Napi::Value Points(const Napi::CallbackInfo& info) {
    const size_t size = *descent_ ? (*descent_)->points.size() : 0;
    auto copy = Napi::Float64Array::New(info.Env(), size);
    if (size > 0) std::copy((*descent_)->points.begin(), (*descent_)->points.end(), copy.Data());
    return copy;
  }

  const Napi::ObjectReference kept_;
  std::function<std::shared_ptr<Descent>()> begin_;
  std::shared_ptr<std::shared_ptr<Descent>> descent_;
  int threads_;
};

}  // namespace

void RegisterTsne(Napi::Env env, Napi::Object exports) { exports.Set("NativeTsne", NativeTsne::Define(env)); }

}  // namespace auspex
