#include "views.h"

namespace auspex::images {

void ViewRenderer::Render(const ImageView& image, const ViewPlan& plan, uint8_t* output) {
  resizer_.Run(image, plan.resize, output);
  Apply(plan.steps, plan.resize.window.width, plan.resize.window.height, output);
}

void ViewRenderer::Apply(const std::vector<Step>& steps, int width, int height, uint8_t* rgb) {
  if (steps.empty()) return;
  const size_t count = static_cast<size_t>(width) * height;
  uint8_t* planes = planes_.Reserve(3 * count);
  const Planes image = {planes, planes + count, planes + 2 * count, width, height};
  Deinterleave(rgb, image);
  for (const Step& step : steps) {
    switch (step.kind) {
      case StepKind::kFlip:
        FlipHorizontally(image);
        break;
      case StepKind::kBrightness:
        AdjustBrightness(image, static_cast<float>(step.amount));
        break;
      case StepKind::kContrast:
        AdjustContrast(image, static_cast<float>(step.amount));
        break;
      case StepKind::kSaturation:
        AdjustSaturation(image, static_cast<float>(step.amount));
        break;
      case StepKind::kHue:
        AdjustHue(image, step.amount);
        break;
      case StepKind::kGrey:
        MakeGrey(image);
        break;
      case StepKind::kBlur:
        blur_.Run(image, static_cast<float>(step.amount));
        break;
    }
  }
  Interleave(image, rgb);
}

}  // namespace auspex::images
