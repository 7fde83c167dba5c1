#include "descent.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "../executor/parallel.h"

namespace auspex::tsne {
namespace {

constexpr double kGrowth = 0.2, kShrinkage = 0.8, kLeastGain = 0.01;

// Fewer points than this are dealt with by one thread before several have come together.
constexpr int64_t kFew = 600;

}  // namespace

Descent::Descent(Affinities affinities, const double* initial, int64_t count, bool exact)
    : points(initial, initial + 2 * count),
      count_(count),
      affinities_(std::move(affinities)),
      places_(2 * count),
      pushes_(2 * count),
      gradients_(2 * count) {
  if (exact) repulsion_ = std::make_unique<ExactRepulsion>();
  else repulsion_ = std::make_unique<GridRepulsion>();
  for (const float value : affinities_.values) {
    if (value > 0) negative_entropy_ += static_cast<double>(value) * std::log(static_cast<double>(value));
  }
  Restart();
}

void Descent::Restart() {
  velocities_.assign(2 * count_, 0.0);
  gains_.assign(2 * count_, 1.0);
}

DescentReport Descent::Run(int64_t iterations, const DescentSettings& settings) {
  if (count_ < kFew) omp_set_num_threads(1);
  DescentReport report{};
  for (int64_t iteration = 0; iteration < iterations; ++iteration) {
    const bool last = iteration == iterations - 1;
    report.divergence = Gradient(settings.exaggeration, last);
    if (last) {
      double squares = 0;
      for (const double value : gradients_) squares += value * value;
      report.gradient_norm = std::sqrt(squares);
    }
    double middle[2] = {0, 0};
    for (int64_t i = 0; i < 2 * count_; ++i) {
      const bool steady = velocities_[i] * gradients_[i] < 0;  // on its way down
      gains_[i] = std::max(kLeastGain, steady ? gains_[i] + kGrowth : gains_[i] * kShrinkage);
      velocities_[i] = settings.momentum * velocities_[i] - settings.learning_rate * gains_[i] * gradients_[i];
      points[i] += velocities_[i];
      middle[i % 2] += points[i];
    }
    // Only distances count; around the origin they are known best.
    for (double& part : middle) part /= static_cast<double>(count_);
    if (!std::isfinite(middle[0] + middle[1])) throw std::runtime_error("the map has diverged");
    for (int64_t i = 0; i < 2 * count_; ++i) points[i] -= middle[i % 2];
  }
  return report;
}

double Descent::Gradient(double exaggeration, bool wanted) {
  for (int64_t i = 0; i < 2 * count_; ++i) places_[i] = static_cast<float>(points[i]);
  const double sum = repulsion_->Of(places_.data(), count_, pushes_.data());
  const double share = 1 / (2 * sum);
  std::vector<double> logarithms(omp_get_max_threads(), 0.0);
  OnEachThread([&](int thread, int threads) {
    const Range range = Split(count_, thread, threads);
    double weighted = 0;
    for (int64_t i = range.begin; i < range.end; ++i) {
      const float x = places_[2 * i], y = places_[2 * i + 1];
      const int64_t begin = affinities_.starts[i], end = affinities_.starts[i + 1];
      const int32_t* const neighbours = affinities_.neighbours.data();
      const float* const values = affinities_.values.data();
      const float* const places = places_.data();
      float pull_x = 0, pull_y = 0;
#pragma omp simd reduction(+ : pull_x, pull_y)
      for (int64_t e = begin; e < end; ++e) {
        const float dx = x - places[2 * neighbours[e]], dy = y - places[2 * neighbours[e] + 1];
        const float pull = values[e] / (1 + dx * dx + dy * dy);
        pull_x += pull * dx;
        pull_y += pull * dy;
      }
      gradients_[2 * i] = 4 * (exaggeration * pull_x + share * pushes_[2 * i]);
      gradients_[2 * i + 1] = 4 * (exaggeration * pull_y + share * pushes_[2 * i + 1]);
      if (!wanted) continue;
      for (int64_t e = begin; e < end; ++e) {
        const double dx = x - places[2 * neighbours[e]], dy = y - places[2 * neighbours[e] + 1];
        weighted += static_cast<double>(values[e]) * std::log1p(dx * dx + dy * dy);
      }
    }
    logarithms[thread] = weighted;
  });
  if (!wanted) return 0;
  double weighted = 0;
  for (const double part : logarithms) weighted += part;
  return negative_entropy_ + weighted + std::log(sum);
}

}  // namespace auspex::tsne
