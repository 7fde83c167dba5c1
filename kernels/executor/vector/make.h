#pragma once
#include "../kernel.h"

namespace auspex {

namespace avx2 {
KernelPtr MakeVectorKernel(const Operation& operation, int threads);
}
namespace avx512 {
KernelPtr MakeVectorKernel(const Operation& operation, int threads);
}

/** Of the variant that this processor runs; null for kinds that it does not know. */
KernelPtr MakeVectorKernel(const Operation& operation, int threads);

}  // namespace auspex
