// A view is one picture made from a decoded image: a box of it, resized, perhaps flipped and recoloured.
#pragma once
#include <cstdint>
#include <vector>

#include "blur.h"
#include "image.h"
#include "resize.h"

namespace auspex::images {

enum class StepKind { kFlip, kBrightness, kContrast, kSaturation, kHue, kGrey, kBlur };

struct Step {
  StepKind kind;
  double amount = 0;  // factor, turn of the hue, or radius in pixels
};

struct ViewPlan {
  ResizePlan resize;
  std::vector<Step> steps;
};

// Renders views; holds the buffers of one thread.
class ViewRenderer {
 public:
  // Writes (window.height, window.width, 3).
  void Render(const ImageView& image, const ViewPlan& plan, uint8_t* output);
  // In place on (height, width, 3).
  void Apply(const std::vector<Step>& steps, int width, int height, uint8_t* rgb);
  void Shrink() { planes_.ShrinkAbove(kLargePlanes); }

 private:
  static constexpr size_t kLargePlanes = size_t{1} << 24;

  Resizer resizer_;
  Blur blur_;
  Scratch<uint8_t> planes_;
};

}  // namespace auspex::images
