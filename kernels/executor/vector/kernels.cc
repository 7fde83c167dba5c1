#include "kernels.h"

#include "make.h"

namespace auspex::AUSPEX_VARIANT {

KernelPtr MakeVectorKernel(const Operation& operation, int threads) {
  for (auto make : {MakeNormForwardKernel, MakeNormBackwardKernel, MakeElementwiseKernel, MakeOptimizerKernel}) {
    if (KernelPtr kernel = make(operation, threads)) return kernel;
  }
  return nullptr;
}

}  // namespace auspex::AUSPEX_VARIANT
