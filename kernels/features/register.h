#pragma once
#include <napi.h>

namespace auspex {
void RegisterFeatures(Napi::Env env, Napi::Object exports);
}  // namespace auspex
