// NCCL and the CUDA runtime as loaded: one pointer for each function that is called.
#pragma once
#include <stdexcept>
#include <string>

#include "nccl-api.h"

namespace auspex {

/** NCCL, the CUDA runtime or a GPU is not there, or too old; the message says what to install. */
class NcclMissing : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

#define AUSPEX_POINTER(name, result, parameters) result(*name) parameters = nullptr;
struct NcclLibraries {
  AUSPEX_CUDA_FUNCTIONS(AUSPEX_POINTER)
  AUSPEX_NCCL_FUNCTIONS(AUSPEX_POINTER)

  /** Throws std::runtime_error that names the call if it failed. */
  void check(cudaError_t error, const char* call) const;
};
#undef AUSPEX_POINTER

/**
 * Loads both on the first call, by the names that their packages give them; AUSPEX_CUDART and AUSPEX_NCCL name other files.
 * They stay loaded. Throws NcclMissing.
 */
const NcclLibraries& LoadNccl();

/** Such as 2.21.5. Throws NcclMissing. */
std::string NcclVersion();

/** How many GPUs the process sees; 0 without NVIDIA's driver. Throws NcclMissing. */
int CountGpus();

}  // namespace auspex
