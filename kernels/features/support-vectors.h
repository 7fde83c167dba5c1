// Linear support vector machines of two classes, by dual coordinate descent (Hsieh et al., 2008).
#pragma once
#include <cstdint>
#include <vector>

namespace auspex::features {

struct SupportVectorProblem {
  // (count, width).
  const float* rows;
  int64_t count, width;
  // 1 and -1, or 0 for rows that are left out.
  const int8_t* targets;
  // How much more a row of target 1 costs than one of -1.
  double positive_weight;
  // Ends when no coordinate's gradient exceeds another's by more.
  double tolerance;
  int64_t maximum_passes;
};

// Minimises |w|^2 / 2 + cost * sum of weight * max(0, 1 - target * (w row + bias))^2; the bias belongs to w. Each cost, in this order,
// begins where the one before ended. Writes (costs, width + 1), the bias last.
void FitSupportVectors(const SupportVectorProblem& problem, const std::vector<double>& costs, float* solutions);

}  // namespace auspex::features
