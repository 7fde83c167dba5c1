#pragma once
#include <cstdint>

namespace auspex {

/** bfloat16: the upper half of a float. */
struct Bf16 {
  uint16_t bits;
};

}  // namespace auspex
