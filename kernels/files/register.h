#pragma once
#include <napi.h>

namespace auspex {
void RegisterFiles(Napi::Env env, Napi::Object exports);
}  // namespace auspex
