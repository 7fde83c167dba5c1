// The order of one call with work on streams of the caller's.
#pragma once
#include <functional>

#include "device.h"

namespace auspex {

struct StreamOrder {
  /** The call begins after it. */
  Event before;
  /** Recorded when the call's outputs are there. */
  Event there;
  /** `there` can be waited for: NCCL has the call. Not called if outputs are on the host: they are there when the call returns. */
  std::function<void()> issued;
};

}  // namespace auspex
