#pragma once
#include <string>

#include "program.h"

namespace auspex {

/** How a parameter starts; `amount` is the value, the standard deviation, or the bound. */
enum class Distribution { kConstant, kNormal, kUniform };

/**
 * Fills a tensor. Each element depends on the seed, the tensor's name and its own position alone, so the values are the same
 * for any number of threads, and on any rank that holds a part.
 */
void Initialise(const Tensor& tensor, Distribution distribution, float amount, uint64_t seed);

}  // namespace auspex
