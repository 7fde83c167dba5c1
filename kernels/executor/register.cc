#include "register.h"

namespace auspex {
void RegisterExecutor(Napi::Env env, Napi::Object exports) {}
}  // namespace auspex
