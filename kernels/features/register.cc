// What JavaScript calls. Sizes are checked there; the memory that it hands over is kept until the work is done.
#include "register.h"

#include <memory>
#include <vector>

#include "../executor/parallel.h"
#include "compute.h"
#include "group-sums.h"
#include "linear-training.h"
#include "neighbours.h"
#include "support-vectors.h"

namespace auspex {
namespace {

using namespace features;

template <typename Array, typename T>
Napi::Value ArrayOf(Napi::Env env, const std::vector<T>& values) {
  auto array = Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

// The object and arguments of a call.
Napi::Object Kept(const Napi::CallbackInfo& info) {
  auto kept = Napi::Array::New(info.Env());
  uint32_t next = 0;
  kept.Set(next++, info.This());
  for (size_t i = 0; i < info.Length(); ++i) kept.Set(next++, info[i]);
  return kept;
}

class NativeNeighbourSearch : public Napi::ObjectWrap<NativeNeighbourSearch> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeNeighbourSearch",
                       {InstanceMethod("add", &NativeNeighbourSearch::Add), InstanceMethod("indices", &NativeNeighbourSearch::Indices),
                        InstanceMethod("similarities", &NativeNeighbourSearch::Similarities)});
  }
  // (queries: Float32Array, width, k, {cosine, bf16}, threads)
  explicit NativeNeighbourSearch(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<NativeNeighbourSearch>(info), queries_(Napi::Persistent(info[0].As<Napi::Object>())) {
    auto queries = info[0].As<Napi::Float32Array>();
    const auto settings = info[3].As<Napi::Object>();
    width_ = info[1].ToNumber().Int64Value();
    threads_ = info[4].ToNumber().Int32Value();
    const auto count = static_cast<int64_t>(queries.ElementLength()) / width_;
    search_ = std::make_shared<NeighbourSearch>(queries.Data(), count, width_, info[2].ToNumber().Int64Value(),
                                                settings.Get("cosine").ToBoolean(), settings.Get("bf16").ToBoolean());
  }

 private:
  // (rows: Float32Array) -> Promise<void>
  Napi::Value Add(const Napi::CallbackInfo& info) {
    auto rows = info[0].As<Napi::Float32Array>();
    const auto count = static_cast<int64_t>(rows.ElementLength()) / width_;
    return Compute(info.Env(), threads_, Kept(info), [search = search_, data = rows.Data(), count] { search->Add(data, count); },
                   [](Napi::Env env) { return env.Undefined(); });
  }
  Napi::Value Indices(const Napi::CallbackInfo& info) { return ArrayOf<Napi::Int32Array>(info.Env(), search_->indices); }
  Napi::Value Similarities(const Napi::CallbackInfo& info) { return ArrayOf<Napi::Float64Array>(info.Env(), search_->similarities); }

  const Napi::ObjectReference queries_;
  std::shared_ptr<NeighbourSearch> search_;
  int64_t width_;
  int threads_;
};

class NativeLinearTraining : public Napi::ObjectWrap<NativeLinearTraining> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeLinearTraining",
                       {InstanceMethod("run", &NativeLinearTraining::Run), InstanceMethod("read", &NativeLinearTraining::Read),
                        InstanceMethod("write", &NativeLinearTraining::Write)});
  }
  // (values: Float32Array, width, labels: Int32Array | Int8Array, classes, settings, threads)
  explicit NativeLinearTraining(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeLinearTraining>(info), kept_(Napi::Persistent(Kept(info))) {
    TrainingRows rows{};
    auto values = info[0].As<Napi::Float32Array>();
    rows.values = values.Data();
    rows.width = info[1].ToNumber().Int64Value();
    rows.count = static_cast<int64_t>(values.ElementLength()) / rows.width;
    if (info[2].As<Napi::TypedArray>().TypedArrayType() == napi_int32_array) rows.labels = info[2].As<Napi::Int32Array>().Data();
    else rows.present = info[2].As<Napi::Int8Array>().Data();
    rows.classes = info[3].ToNumber().Int64Value();
    const auto given = info[4].As<Napi::Object>();
    const auto number = [&](const char* name) { return given.Get(name).ToNumber().DoubleValue(); };
    const TrainingSettings settings{number("momentum"), number("weightDecay"), number("epsilon"), number("momentsMomentum"),
                                    given.Get("decayNorm").ToBoolean(), given.Get("bf16").ToBoolean()};
    threads_ = info[5].ToNumber().Int32Value();
    training_ = std::make_shared<LinearTraining>(rows, settings);
  }

 private:
  // (order: Int32Array, batch, rate) -> Promise of the losses of the batches
  Napi::Value Run(const Napi::CallbackInfo& info) {
    auto order = info[0].As<Napi::Int32Array>();
    const int64_t count = static_cast<int64_t>(order.ElementLength()), batch = info[1].ToNumber().Int64Value();
    const float rate = info[2].ToNumber().FloatValue();
    auto losses = std::make_shared<std::vector<double>>();
    return Compute(info.Env(), threads_, Kept(info),
                   [=, training = training_, data = order.Data()] { *losses = training->Run(data, count, batch, rate); },
                   [losses](Napi::Env env) { return ArrayOf<Napi::Float64Array>(env, *losses); });
  }
  std::vector<float>* Named(const Napi::CallbackInfo& info) {
    const std::string name = info[0].ToString();
    if (name == "weight") return &training_->weight;
    if (name == "bias") return &training_->bias;
    if (name == "scale") return &training_->scale;
    if (name == "shift") return &training_->shift;
    if (name == "runningMean") return &training_->running_mean;
    if (name == "runningVariance") return &training_->running_variance;
    Napi::RangeError::New(info.Env(), "no parameter " + name).ThrowAsJavaScriptException();
    return nullptr;
  }
  // (name) -> a copy; not while it runs, as with `write`
  Napi::Value Read(const Napi::CallbackInfo& info) {
    const auto* const values = Named(info);
    return values == nullptr ? info.Env().Undefined() : ArrayOf<Napi::Float32Array>(info.Env(), *values);
  }
  // (name, values)
  Napi::Value Write(const Napi::CallbackInfo& info) {
    auto* const values = Named(info);
    if (values == nullptr) return info.Env().Undefined();
    auto given = info[1].As<Napi::Float32Array>();
    if (given.ElementLength() == values->size()) std::copy(given.Data(), given.Data() + values->size(), values->begin());
    else Napi::RangeError::New(info.Env(), "values of another size").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }

  const Napi::ObjectReference kept_;
  std::shared_ptr<LinearTraining> training_;
  int threads_;
};

