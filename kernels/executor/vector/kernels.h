// What the files of this folder make. Each returns null for kinds that it does not know.
#pragma once
#include "../kernel.h"
#include "variant.h"

namespace auspex::AUSPEX_VARIANT {

KernelPtr MakeNormForwardKernel(const Operation& operation, int threads);
KernelPtr MakeNormBackwardKernel(const Operation& operation, int threads);
KernelPtr MakeElementwiseKernel(const Operation& operation, int threads);
KernelPtr MakeOptimizerKernel(const Operation& operation, int threads);

}  // namespace auspex::AUSPEX_VARIANT
