#include "support-vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace auspex::features {
namespace {

double Dot(const float* row, const double* w, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += row[i] * w[i];
  return sum;
}

class Descent {
 public:
  explicit Descent(const SupportVectorProblem& problem) : problem_(problem), w_(problem.width + 1), multipliers_(problem.count), squares_(problem.count) {
    for (int64_t i = 0; i < problem.count; ++i) {
      if (problem.targets[i] == 0) continue;
      used_.push_back(i);
      const float* const row = problem.rows + i * problem.width;
      // The bias is the weight of one more feature, which is 1.
      squares_[i] = 1;
      for (int64_t c = 0; c < problem.width; ++c) squares_[i] += static_cast<double>(row[c]) * row[c];
    }
  }

  const std::vector<double>& Fit(double cost) {
    std::vector<int64_t> active = used_;
    for (int64_t pass = 0; pass < problem_.maximum_passes && !active.empty(); ++pass) {
      const double spread = Pass(cost, active);
      if (spread > problem_.tolerance) continue;
      if (active.size() == used_.size()) break;
      // What was set aside may have come to matter: once more with all of them.
      active = used_;
      highest_ = std::numeric_limits<double>::infinity();
    }
    highest_ = std::numeric_limits<double>::infinity();
    return w_;
  }

 private:
  // Visits the active rows in a random order and sets aside those whose multiplier is sure to stay 0. Returns how far apart gradients are.
  double Pass(double cost, std::vector<int64_t>& active) {
    for (size_t i = active.size() - 1; i > 0; --i) std::swap(active[i], active[random_() % (i + 1)]);
    double high = -std::numeric_limits<double>::infinity(), low = std::numeric_limits<double>::infinity();
    const auto rests = [&](int64_t i) {
      const double target = problem_.targets[i];
      const double diagonal = 0.5 / (cost * (target > 0 ? problem_.positive_weight : 1));
      const float* const row = problem_.rows + i * problem_.width;
      double& multiplier = multipliers_[i];
      const double gradient = target * (Dot(row, w_.data(), problem_.width) + w_.back()) - 1 + diagonal * multiplier;
      if (multiplier == 0 && gradient > highest_) return true;
      const double projected = multiplier == 0 ? std::min(gradient, 0.0) : gradient;
      high = std::max(high, projected);
      low = std::min(low, projected);
      if (std::abs(projected) < 1e-12) return false;
      const double before = multiplier;
      multiplier = std::max(before - gradient / (squares_[i] + diagonal), 0.0);
      const double change = (multiplier - before) * target;
      double* const w = w_.data();
#pragma omp simd
      for (int64_t c = 0; c < problem_.width; ++c) w[c] += change * row[c];
      w_.back() += change;
      return false;
    };
    active.erase(std::remove_if(active.begin(), active.end(), rests), active.end());
    highest_ = high > 0 ? high : std::numeric_limits<double>::infinity();
    return active.empty() ? 0 : high - low;
  }

  const SupportVectorProblem& problem_;
  std::vector<double> w_, multipliers_, squares_;
  std::vector<int64_t> used_;
  // The same on every machine and for every problem.
  std::mt19937_64 random_{0};
  // A gradient above it sets a row aside.
  double highest_ = std::numeric_limits<double>::infinity();
};

}  // namespace

void FitSupportVectors(const SupportVectorProblem& problem, const std::vector<double>& costs, float* solutions) {
  Descent descent(problem);
  for (const double cost : costs) {
    const std::vector<double>& w = descent.Fit(cost);
    std::copy(w.begin(), w.end(), solutions);
    solutions += w.size();
  }
}

}  // namespace auspex::features
