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
  /** Of the shape of what is written, and added to it; may be that itself. */
  const Tensor* addend;
  int64_t kernel = 1, stride = 1, groups = 1;
  /** Weights that change only before `prepare`, which then packs them into memory of the kernel's own. */
  bool constant = false;
  /** One for each channel that is written, or null. */
  const float* bias = nullptr;
  /** Applied to sums, addend and bias. */
  bool relu = false;
};

/** Null where the processor has no tiles, or where groups do not fill any. */
KernelPtr MakeTileConvolution(const ConvolutionOperands& operands, int threads);

}  // namespace auspex
