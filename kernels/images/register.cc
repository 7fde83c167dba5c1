#include "register.h"

namespace auspex {
void RegisterImages(Napi::Env env, Napi::Object exports) {}
}  // namespace auspex
