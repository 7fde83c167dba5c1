#include "nccl-libraries.h"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>

namespace auspex {
namespace {

/** The first whose communicators may be aborted by several threads at once. */
constexpr int kOldestNccl = 21901;

constexpr char kAdvice[] =
    "; install NCCL 2.19.1 or newer and the CUDA 12 runtime ('pip install nvidia-nccl-cu12 nvidia-cuda-runtime-cu12', or libnccl2 and "
    "cuda-cudart-12-* of NVIDIA's packages) where ld finds them, or name the files in AUSPEX_NCCL and AUSPEX_CUDART";

void* Open(const char* variable, const char* usual) {
  const char* named = std::getenv(variable);
  const char* file = named != nullptr && *named != '\0' ? named : usual;
  void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw NcclMissing(std::string("collectives on GPUs need ") + file + ", which cannot be loaded (" + dlerror() + ")" + kAdvice);
  return library;
}

template <typename Function>
void Find(void* library, const char* name, Function** function) {
  *function = reinterpret_cast<Function*>(dlsym(library, name));
  if (*function == nullptr) throw NcclMissing(std::string("the library that was found for GPUs has no ") + name + kAdvice);
}

std::string Text(int version) { return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100); }

NcclLibraries Load() {
  NcclLibraries libraries;
  void* cuda = Open("AUSPEX_CUDART", "libcudart.so.12");
#define AUSPEX_FIND(name, result, parameters) Find(cuda, #name, &libraries.name);
  AUSPEX_CUDA_FUNCTIONS(AUSPEX_FIND)
#undef AUSPEX_FIND
  void* nccl = Open("AUSPEX_NCCL", "libnccl.so.2");
#define AUSPEX_FIND(name, result, parameters) Find(nccl, #name, &libraries.name);
  AUSPEX_NCCL_FUNCTIONS(AUSPEX_FIND)
#undef AUSPEX_FIND
  int version = 0;
  if (libraries.ncclGetVersion(&version) != kNcclSuccess || version < kOldestNccl) {
    throw NcclMissing("NCCL " + Text(version) + " is too old" + kAdvice);
  }
  return libraries;
}


}  // namespace

void NcclLibraries::check(cudaError_t error, const char* call) const {
  if (error != kCudaSuccess) throw std::runtime_error(std::string(call) + " failed: " + cudaGetErrorString(error));
}

const NcclLibraries& LoadNccl() {
  static std::mutex mutex;
  static const NcclLibraries* loaded = nullptr;  // never freed: threads may call it until the process ends
  std::lock_guard<std::mutex> lock(mutex);
  if (loaded == nullptr) loaded = new NcclLibraries(Load());
  return *loaded;
}

std::string NcclVersion() {
  int version = 0;
  LoadNccl().ncclGetVersion(&version);
  return Text(version);
}

int CountGpus() {
  int count = 0;
  return LoadNccl().cudaGetDeviceCount(&count) == kCudaSuccess ? count : 0;
}

}  // namespace auspex
