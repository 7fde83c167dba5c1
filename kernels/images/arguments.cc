#include "arguments.h"

#include <cmath>
#include <iterator>
#include <string>

namespace auspex::images {
namespace {

// Larger sides are a mistake, and a bound keeps every product of sizes within its type.
constexpr int kMaximumSide = 1 << 15;
constexpr int kMaximumImageSide = 1 << 20;
constexpr int kMaximumCrops = 1 << 12;
constexpr double kMaximumBlurRadius = 64;

struct StepName {
  const char* name;
  StepKind kind;
};
constexpr StepName kStepNames[] = {
    {"flip", StepKind::kFlip},
    {"brightness", StepKind::kBrightness},
    {"contrast", StepKind::kContrast},
    {"saturation", StepKind::kSaturation},
    {"hue", StepKind::kHue},
    {"grey", StepKind::kGrey},
    {"blur", StepKind::kBlur},
};

bool ReadInt(const Napi::Object& object, const char* name, int minimum, int maximum, int* result) {
  int64_t value = 0;
  if (!ReadInteger(object.Get(name), minimum, maximum, name, &value)) return false;
  *result = static_cast<int>(value);
  return true;
}

bool ReadNumbers(const Napi::Value& value, const char* what, double* results, uint32_t count) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() != count) {
    return Refuse(value.Env(), (std::string(what) + " has to be an array of " + std::to_string(count) + " numbers").c_str());
  }
  const Napi::Array array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < count; i++) {
    if (!ReadNumber(array.Get(i), what, &results[i])) return false;
  }
  return true;
}

bool ReadStep(const Napi::Value& value, Step* step) {
  if (!value.IsObject()) return Refuse(value.Env(), "a step has to be an object");
  const Napi::Object object = value.As<Napi::Object>();
  const Napi::Value op = object.Get("op");
  if (!op.IsString()) return Refuse(value.Env(), "a step needs an op");
  const std::string name = op.As<Napi::String>().Utf8Value();
  for (const StepName& known : kStepNames) {
    if (name != known.name) continue;
    step->kind = known.kind;
    const Napi::Value amount = object.Get("amount");
    if (!amount.IsUndefined() && !ReadNumber(amount, "amount", &step->amount)) return false;
    const bool too_wide = step->kind == StepKind::kBlur && !(step->amount >= 0 && step->amount <= kMaximumBlurRadius);
    return too_wide ? Refuse(value.Env(), "the blur's radius has to lie between 0 and 64 pixels") : true;
  }
  return Refuse(value.Env(), ("unknown step " + name).c_str());
}

bool ReadView(const Napi::Value& value, ViewPlan* plan) {
  if (!value.IsObject()) return Refuse(value.Env(), "a view has to be an object");
  const Napi::Object object = value.As<Napi::Object>();
  ResizePlan& resize = plan->resize;
  if (!ReadInt(object, "top", 0, kMaximumImageSide, &resize.box.top)) return false;
  if (!ReadInt(object, "left", 0, kMaximumImageSide, &resize.box.left)) return false;
  if (!ReadInt(object, "height", 1, kMaximumImageSide, &resize.box.height)) return false;
  if (!ReadInt(object, "width", 1, kMaximumImageSide, &resize.box.width)) return false;
  if (!ReadInt(object, "outputHeight", 1, kMaximumSide, &resize.height)) return false;
  if (!ReadInt(object, "outputWidth", 1, kMaximumSide, &resize.width)) return false;
  resize.window = {0, 0, resize.height, resize.width};
  const Napi::Value steps = object.Get("steps");
  if (!steps.IsArray()) return Refuse(value.Env(), "a view's steps have to be an array");
  const Napi::Array array = steps.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); i++) {
    Step step{};
    if (!ReadStep(array.Get(i), &step)) return false;
    plan->steps.push_back(step);
  }
  return true;
}

}  // namespace

bool Refuse(Napi::Env env, const char* message) {
  if (!env.IsExceptionPending()) Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
  return false;
}

bool ReadNumber(const Napi::Value& value, const char* what, double* result) {
  if (value.IsEmpty() || !value.IsNumber() || !std::isfinite(value.As<Napi::Number>().DoubleValue())) {
    return Refuse(value.Env(), (std::string(what) + " has to be a number").c_str());
  }
  *result = value.As<Napi::Number>().DoubleValue();
  return true;
}

bool ReadInteger(const Napi::Value& value, int64_t minimum, int64_t maximum, const char* what, int64_t* result) {
  double number = 0;
  if (!ReadNumber(value, what, &number)) return false;
  if (number != std::floor(number) || number < static_cast<double>(minimum) || number > static_cast<double>(maximum)) {
    return Refuse(value.Env(), (std::string(what) + " has to be an integer between " + std::to_string(minimum) + " and " +
                                std::to_string(maximum))
                                   .c_str());
  }
  *result = static_cast<int64_t>(number);
  return true;
}

bool ReadBytes(const Napi::Value& value, const char* what, uint8_t** bytes, size_t* length, KeptValues* kept) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    return Refuse(value.Env(), (std::string(what) + " has to be a Uint8Array").c_str());
  }
  Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  *bytes = array.Data();
  *length = array.ByteLength();
  kept->push_back(Napi::Persistent(value.As<Napi::Object>()));
  return true;
}

