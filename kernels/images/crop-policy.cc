#include "crop-policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "philox.h"

namespace auspex::images {
namespace {

constexpr int kTries = 10;

// Half to even, as Python rounds.
int Round(double value) { return static_cast<int>(std::nearbyint(value)); }

// torchvision's RandomResizedCrop: ten tries at an area and a ratio that fit, then the largest centred box whose ratio does.
Box RandomBox(const CropGroup& group, const double ratio[2], const Box& region, CropRandom* random) {
  const double area = static_cast<double>(region.width) * region.height;
  const double log_ratio[2] = {std::log(ratio[0]), std::log(ratio[1])};
  for (int attempt = 0; attempt < kTries; attempt++) {
    const double target = area * random->Between(group.scale[0], group.scale[1]);
    const double shape = std::exp(random->Between(log_ratio[0], log_ratio[1]));
    const int width = Round(std::sqrt(target * shape));
    const int height = Round(std::sqrt(target / shape));
    if (width < 1 || height < 1 || width > region.width || height > region.height) continue;
    const int top = random->Below(region.height - height + 1);
    const int left = random->Below(region.width - width + 1);
    return {region.top + top, region.left + left, height, width};
  }
  int width = region.width;
  int height = region.height;
  const double shape = static_cast<double>(width) / height;
  if (shape < ratio[0]) height = std::clamp(Round(width / ratio[0]), 1, region.height);
  if (shape > ratio[1]) width = std::clamp(Round(height * ratio[1]), 1, region.width);
  return {region.top + (region.height - height) / 2, region.left + (region.width - width) / 2, height, width};
}

// torchvision's ColorJitter: the four adjustments in random order, each by its own random amount.
void AddJitter(const CropPolicy& policy, CropRandom* random, std::vector<Step>* steps) {
  const auto factor = [&](double strength) { return random->Between(std::max(0.0, 1 - strength), 1 + strength); };
  Step jitter[4] = {
      {StepKind::kBrightness, factor(policy.brightness)},
      {StepKind::kContrast, factor(policy.contrast)},
      {StepKind::kSaturation, factor(policy.saturation)},
      {StepKind::kHue, random->Between(-policy.hue, policy.hue)},
  };
  for (int i = 3; i > 0; i--) std::swap(jitter[i], jitter[random->Below(i + 1)]);
  for (const Step& step : jitter) {
    const double neutral = step.kind == StepKind::kHue ? 0 : 1;  // what a strength of 0 gives
    if (step.amount != neutral) steps->push_back(step);
  }
}

}  // namespace

Box RegionOf(const double region[4], int width, int height) {
  const int left = std::clamp(Round(region[0] * width), 0, width - 1);
  const int top = std::clamp(Round(region[1] * height), 0, height - 1);
  const int right = std::clamp(Round(region[2] * width), left + 1, width);
  const int bottom = std::clamp(Round(region[3] * height), top + 1, height);
  return {top, left, bottom - top, right - left};
}

void PlanCrop(const CropPolicy& policy, const CropGroup& group, const CropKey& key, int crop, int width, int height,
              ViewPlan* plan) {
  CropRandom random(key.seed, key.epoch, key.image, static_cast<uint16_t>(crop));
  plan->steps.clear();
  plan->resize.box = RandomBox(group, policy.ratio, RegionOf(policy.region, width, height), &random);
  plan->resize.height = group.size;
  plan->resize.width = group.size;
  plan->resize.window = {0, 0, group.size, group.size};
  plan->resize.flip = random.Chance(policy.flip);
  if (random.Chance(policy.jitter)) AddJitter(policy, &random, &plan->steps);
  if (random.Chance(policy.grey)) plan->steps.push_back({StepKind::kGrey});
  if (random.Chance(policy.blur)) {
    plan->steps.push_back({StepKind::kBlur, random.Between(policy.blur_radius[0], policy.blur_radius[1])});
  }
}

}  // namespace auspex::images
