#include "neighbours.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "../executor/parallel.h"

namespace auspex::features {
namespace {

// A product of so many queries and rows at a time: its scores stay in the last cache.
constexpr int64_t kQueries = 512, kRows = 2048;

double Dot(const float* left, const float* right, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(left[i]) * static_cast<double>(right[i]);
  return sum;
}

double Inverse(double norm) { return norm > 0 ? 1 / norm : 0; }

// Of a product of `width` terms added in f32 in any order, relative to the product of the norms (Higham, 2002, Sec. 3.1); and of
// factors that were rounded to bf16.
double RelativeError(int64_t width, bool bf16) { return 1.01 * (static_cast<double>(width + 16) * 0x1p-24 + (bf16 ? 0x1p-8 : 0)); }

// Where more than this share of rows is left, f32 is the quicker: a product in f64 takes several times as long as one in f32. At
// first much is left in any case, until so many times k rows have been seen.
constexpr double kMuch = 0.1;
constexpr int64_t kSeen = 50;

}  // namespace

NeighbourSearch::NeighbourSearch(const float* queries, int64_t count, int64_t width, int64_t k, bool cosine, bool bf16)
    : indices(count * k, -1),
      similarities(count * k, -std::numeric_limits<double>::infinity()),
      queries_(queries),
      count_(count),
      width_(width),
      k_(k),
      cosine_(cosine),
      query_norms_(count),
      bf16_(bf16) {
  for (int64_t query = 0; query < count; ++query) {
    query_norms_[query] = std::sqrt(Dot(queries + query * width, queries + query * width, width));
  }
  if (bf16) rounded_queries_.Of(queries, count * width);
}

void NeighbourSearch::Add(const float* block, int64_t count) {
  for (int64_t first = 0; first < count; first += kRows) AddPart(block + first * width_, std::min(kRows, count - first));
}

void NeighbourSearch::AddPart(const float* rows, int64_t count) {
  row_factors_.resize(count);
  factors_.resize(count);
  bounds_.resize(count);
  ForRanges(count, 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const double norm = std::sqrt(Dot(rows + row * width_, rows + row * width_, width_));
      row_factors_[row] = cosine_ ? Inverse(norm) : 1;
      factors_[row] = static_cast<float>(row_factors_[row]);
      bounds_[row] = static_cast<float>(norm * row_factors_[row]);
    }
  });
  scores_.resize(std::min(kQueries, count_) * count);
  const Bf16* const rounded = bf16_ ? rounded_rows_.Of(rows, count * width_) : nullptr;
  std::atomic<int64_t> left{0};
  for (int64_t first = 0; first < count_; first += kQueries) {
    const int64_t queries = std::min(kQueries, count_ - first);
    if (bf16_) product_in_bf16_.Run({rounded_queries_.data() + first * width_, width_}, {rounded, width_, true}, scores_.data(), queries, width_, count);
    else product_.Run({queries_ + first * width_, width_}, {rows, width_, true}, scores_.data(), queries, width_, count);
    ForEach(queries, [&](int64_t query) { left += Rank(first + query, scores_.data() + query * count, rows, count); });
  }
  if (rows_ >= kSeen * k_ && static_cast<double>(left) > kMuch * static_cast<double>(count_ * count)) bf16_ = false;
  rows_ += count;
}

int64_t NeighbourSearch::Rank(int64_t query, const float* scores, const float* rows, int64_t count) {
  const double query_factor = cosine_ ? Inverse(query_norms_[query]) : 1;
  const auto error = static_cast<float>(RelativeError(width_, bf16_) * query_norms_[query]);
  const double& furthest = similarities[(query + 1) * k_ - 1];
  // Similarities without the factor of the query, which is the same for all. A query of zeros is as similar to one row as to another.
  const auto least = [&] { return static_cast<float>(query_factor > 0 ? furthest / query_factor : -std::numeric_limits<double>::infinity()); };
  constexpr int64_t kAtOnce = 32;
  float threshold = least();
  int64_t left = 0;
  for (int64_t first = 0; first < count; first += kAtOnce) {
    const int64_t last = std::min(first + kAtOnce, count);
    // Whatever is not surely below: an overflow that left no number, too.
    int passed = 0;
#pragma omp simd reduction(+ : passed)
    for (int64_t row = first; row < last; ++row) passed += scores[row] * factors_[row] + error * bounds_[row] < threshold ? 0 : 1;
    if (passed == 0) continue;
    for (int64_t row = first; row < last; ++row) {
      if (scores[row] * factors_[row] + error * bounds_[row] < threshold) continue;
      const double product = Dot(queries_ + query * width_, rows + row * width_, width_);
      Insert(query, static_cast<int32_t>(rows_ + row), product * query_factor * row_factors_[row]);
      threshold = least();
      ++left;
    }
  }
  return left;
}

// Almost every row fails the first comparison, so a sorted list beats a heap. Rows come in order, so that ties go to the lower.
void NeighbourSearch::Insert(int64_t query, int32_t row, double similarity) {
  double* const nearest = similarities.data() + query * k_;
  if (!(similarity > nearest[k_ - 1])) return;
  const int64_t slot = std::upper_bound(nearest, nearest + k_, similarity, std::greater<double>()) - nearest;
  std::move_backward(nearest + slot, nearest + k_ - 1, nearest + k_);
  int32_t* const rows = indices.data() + query * k_;
  std::move_backward(rows + slot, rows + k_ - 1, rows + k_);
  nearest[slot] = similarity;
  rows[slot] = row;
}

}  // namespace auspex::features
