#pragma once
#include <string>

#include "program.h"

namespace auspex {

/** How a parameter starts; `amount` is the value, the standard deviation, or the bound. */
enum class Distribution { kConstant, kNormal, kUniform };

/**
 * Fills a tensor: a parameter, or the part of it that begins at `firstElement`. Each element depends on the seed, the
 * parameter's name and its own position alone, so the values are the same for any number of threads and of ranks.
 */
void Initialise(const Tensor& tensor, const std::string& name, uint64_t firstElement, Distribution distribution, float amount, uint64_t seed);

}  // namespace auspex
