#include "affinities.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "../executor/parallel.h"

namespace auspex::tsne {
namespace {

constexpr int kSteps = 100;
constexpr double kTolerance = 1e-5;

// Probabilities of the neighbours of one point, by bisection of the Gaussian's precision.
void Conditional(const double* distances, int64_t k, double perplexity, double* probabilities) {
  const double wanted = std::log(perplexity), nearest = *std::min_element(distances, distances + k);
  double precision = 1, low = 0, high = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kSteps; ++step) {
    double sum = 0, weighted = 0;
    for (int64_t j = 0; j < k; ++j) {
      const double distance = distances[j] - nearest;
      probabilities[j] = std::exp(-distance * precision);
      sum += probabilities[j];
      weighted += distance * probabilities[j];
    }
    for (int64_t j = 0; j < k; ++j) probabilities[j] /= sum;
    const double surplus = std::log(sum) + precision * weighted / sum - wanted;
    if (std::abs(surplus) <= kTolerance) return;
    (surplus > 0 ? low : high) = precision;
    precision = std::isinf(high) ? 2 * precision : (low + high) / 2;
  }
}

}  // namespace

Affinities AffinitiesOf(const int32_t* neighbours, const double* distances, int64_t count, int64_t k, double perplexity) {
  using Entry = std::pair<int32_t, double>;
  std::vector<Entry> own(count * k);
  ForRanges(count, 16, [&](int64_t begin, int64_t end) {
    std::vector<double> probabilities(k);
    for (int64_t i = begin; i < end; ++i) {
      Conditional(distances + i * k, k, perplexity, probabilities.data());
      for (int64_t j = 0; j < k; ++j) own[i * k + j] = {neighbours[i * k + j], probabilities[j]};
      std::sort(own.begin() + i * k, own.begin() + (i + 1) * k);
    }
  });
  // The same seen from the neighbours; rows come in order, so that each list is sorted.
  std::vector<int64_t> starts(count + 1, 0);
  for (const Entry& entry : own) ++starts[entry.first + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<Entry> others(own.size());
  std::vector<int64_t> next(starts.begin(), starts.end() - 1);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < k; ++j) others[next[own[i * k + j].first]++] = {static_cast<int32_t>(i), own[i * k + j].second};
  }

  Affinities result;
  result.starts.assign(1, 0);
  result.neighbours.reserve(2 * own.size());
  result.values.reserve(2 * own.size());
  const double share = 1 / (2 * static_cast<double>(count));
  for (int64_t i = 0; i < count; ++i) {
    auto left = own.begin() + i * k;
    const auto left_end = left + k;
    auto right = others.begin() + starts[i];
    const auto right_end = others.begin() + starts[i + 1];
    while (left != left_end || right != right_end) {
      const int32_t column = std::min(left == left_end ? std::numeric_limits<int32_t>::max() : left->first,
                                      right == right_end ? std::numeric_limits<int32_t>::max() : right->first);
      double value = 0;
      if (left != left_end && left->first == column) value += (left++)->second;
      if (right != right_end && right->first == column) value += (right++)->second;
      result.neighbours.push_back(column);
      result.values.push_back(static_cast<float>(value * share));
    }
    result.starts.push_back(static_cast<int64_t>(result.neighbours.size()));
  }
  return result;
}

}  // namespace auspex::tsne