// (rows: Float32Array, width, weight: (width, classes), bias, threads) -> Promise of (rows, classes)
Napi::Value LinearScores(const Napi::CallbackInfo& info) {
  auto rows = info[0].As<Napi::Float32Array>(), weight = info[2].As<Napi::Float32Array>(), bias = info[3].As<Napi::Float32Array>();
  const int64_t width = info[1].ToNumber().Int64Value(), classes = static_cast<int64_t>(bias.ElementLength());
  const int64_t count = static_cast<int64_t>(rows.ElementLength()) / width;
  auto scores = Napi::Float32Array::New(info.Env(), count * classes);
  auto result = std::make_shared<Napi::ObjectReference>(Napi::Persistent(scores.As<Napi::Object>()));
  const auto work = [=, from = rows.Data(), w = weight.Data(), b = bias.Data(), to = scores.Data()] {
    if (count == 0) return;
    Product(false).Run({from, width}, {w, classes}, to, count, width, classes);
    ForRanges(count, 64, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        for (int64_t k = 0; k < classes; ++k) to[n * classes + k] += b[k];
      }
    });
  };
  return Compute(info.Env(), info[4].ToNumber().Int32Value(), Kept(info), work, [result](Napi::Env) -> Napi::Value { return result->Value(); });
}

// (rows: Float32Array, width, targets: Int8Array of (problems, rows), costs, {positiveWeight, tolerance, maximumPasses}, threads)
// -> Promise of (problems, costs, width + 1)
Napi::Value FitSupportVectorProblems(const Napi::CallbackInfo& info) {
  auto rows = info[0].As<Napi::Float32Array>();
  auto targets = info[2].As<Napi::Int8Array>();
  auto given = info[3].As<Napi::Float64Array>();
  const auto settings = info[4].As<Napi::Object>();
  SupportVectorProblem problem{};
  problem.rows = rows.Data();
  problem.width = info[1].ToNumber().Int64Value();
  problem.count = static_cast<int64_t>(rows.ElementLength()) / problem.width;
  problem.positive_weight = settings.Get("positiveWeight").ToNumber().DoubleValue();
  problem.tolerance = settings.Get("tolerance").ToNumber().DoubleValue();
  problem.maximum_passes = settings.Get("maximumPasses").ToNumber().Int64Value();
  const int64_t problems = static_cast<int64_t>(targets.ElementLength()) / problem.count;
  const std::vector<double> costs(given.Data(), given.Data() + given.ElementLength());
  const int64_t size = static_cast<int64_t>(costs.size()) * (problem.width + 1);
  auto solutions = std::make_shared<std::vector<float>>(problems * size);
  const auto work = [=, of = targets.Data()] {
    ForEach(problems, [&](int64_t i) {
      SupportVectorProblem own = problem;
      own.targets = of + i * problem.count;
      FitSupportVectors(own, costs, solutions->data() + i * size);
    });
  };
  return Compute(info.Env(), info[5].ToNumber().Int32Value(), Kept(info), work,
                 [solutions](Napi::Env env) { return ArrayOf<Napi::Float32Array>(env, *solutions); });
}

// (rows: Float32Array, width, starts: Uint32Array of (rows + 1), members: Uint32Array, sums: Float64Array, threads) -> Promise<void>
Napi::Value AddRowsToGroups(const Napi::CallbackInfo& info) {
  auto rows = info[0].As<Napi::Float32Array>();
  auto starts = info[2].As<Napi::Uint32Array>(), members = info[3].As<Napi::Uint32Array>();
  auto sums = info[4].As<Napi::Float64Array>();
  const int64_t width = info[1].ToNumber().Int64Value(), count = static_cast<int64_t>(starts.ElementLength()) - 1;
  const int64_t groups = static_cast<int64_t>(sums.ElementLength()) / width;
  const auto work = [=, from = rows.Data(), begins = starts.Data(), of = members.Data(), to = sums.Data()] {
    AddToGroups(from, count, width, begins, of, to, groups);
  };
  return Compute(info.Env(), info[5].ToNumber().Int32Value(), Kept(info), work, [](Napi::Env env) { return env.Undefined(); });
}

}  // namespace

void RegisterFeatures(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeNeighbourSearch", NativeNeighbourSearch::Define(env));
  exports.Set("NativeLinearTraining", NativeLinearTraining::Define(env));
  exports.Set("addToGroups", Napi::Function::New<AddRowsToGroups>(env, "addToGroups"));
  exports.Set("linearScores", Napi::Function::New<LinearScores>(env, "linearScores"));
  exports.Set("fitSupportVectors", Napi::Function::New<FitSupportVectorProblems>(env, "fitSupportVectors"));
}

}  // namespace auspex
