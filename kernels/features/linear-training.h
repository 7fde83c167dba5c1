// Trains a linear classifier behind a batch normalisation on features that do not change (Sec. 4.2.5): SGD with Nesterov's momentum.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "products.h"

namespace auspex::features {

struct TrainingRows {
  // (count, width).
  const float* values;
  int64_t count, width, classes;
  // One class for each row, or where there are none, whether each class is present: (count, classes) of 1, 0, and -1 where nobody judged.
  const int32_t* labels;
  const int8_t* present;
};

struct TrainingSettings {
  double momentum, weight_decay, epsilon, moments_momentum;
  // Whether scales and shifts of the normalisation decay too, and whether the factors of products are rounded to bf16.
  bool decay_norm, bf16;
};

// Gradients of the weights come from products with normalised features, before scale and shift, and so do those of scale and shift:
// the gradient of the features, which would be a third product as large as the other two, is never made.
class LinearTraining {
 public:
  LinearTraining(const TrainingRows& rows, const TrainingSettings& settings);

  // One step for each batch of rows, in this order; the last may be smaller. Returns the mean loss of each batch.
  std::vector<double> Run(const int32_t* order, int64_t count, int64_t batch, float rate);

  // weight (width, classes).
  std::vector<float> weight, bias, scale, shift, running_mean, running_variance;

 private:
  void Normalize(const int32_t* batch, int64_t count);
  double Loss(const int32_t* batch, int64_t count);
  void Update(int64_t count, float rate);
  // By the product of its normalised features and the gradients of the scores, (classes).
  void UpdateChannel(int64_t channel, const float* product, float rate);

  const TrainingRows rows_;
  const TrainingSettings settings_;
  std::vector<float> weight_momentum_, bias_momentum_, scale_momentum_, shift_momentum_;
  // Of a batch: normalised features, the same scaled and shifted, scores that become their gradients, and the sums of those.
  std::vector<float> normalized_, scaled_, scores_, bias_gradient_;
  std::vector<double> losses_;
  const std::unique_ptr<Products> products_;
};

}  // namespace auspex::features