bool ReadInputs(const Napi::Value& value, std::vector<ImageInput>* inputs, KeptValues* kept) {
  if (!value.IsArray()) return Refuse(value.Env(), "the images have to be an array");
  const Napi::Array array = value.As<Napi::Array>();
  inputs->resize(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::HandleScope scope(value.Env());
    ImageInput& input = (*inputs)[i];
    const Napi::Value image = array.Get(i);
    uint8_t* bytes = nullptr;
    if (image.IsString()) {
      input.path = image.As<Napi::String>().Utf8Value();
      if (input.path.empty()) return Refuse(value.Env(), "a path is empty");
    } else if (image.IsTypedArray()) {
      if (!ReadBytes(image, "an image", &bytes, &input.length, kept)) return false;
    } else if (image.IsObject()) {
      const Napi::Object pixels = image.As<Napi::Object>();
      if (!ReadInt(pixels, "width", 1, kMaximumImageSide, &input.width)) return false;
      if (!ReadInt(pixels, "height", 1, kMaximumImageSide, &input.height)) return false;
      if (!ReadBytes(pixels.Get("data"), "an image's data", &bytes, &input.length, kept)) return false;
      if (input.length != static_cast<size_t>(input.width) * input.height * 3) {
        return Refuse(value.Env(), "an image's data has to hold width x height x 3 bytes");
      }
    } else {
      return Refuse(value.Env(), "an image is a path, encoded bytes or {width, height, data}");
    }
    input.bytes = bytes;
  }
  return true;
}

bool ReadLimits(const Napi::Value& value, ImageLimits* limits) {
  if (!value.IsObject()) return Refuse(value.Env(), "the limits have to be an object");
  int64_t pixels = 0;
  if (!ReadInteger(value.As<Napi::Object>().Get("maximumPixels"), 1, int64_t{1} << 32, "maximumPixels", &pixels)) return false;
  limits->maximum_pixels = static_cast<uint64_t>(pixels);
  return ReadInt(value.As<Napi::Object>(), "minimumSide", 1, kMaximumImageSide, &limits->minimum_side);
}

bool ReadRegion(const Napi::Value& value, double region[4]) {
  if (!ReadNumbers(value, "region", region, 4)) return false;
  const bool good = region[0] >= 0 && region[1] >= 0 && region[2] <= 1 && region[3] <= 1 && region[0] < region[2] &&
                    region[1] < region[3];
  return good ? true : Refuse(value.Env(), "region is [left, top, right, bottom] as shares of the image");
}

bool ReadPolicy(const Napi::Value& value, CropPolicy* policy) {
  if (!value.IsObject()) return Refuse(value.Env(), "the policy has to be an object");
  const Napi::Object object = value.As<Napi::Object>();
  const Napi::Value groups = object.Get("groups");
  if (!groups.IsArray()) return Refuse(value.Env(), "the policy's groups have to be an array");
  int num_crops = 0;
  for (uint32_t g = 0; g < groups.As<Napi::Array>().Length(); g++) {
    const Napi::Value item = groups.As<Napi::Array>().Get(g);
    if (!item.IsObject()) return Refuse(value.Env(), "a group has to be an object");
    CropGroup group;
    if (!ReadInt(item.As<Napi::Object>(), "count", 1, kMaximumCrops, &group.count)) return false;
    if (!ReadInt(item.As<Napi::Object>(), "size", 1, kMaximumSide, &group.size)) return false;
    if (!ReadNumbers(item.As<Napi::Object>().Get("scale"), "scale", group.scale, 2)) return false;
    num_crops += group.count;
    if (num_crops > kMaximumCrops) return Refuse(value.Env(), "too many crops");
    policy->groups.push_back(group);
  }
  const struct {
    const char* name;
    double* target;
  } shares[] = {
      {"flip", &policy->flip},       {"jitter", &policy->jitter},         {"brightness", &policy->brightness},
      {"contrast", &policy->contrast}, {"saturation", &policy->saturation}, {"hue", &policy->hue},
      {"grey", &policy->grey},       {"blur", &policy->blur},
  };
  for (const auto& share : shares) {
    if (!ReadNumber(object.Get(share.name), share.name, share.target)) return false;
  }
  if (!ReadNumbers(object.Get("ratio"), "ratio", policy->ratio, 2)) return false;
  if (!ReadNumbers(object.Get("blurRadius"), "blurRadius", policy->blur_radius, 2)) return false;
  for (const double radius : policy->blur_radius) {
    if (!(radius >= 0 && radius <= kMaximumBlurRadius)) return Refuse(value.Env(), "blurRadius lies between 0 and 64 pixels");
  }
  return ReadRegion(object.Get("region"), policy->region);
}

bool ReadViews(const Napi::Value& value, std::vector<std::vector<ViewJob::View>>* views) {
  if (!value.IsArray()) return Refuse(value.Env(), "the views have to be an array");
  const Napi::Array items = value.As<Napi::Array>();
  views->resize(items.Length());
  for (uint32_t i = 0; i < items.Length(); i++) {
    const Napi::HandleScope scope(value.Env());
    const Napi::Value item = items.Get(i);
    if (!item.IsArray()) return Refuse(value.Env(), "an image's views have to be an array");
    const Napi::Array list = item.As<Napi::Array>();
    (*views)[i].resize(list.Length());
    for (uint32_t v = 0; v < list.Length(); v++) {
      if (!ReadView(list.Get(v), &(*views)[i][v].plan)) return false;
    }
  }
  return true;
}

Napi::Object StepsOf(Napi::Env env, const std::vector<Step>& steps) {
  Napi::Array array = Napi::Array::New(env, steps.size());
  for (uint32_t i = 0; i < steps.size(); i++) {
    Napi::Object step = Napi::Object::New(env);
    for (const StepName& known : kStepNames) {
      if (known.kind == steps[i].kind) step.Set("op", known.name);
    }
    step.Set("amount", steps[i].amount);
    array.Set(i, step);
  }
  return array;
}

}  // namespace auspex::images
