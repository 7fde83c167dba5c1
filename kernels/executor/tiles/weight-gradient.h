#pragma once
#include "../kernel.h"

namespace auspex {

struct WeightGradientOperands {
  /** Of one type, f32 or bf16; they are multiplied in bf16. */
  const Tensor &input, &outputGradient;
  /** f32. */
  const Tensor& weightGradient;
  int64_t kernel = 1, stride = 1, groups = 1;
};

/** Null where the processor has no tiles, or where groups do not fill any. */
KernelPtr MakeTileWeightGradient(const WeightGradientOperands& operands, int threads);

}  // namespace auspex
