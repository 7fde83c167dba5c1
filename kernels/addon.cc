// The addon's entry point: each folder below kernels/ registers its own functions.
#include <napi.h>

#include "collectives/register.h"
#include "executor/register.h"
#include "features/register.h"
#include "files/register.h"
#include "images/register.h"
#include "tsne/register.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auspex::RegisterCollectives(env, exports);
  auspex::RegisterExecutor(env, exports);
  auspex::RegisterFeatures(env, exports);
  auspex::RegisterFiles(env, exports);
  auspex::RegisterImages(env, exports);
  auspex::RegisterTsne(env, exports);
  return exports;
}

NODE_API_MODULE(auspex, Init)
