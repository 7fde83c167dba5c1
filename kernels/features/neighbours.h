// The most similar rows of a database that comes block after block, for all queries at once.
#pragma once
#include <cstdint>
#include <vector>

#include "product.h"

namespace auspex::features {

// Exact: products in bf16 or f32 sort out what cannot be among the nearest, by a bound of their rounding error; what is left is
// multiplied in f64, and ordered by that and then by row. Memory: k neighbours, a norm and a copy in bf16 of each query,
// and the scores of some rows.
class NeighbourSearch {
 public:
  // The queries, (count, width), must stay where they are. `cosine` divides products by the norms of both rows. `bf16` sorts out in
  // bf16 while that leaves little.
  NeighbourSearch(const float* queries, int64_t count, int64_t width, int64_t k, bool cosine, bool bf16);

  // The next rows of the database.
  void Add(const float* block, int64_t count);

  // (count, k), the most similar first; -1 and -infinity where there were fewer rows.
  std::vector<int32_t> indices;
  std::vector<double> similarities;

 private:
  void AddPart(const float* rows, int64_t count);
  // Returns how many rows were multiplied in f64.
  int64_t Rank(int64_t query, const float* scores, const float* rows, int64_t count);
  void Insert(int64_t query, int32_t row, double similarity);

  const float* const queries_;
  const int64_t count_, width_, k_;
  const bool cosine_;
  std::vector<double> query_norms_;
  // Of the rows of a part: norms, what similarities are multiplied by, and norm times that, which bounds the error.
  std::vector<double> row_factors_;
  std::vector<float> factors_, bounds_;
  std::vector<float> scores_;
  Product product_{false}, product_in_bf16_{true};
  Rounded rounded_queries_, rounded_rows_;
  bool bf16_;
  int64_t rows_ = 0;
};

}  // namespace auspex::features
