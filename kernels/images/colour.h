// Colour operations on uint8, with the roundings of Pillow and torchvision. Planar, so that plain loops become vectors.
#pragma once
#include <cstddef>
#include <cstdint>

namespace auspex::images {

// Three planes of width x height bytes each.
struct Planes {
  uint8_t* red;
  uint8_t* green;
  uint8_t* blue;
  int width;
  int height;

  size_t Count() const { return static_cast<size_t>(width) * height; }
};

void Deinterleave(const uint8_t* rgb, const Planes& planes);
void Interleave(const Planes& planes, uint8_t* rgb);

void FlipHorizontally(const Planes& image);
// factor 1 leaves the image as it is; 0 gives black, its mean grey, and its grey image.
void AdjustBrightness(const Planes& image, float factor);
void AdjustContrast(const Planes& image, float factor);
void AdjustSaturation(const Planes& image, float factor);
// Turns the hue by `turn` of the full circle, through Pillow's 8-bit HSV.
void AdjustHue(const Planes& image, double turn);
void MakeGrey(const Planes& image);

}  // namespace auspex::images
