#include "linear-training.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "../executor/parallel.h"

namespace auspex::features {
namespace {

// e^x for x <= 0, to some units in the last place, in a form that loops over it turn into vectors: 2^n times a polynomial.
inline float Exponential(float x) {
  x = std::max(x, -87.0f);
  constexpr float kRounding = 12582912.0f;  // 1.5 * 2^23: what is added to it loses its fraction
  const float shifted = x * 1.44269504f + kRounding;
  const float n = shifted - kRounding;
  const float rest = (x - n * 0.693145752f) - n * 1.42860677e-6f;
  float sum = 1.98756912e-4f;
  for (const float coefficient : {1.39819994e-3f, 8.33345205e-3f, 4.16657962e-2f, 1.66666657e-1f, 0.5f, 1.0f, 1.0f}) sum = sum * rest + coefficient;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return sum * power;
}

// The loss of a row of scores, which become their gradients, divided by `total`.
double ClassLoss(float* scores, int64_t classes, int32_t label, float total) {
  float largest = scores[0];
#pragma omp simd reduction(max : largest)
  for (int64_t k = 0; k < classes; ++k) largest = std::max(largest, scores[k]);
  const float own = scores[label] - largest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t k = 0; k < classes; ++k) {
    scores[k] = Exponential(scores[k] - largest);
    sum += scores[k];
  }
  const float share = 1 / (sum * total);
  for (int64_t k = 0; k < classes; ++k) scores[k] *= share;
  scores[label] -= 1 / total;
  return std::log(static_cast<double>(sum)) - own;
}

// The same of a logistic loss for each class that was judged.
double SetLoss(float* scores, int64_t classes, const int8_t* present, float total) {
  double loss = 0;
  for (int64_t k = 0; k < classes; ++k) {
    const float score = scores[k];
    if (present[k] < 0) {
      scores[k] = 0;
      continue;
    }
    const float small = std::exp(-std::abs(score));
    loss += std::max(score, 0.0f) - score * present[k] + std::log1p(small);
    const float probability = score >= 0 ? 1 / (1 + small) : small / (1 + small);
    scores[k] = (probability - present[k]) / total;
  }
  return loss;
}

// gradient + decay, momentum, and a step in the direction that looks one step ahead.
inline void Step(float& value, float& velocity, float gradient, float decay, float momentum, float rate) {
  gradient += decay * value;
  velocity = momentum * velocity + gradient;
  value -= rate * (gradient + momentum * velocity);
}

}  // namespace

LinearTraining::LinearTraining(const TrainingRows& rows, const TrainingSettings& settings)
    : weight(rows.width * rows.classes),
      bias(rows.classes),
      scale(rows.width, 1),
      shift(rows.width),
      running_mean(rows.width),
      running_variance(rows.width, 1),
      rows_(rows),
      settings_(settings),
      weight_momentum_(weight.size()),
      bias_momentum_(bias.size()),
      scale_momentum_(scale.size()),
      shift_momentum_(shift.size()),
      bias_gradient_(bias.size()),
      products_(MakeProducts(settings.bf16)) {}

std::vector<double> LinearTraining::Run(const int32_t* order, int64_t count, int64_t batch, float rate) {
  std::vector<double> losses;
  const int64_t largest = std::min(batch, count);
  normalized_.resize(largest * rows_.width);
  scaled_.resize(normalized_.size());
  scores_.resize(largest * rows_.classes);
  losses_.resize(largest);
  for (int64_t first = 0; first < count; first += batch) {
    const int64_t rows = std::min(batch, count - first);
    Normalize(order + first, rows);
    products_->Multiply(scaled_.data(), weight.data(), scores_.data(), rows, rows_.width, rows_.classes);
    losses.push_back(Loss(order + first, rows));
    Update(rows, rate);
  }
  return losses;
}

