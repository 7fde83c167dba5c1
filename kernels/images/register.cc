#include "register.h"

#include <memory>

#include "arguments.h"
#include "calls.h"
#include "jobs.h"
#include "jpeg.h"

namespace auspex {
namespace {

using namespace images;  // NOLINT: this file is the JavaScript face of that folder

constexpr int64_t kMaximumThreads = 1024;
constexpr int64_t kLargestSafeInteger = (int64_t{1} << 53) - 1;

Environment* OwnerOf(const Napi::CallbackInfo& info) { return static_cast<Environment*>(info.Data()); }

struct Common {
  std::vector<ImageInput> inputs;
  KeptValues kept;
  ImageLimits limits;
  int num_threads = 1;
};

// The first three arguments of every job: images, limits, threads.
bool ReadCommon(const Napi::CallbackInfo& info, Common* common) {
  int64_t num_threads = 0;
  if (!ReadInputs(info[0], &common->inputs, &common->kept)) return false;
  if (!ReadLimits(info[1], &common->limits)) return false;
  if (!ReadInteger(info[2], 1, kMaximumThreads, "threads", &num_threads)) return false;
  common->num_threads = static_cast<int>(num_threads);
  return true;
}

template <typename SomeJob>
std::shared_ptr<SomeJob> MakeJob(const Napi::CallbackInfo& info, Common* common) {
  return std::make_shared<SomeJob>(OwnerOf(info), std::move(common->inputs), common->limits, common->num_threads);
}

// One output array that has to hold `needed` bytes.
bool ReadOutput(const Napi::Value& value, size_t needed, uint8_t** bytes, KeptValues* kept) {
  size_t length = 0;
  if (!ReadBytes(value, "an output", bytes, &length, kept)) return false;
  return length == needed ? true : Refuse(value.Env(), "an output has the wrong length");
}

// (images, limits, threads, policy, {seed, epoch, batch, images: number[], rows: number[]}, outputs) -> failures
Napi::Value MakeCrops(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Common common;
  if (!ReadCommon(info, &common)) return env.Undefined();
  std::shared_ptr<CropJob> job = MakeJob<CropJob>(info, &common);
  if (!ReadPolicy(info[3], &job->policy)) return env.Undefined();
  if (!info[4].IsObject() || !info[5].IsArray()) return Refuse(env, "the key or the outputs are missing"), env.Undefined();
  const Napi::Object key = info[4].As<Napi::Object>();
  int64_t seed = 0;
  int64_t epoch = 0;
  int64_t batch = 0;
  if (!ReadInteger(key.Get("seed"), 0, kLargestSafeInteger, "seed", &seed)) return env.Undefined();
  if (!ReadInteger(key.Get("epoch"), 0, UINT32_MAX, "epoch", &epoch)) return env.Undefined();
  if (!ReadInteger(key.Get("batch"), 1, INT32_MAX, "batch", &batch)) return env.Undefined();
  job->seed = static_cast<uint64_t>(seed);
  job->epoch = static_cast<uint32_t>(epoch);
  job->batch = static_cast<size_t>(batch);
  if (!key.Get("images").IsArray() || !key.Get("rows").IsArray()) return Refuse(env, "images or rows are missing"), env.Undefined();
  const Napi::Array images = key.Get("images").As<Napi::Array>();
  const Napi::Array rows = key.Get("rows").As<Napi::Array>();
  for (uint32_t i = 0; i < job->num_items(); i++) {
    int64_t image = 0;
    int64_t row = 0;
    if (!ReadInteger(images.Get(i), 0, kLargestSafeInteger, "an image's index", &image)) return env.Undefined();
    if (!ReadInteger(rows.Get(i), 0, batch - 1, "a row", &row)) return env.Undefined();
    job->images.push_back(static_cast<uint64_t>(image));
    job->rows.push_back(static_cast<size_t>(row));
  }
  const Napi::Array outputs = info[5].As<Napi::Array>();
  if (outputs.Length() != job->policy.groups.size()) return Refuse(env, "one output per group is needed"), env.Undefined();
  for (uint32_t g = 0; g < outputs.Length(); g++) {
    const CropGroup& group = job->policy.groups[g];
    const size_t needed = job->batch * group.count * group.size * group.size * 3;
    uint8_t* bytes = nullptr;
    if (!ReadOutput(outputs.Get(g), needed, &bytes, &common.kept)) return env.Undefined();
    job->outputs.push_back(bytes);
  }
  return Start(env, job, std::move(common.kept), [job](Napi::Env result) { return FailuresOf(result, *job); });
}

// (images, limits, threads, {size, shortSide, region, grey}, output) -> failures
Napi::Value MakeEvaluationViews(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Common common;
  if (!ReadCommon(info, &common)) return env.Undefined();
  std::shared_ptr<EvaluationJob> job = MakeJob<EvaluationJob>(info, &common);
  if (!info[3].IsObject()) return Refuse(env, "the options are missing"), env.Undefined();
  const Napi::Object options = info[3].As<Napi::Object>();
  int64_t size = 0;
  int64_t short_side = 0;
  if (!ReadInteger(options.Get("size"), 1, 1 << 15, "size", &size)) return env.Undefined();
  if (!ReadInteger(options.Get("shortSide"), size, 1 << 15, "shortSide", &short_side)) return env.Undefined();
  if (!ReadRegion(options.Get("region"), job->region)) return env.Undefined();
  job->size = static_cast<int>(size);
  job->short_side = static_cast<int>(short_side);
  job->grey = options.Get("grey").ToBoolean();
  const size_t needed = job->num_items() * static_cast<size_t>(size) * size * 3;
  if (!ReadOutput(info[4], needed, &job->output, &common.kept)) return env.Undefined();
  return Start(env, job, std::move(common.kept), [job](Napi::Env result) { return FailuresOf(result, *job); });
}

// (images, limits, threads, views per image, output) -> failures
Napi::Value MakeViews(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Common common;
  if (!ReadCommon(info, &common)) return env.Undefined();
  std::shared_ptr<ViewJob> job = MakeJob<ViewJob>(info, &common);
  if (!ReadViews(info[3], &job->views)) return env.Undefined();
  if (job->views.size() != job->num_items()) return Refuse(env, "views are needed for every image"), env.Undefined();
  size_t needed = 0;
  for (const auto& views : job->views) {
    for (const ViewJob::View& view : views) needed += static_cast<size_t>(view.plan.resize.height) * view.plan.resize.width * 3;
  }
  uint8_t* output = nullptr;
  if (!ReadOutput(info[4], needed, &output, &common.kept)) return env.Undefined();
  for (auto& views : job->views) {
    for (ViewJob::View& view : views) {
      view.output = output;
      output += static_cast<size_t>(view.plan.resize.height) * view.plan.resize.width * 3;
    }
  }
  return Start(env, job, std::move(common.kept), [job](Napi::Env result) { return FailuresOf(result, *job); });
}

// (images, limits, threads) -> [{width, height, data} | {code, message}]
Napi::Value DecodeImages(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Common common;
  if (!ReadCommon(info, &common)) return env.Undefined();
  std::shared_ptr<DecodeJob> job = MakeJob<DecodeJob>(info, &common);
  job->decoded.resize(job->num_items());
  return Start(env, job, std::move(common.kept), [job](Napi::Env result) -> Napi::Value {
    Napi::Array images = Napi::Array::New(result, job->num_items());
    for (uint32_t i = 0; i < job->num_items(); i++) {
      Napi::Object image = Napi::Object::New(result);
      if (job->failures[i]) {
        image.Set("code", job->failures[i].code);
        image.Set("message", job->failures[i].message);
      } else {
        DecodeJob::Decoded& decoded = job->decoded[i];
        const size_t bytes = static_cast<size_t>(decoded.width) * decoded.height * 3;
        const Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(result, decoded.pixels.release(), bytes,
                                                                [](Napi::Env, void* data) { std::free(data); });
        image.Set("width", decoded.width);
        image.Set("height", decoded.height);
        image.Set("data", Napi::Uint8Array::New(result, bytes, buffer, 0));
      }
      images.Set(i, image);
    }
    return images;
  });
}

// (bytes) -> {width, height} | {code, message}; only reads the header
Napi::Value JpegSize(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  KeptValues kept;
  uint8_t* bytes = nullptr;
  size_t length = 0;
  if (!ReadBytes(info[0], "the image", &bytes, &length, &kept)) return env.Undefined();
  Size size;
  const Failure failure = ReadJpegSize(bytes, length, &size);
  Napi::Object result = Napi::Object::New(env);
  if (failure) {
    result.Set("code", failure.code);
    result.Set("message", failure.message);
  } else {
    result.Set("width", size.width);
    result.Set("height", size.height);
  }
  return result;
}

// (policy, width, height, seed, epoch, image) -> [{top, left, height, width, size, flip, steps}] of all crops, in order
Napi::Value PlanCrops(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  CropPolicy policy;
  int64_t numbers[5] = {};
  const char* const names[5] = {"width", "height", "seed", "epoch", "image"};
  const int64_t maxima[5] = {1 << 20, 1 << 20, kLargestSafeInteger, UINT32_MAX, kLargestSafeInteger};
  if (!ReadPolicy(info[0], &policy)) return env.Undefined();
  for (size_t i = 0; i < 5; i++) {
    if (!ReadInteger(info[i + 1], i < 2 ? 1 : 0, maxima[i], names[i], &numbers[i])) return env.Undefined();
  }
  const CropKey key = {static_cast<uint64_t>(numbers[2]), static_cast<uint64_t>(numbers[4]), static_cast<uint32_t>(numbers[3])};
  Napi::Array plans = Napi::Array::New(env);
  uint32_t crop = 0;
  ViewPlan plan;
  for (const CropGroup& group : policy.groups) {
    for (int c = 0; c < group.count; c++, crop++) {
      PlanCrop(policy, group, key, static_cast<int>(crop), static_cast<int>(numbers[0]), static_cast<int>(numbers[1]), &plan);
      Napi::Object object = Napi::Object::New(env);
      object.Set("top", plan.resize.box.top);
      object.Set("left", plan.resize.box.left);
      object.Set("height", plan.resize.box.height);
      object.Set("width", plan.resize.box.width);
      object.Set("size", group.size);
      object.Set("flip", plan.resize.flip);
      object.Set("steps", StepsOf(env, plan.steps));
      plans.Set(crop, object);
    }
  }
  return plans;
}

void CloseEnvironment(void* data) {
  Environment* environment = static_cast<Environment*>(data);
  ThreadPool::Instance().Cancel(environment);
  delete environment;
}

}  // namespace

void RegisterImages(Napi::Env env, Napi::Object exports) {
  Environment* environment = new Environment();
  napi_add_env_cleanup_hook(env, CloseEnvironment, environment);
  exports.Set("imagesMakeCrops", Napi::Function::New<MakeCrops>(env, "imagesMakeCrops", environment));
  exports.Set("imagesMakeEvaluationViews",
              Napi::Function::New<MakeEvaluationViews>(env, "imagesMakeEvaluationViews", environment));
  exports.Set("imagesMakeViews", Napi::Function::New<MakeViews>(env, "imagesMakeViews", environment));
  exports.Set("imagesDecode", Napi::Function::New<DecodeImages>(env, "imagesDecode", environment));
  exports.Set("imagesJpegSize", Napi::Function::New<JpegSize>(env, "imagesJpegSize", environment));
  exports.Set("imagesPlanCrops", Napi::Function::New<PlanCrops>(env, "imagesPlanCrops", environment));
}

}  // namespace auspex
