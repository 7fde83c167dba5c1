#pragma once
#include <napi.h>

namespace auspex {
void RegisterTsne(Napi::Env env, Napi::Object exports);
}  // namespace auspex