void LinearTraining::Normalize(const int32_t* batch, int64_t count) {
  const int64_t width = rows_.width;
  ForRanges(width, 16, [&](int64_t begin, int64_t end) {
    const int64_t channels = end - begin;
    std::vector<double> mean(channels), squares(channels);
    std::vector<float> centre(channels), factor(channels);
    for (int64_t n = 0; n < count; ++n) {
      const float* const row = rows_.values + batch[n] * width + begin;
      for (int64_t c = 0; c < channels; ++c) mean[c] += row[c];
    }
    for (double& sum : mean) sum /= static_cast<double>(count);
    for (int64_t n = 0; n < count; ++n) {
      const float* const row = rows_.values + batch[n] * width + begin;
      for (int64_t c = 0; c < channels; ++c) squares[c] += (row[c] - mean[c]) * (row[c] - mean[c]);
    }
    const auto change = static_cast<float>(settings_.moments_momentum);
    for (int64_t c = 0; c < channels; ++c) {
      const double variance = squares[c] / static_cast<double>(count);
      centre[c] = static_cast<float>(mean[c]);
      factor[c] = static_cast<float>(1 / std::sqrt(variance + settings_.epsilon));
      const auto unbiased = static_cast<float>(squares[c] / static_cast<double>(std::max<int64_t>(1, count - 1)));
      running_mean[begin + c] += change * (centre[c] - running_mean[begin + c]);
      running_variance[begin + c] += change * (unbiased - running_variance[begin + c]);
    }
    for (int64_t n = 0; n < count; ++n) {
      const float* const row = rows_.values + batch[n] * width + begin;
      float *const normalized = normalized_.data() + n * width + begin, *const scaled = scaled_.data() + n * width + begin;
#pragma omp simd
      for (int64_t c = 0; c < channels; ++c) {
        normalized[c] = (row[c] - centre[c]) * factor[c];
        scaled[c] = normalized[c] * scale[begin + c] + shift[begin + c];
      }
    }
  });
}

double LinearTraining::Loss(const int32_t* batch, int64_t count) {
  const int64_t classes = rows_.classes;
  double total = static_cast<double>(count);
  if (rows_.labels == nullptr) {
    total = 0;
    for (int64_t n = 0; n < count; ++n) {
      const int8_t* const present = rows_.present + batch[n] * classes;
      total += static_cast<double>(std::count_if(present, present + classes, [](int8_t value) { return value >= 0; }));
    }
    total = std::max(total, 1.0);
  }
  ForRanges(count, 8, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      float* const scores = scores_.data() + n * classes;
      for (int64_t k = 0; k < classes; ++k) scores[k] += bias[k];
      losses_[n] = rows_.labels != nullptr
                       ? ClassLoss(scores, classes, rows_.labels[batch[n]], static_cast<float>(total))
                       : SetLoss(scores, classes, rows_.present + batch[n] * classes, static_cast<float>(total));
    }
  });
  ForRanges(classes, 64, [&](int64_t begin, int64_t end) {
    std::fill(bias_gradient_.begin() + begin, bias_gradient_.begin() + end, 0.0f);
    for (int64_t n = 0; n < count; ++n) {
      for (int64_t k = begin; k < end; ++k) bias_gradient_[k] += scores_[n * classes + k];
    }
  });
  return std::accumulate(losses_.begin(), losses_.begin() + count, 0.0) / total;
}

void LinearTraining::Update(int64_t count, float rate) {
  products_->MultiplyTransposed(normalized_.data(), scores_.data(), rows_.width, count, rows_.classes,
                                [&](int64_t channel, const float* product) { UpdateChannel(channel, product, rate); });
  const auto momentum = static_cast<float>(settings_.momentum), decay = static_cast<float>(settings_.weight_decay);
  for (int64_t k = 0; k < rows_.classes; ++k) Step(bias[k], bias_momentum_[k], bias_gradient_[k], decay, momentum, rate);
}

void LinearTraining::UpdateChannel(int64_t channel, const float* product, float rate) {
  const int64_t classes = rows_.classes;
  const auto momentum = static_cast<float>(settings_.momentum), decay = static_cast<float>(settings_.weight_decay);
  float *const w = weight.data() + channel * classes, *const velocity = weight_momentum_.data() + channel * classes;
  const float* const sums = bias_gradient_.data();
  const float own_scale = scale[channel], own_shift = shift[channel];
  float scale_gradient = 0, shift_gradient = 0;
#pragma omp simd reduction(+ : scale_gradient, shift_gradient)
  for (int64_t k = 0; k < classes; ++k) {
    scale_gradient += w[k] * product[k];
    shift_gradient += w[k] * sums[k];
    Step(w[k], velocity[k], own_scale * product[k] + own_shift * sums[k], decay, momentum, rate);
  }
  const float norm_decay = settings_.decay_norm ? decay : 0;
  Step(scale[channel], scale_momentum_[channel], scale_gradient, norm_decay, momentum, rate);
  Step(shift[channel], shift_momentum_[channel], shift_gradient, norm_decay, momentum, rate);
}

}  // namespace auspex::features
