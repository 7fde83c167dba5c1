// Which crops SwAV takes of an image and what it does to their colours: the random part, planned apart from the pixels.
#pragma once
#include <cstdint>
#include <vector>

#include "views.h"

namespace auspex::images {

struct CropGroup {
  int count = 0;
  int size = 0;
  double scale[2] = {0, 1};  // share of the image's area
};

// Field for field the CropPolicy of kernels/images.ts.
struct CropPolicy {
  std::vector<CropGroup> groups;
  double ratio[2] = {0.75, 4.0 / 3.0};  // width / height
  double flip = 0;
  double jitter = 0;
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;
  double grey = 0;
  double blur = 0;
  double blur_radius[2] = {0, 0};
  double region[4] = {0, 0, 1, 1};  // left, top, right, bottom as shares of the image
};

struct CropKey {
  uint64_t seed = 0;
  uint64_t image = 0;
  uint32_t epoch = 0;
};

// The region in pixels, at least one of them.
Box RegionOf(const double region[4], int width, int height);

// The plan of crop number `crop` (counted over all groups) of an image. Pure: nothing but its arguments matters.
void PlanCrop(const CropPolicy& policy, const CropGroup& group, const CropKey& key, int crop, int width, int height,
              ViewPlan* plan);

}  // namespace auspex::images
