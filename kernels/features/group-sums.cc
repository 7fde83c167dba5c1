#include "group-sums.h"

#include "../executor/parallel.h"

namespace auspex::features {

void AddToGroups(const float* rows, int64_t count, int64_t width, const uint32_t* starts, const uint32_t* members, double* sums) {
  // Eight doubles are one line of the cache.
  OnEachThread([&](int thread, int threads) {
    const Range columns = Split(width, thread, threads, 8);
    for (int64_t i = 0; i < count; ++i) {
      const float* const row = rows + i * width;
      for (uint32_t m = starts[i]; m < starts[i + 1]; ++m) {
        double* const sum = sums + static_cast<int64_t>(members[m]) * width;
#pragma omp simd
        for (int64_t c = columns.begin; c < columns.end; ++c) sum[c] += static_cast<double>(row[c]);
      }
    }
  });
}

}  // namespace auspex::features
