// JPEG to RGB with libjpeg-turbo, as Pillow's Image.open(...).convert('RGB') decodes it (EXIF orientation is not applied).
#pragma once
#include <cstddef>
#include <cstdint>

#include "failure.h"
#include "image.h"

namespace auspex::images {

struct Size {
  int width = 0;
  int height = 0;
};

bool IsJpeg(const uint8_t* bytes, size_t length);

// The size in the header; fails where there is none.
Failure ReadJpegSize(const uint8_t* bytes, size_t length, Size* size);

// Decodes into `pixels`; `image` views them. Fails before allocating where width x height exceeds maximum_pixels, and also
// where libjpeg would patch up missing data with grey.
Failure DecodeJpeg(const uint8_t* bytes, size_t length, uint64_t maximum_pixels, Scratch<uint8_t>* pixels, ImageView* image);

}  // namespace auspex::images
