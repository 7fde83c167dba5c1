// Pillow's GaussianBlur: three extended box blurs (Gwosdek et al., 2011) per direction, each rounded to uint8.
#pragma once
#include <cstdint>

#include "colour.h"
#include "image.h"

namespace auspex::images {

class Blur {
 public:
  // `radius` is the standard deviation of the Gaussian in pixels.
  void Run(const Planes& image, float radius);

 private:
  Scratch<uint8_t> from_;
  Scratch<uint8_t> to_;
};

}  // namespace auspex::images
