#pragma once
#include "../kernel.h"

namespace auspex {

/** A convolution without bias, of maps in bf16; or, with the same geometry, the gradient of its data. */
struct ConvolutionOperands {
  /** The convolution's own: where its data's gradient is made, that is written, and the output's gradient read. */
  const Tensor &input, &output;
  /** (out, in / groups, kernel, kernel), f32 or bf16. */
  const Tensor& weight;
  bool backward;
  /** Added to what is written; may be that itself. Only where kernel and stride are 1. */
  const Tensor* addend;
  int64_t kernel = 1, stride = 1, groups = 1;
};

/** Null where the processor has no tiles, or where groups do not fill any. */
KernelPtr MakeTileConvolution(const ConvolutionOperands& operands, int threads);

}  // namespace auspex
