// Cross-entropy of class scores (N, K) with labels, and its gradient.
#pragma once
#include "kernel.h"

namespace auspex {

/** Null for kinds that it does not know. */
KernelPtr MakeCrossEntropyKernel(const Operation& operation);

}  // namespace auspex
