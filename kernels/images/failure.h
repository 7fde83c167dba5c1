// Why an image could not be used. Values, not exceptions: nothing is thrown across a thread or into JavaScript.
#pragma once
#include <string>

namespace auspex::images {

struct Failure {
  const char* code = nullptr;  // one of ImageFailureCode in kernels/images.ts; nullptr means success
  std::string message;

  explicit operator bool() const { return code != nullptr; }
};

}  // namespace auspex::images
