#pragma once
#include <napi.h>

namespace auspex {
void RegisterExecutor(Napi::Env env, Napi::Object exports);
}
