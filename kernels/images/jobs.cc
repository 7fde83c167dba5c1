#include "jobs.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace auspex::images {

void ImageJob::RunItem(size_t item, Workspace* workspace) noexcept {
  try {
    ImageView image;
    Failure failure = workspace->reader.Read(inputs_[item], limits_, &image);
    if (!failure) failure = Process(item, image, workspace);
    failures[item] = std::move(failure);
    workspace->reader.Shrink();
    workspace->renderer.Shrink();
  } catch (const std::exception& error) {
    // Only allocations throw here, and the text of this one needs none.
    failures[item].code = "OUT_OF_MEMORY";
  }
}

Failure CropJob::Process(size_t item, const ImageView& image, Workspace* workspace) {
  const CropKey key = {seed, images[item], epoch};
  ViewPlan plan;
  int crop = 0;
  for (size_t g = 0; g < policy.groups.size(); g++) {
    const CropGroup& group = policy.groups[g];
    const size_t bytes = static_cast<size_t>(group.size) * group.size * 3;
    for (int c = 0; c < group.count; c++, crop++) {
      PlanCrop(policy, group, key, crop, image.width, image.height, &plan);
      workspace->renderer.Render(image, plan, outputs[g] + (c * batch + rows[item]) * bytes);
    }
  }
  return {};
}

Failure EvaluationJob::Process(size_t item, const ImageView& image, Workspace* workspace) {
  ViewPlan plan;
  const Box box = RegionOf(region, image.width, image.height);
  plan.resize.box = box;
  // As torchvision's Resize: the longer side is truncated; and its CenterCrop rounds half to even.
  const int64_t longer = static_cast<int64_t>(static_cast<double>(short_side) * std::max(box.width, box.height) /
                                              std::min(box.width, box.height));
  const int long_side = static_cast<int>(std::min<int64_t>(longer, int64_t{1} << 30));
  plan.resize.width = box.width <= box.height ? short_side : long_side;
  plan.resize.height = box.width <= box.height ? long_side : short_side;
  plan.resize.window = {static_cast<int>(std::nearbyint((plan.resize.height - size) / 2.0)),
                        static_cast<int>(std::nearbyint((plan.resize.width - size) / 2.0)), size, size};
  if (grey) plan.steps.push_back({StepKind::kGrey});
  workspace->renderer.Render(image, plan, output + item * static_cast<size_t>(size) * size * 3);
  return {};
}

Failure ViewJob::Process(size_t item, const ImageView& image, Workspace* workspace) {
  for (const View& view : views[item]) {
    const Box& box = view.plan.resize.box;
    if (box.top > image.height - box.height || box.left > image.width - box.width) {
      return {"BOX_OUTSIDE", "a box of " + std::to_string(box.width) + " x " + std::to_string(box.height) + " at (" +
                                 std::to_string(box.left) + ", " + std::to_string(box.top) + ") in an image of " +
                                 std::to_string(image.width) + " x " + std::to_string(image.height)};
    }
    workspace->renderer.Render(image, view.plan, view.output);
  }
  return {};
}

Failure DecodeJob::Process(size_t item, const ImageView& image, Workspace*) {
  const size_t bytes = static_cast<size_t>(image.width) * image.height * 3;
  uint8_t* pixels = static_cast<uint8_t*>(std::malloc(bytes));
  if (!pixels) throw std::bad_alloc();
  std::memcpy(pixels, image.data, bytes);
  decoded[item].pixels.reset(pixels);
  decoded[item].width = image.width;
  decoded[item].height = image.height;
  return {};
}

}  // namespace auspex::images
