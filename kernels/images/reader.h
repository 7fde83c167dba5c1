// From a path, encoded bytes or pixels to a decoded image.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "failure.h"
#include "image.h"

namespace auspex::images {

// Exactly one of: a path; encoded bytes; pixels (width and height given, `bytes` holds width x height x 3).
struct ImageInput {
  std::string path;
  const uint8_t* bytes = nullptr;
  size_t length = 0;
  int width = 0;
  int height = 0;
};

struct ImageLimits {
  uint64_t maximum_pixels = 0;
  int minimum_side = 1;
};

class ImageReader {
 public:
  // `image` is valid until the next call.
  Failure Read(const ImageInput& input, const ImageLimits& limits, ImageView* image);
  // Gives back what an unusually large image needed.
  void Shrink();

 private:
  Failure ReadFile(const std::string& path, size_t* length);

  Scratch<uint8_t> file_;
  Scratch<uint8_t> pixels_;
};

}  // namespace auspex::images
