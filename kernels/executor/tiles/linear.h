#pragma once
#include "../kernel.h"

namespace auspex {

/** A linear layer (rows, in) x (out, in)^T + bias, or the gradient of its input, (rows, out) x (out, in), multiplied in bf16. */
struct LinearOperands {
  const Tensor& left;    // f32
  const Tensor& weight;  // (out, in), f32 or bf16
  const Tensor* bias;
  const Tensor& result;  // f32
  /** Whether the sum runs over the weight's rows: for the gradient of the input. */
  bool overRows;
};

/** Null where the processor has no tiles. */
KernelPtr MakeTileLinear(const LinearOperands& operands, int threads);

}  // namespace auspex
