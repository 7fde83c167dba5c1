#pragma once
#include <napi.h>

namespace auspex {
void RegisterImages(Napi::Env env, Napi::Object exports);
}
