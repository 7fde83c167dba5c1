// JavaScript values to the structs of this folder. The TypeScript beside it has validated them for people; here they are
// checked again only as far as memory safety needs it. Each function returns false after throwing a TypeError.
#pragma once
#include <napi.h>

#include <vector>

#include "crop-policy.h"
#include "jobs.h"
#include "reader.h"

namespace auspex::images {

// Keeps typed arrays alive while a job reads or writes them.
using KeptValues = std::vector<Napi::ObjectReference>;

bool Refuse(Napi::Env env, const char* message);

// Numbers outside the range are refused, fractions too.
bool ReadInteger(const Napi::Value& value, int64_t minimum, int64_t maximum, const char* what, int64_t* result);
bool ReadNumber(const Napi::Value& value, const char* what, double* result);

bool ReadBytes(const Napi::Value& value, const char* what, uint8_t** bytes, size_t* length, KeptValues* kept);
// [string | Uint8Array | {width, height, data}]
bool ReadInputs(const Napi::Value& value, std::vector<ImageInput>* inputs, KeptValues* kept);
bool ReadLimits(const Napi::Value& value, ImageLimits* limits);
bool ReadPolicy(const Napi::Value& value, CropPolicy* policy);
bool ReadRegion(const Napi::Value& value, double region[4]);
// [[{top, left, height, width, outputHeight, outputWidth, steps: [{op, amount}]}]] per input; outputs are set by the caller.
bool ReadViews(const Napi::Value& value, std::vector<std::vector<ViewJob::View>>* views);

Napi::Object StepsOf(Napi::Env env, const std::vector<Step>& steps);

}  // namespace auspex::images
