#include "group-sums.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "../executor/parallel.h"

namespace auspex::features {

namespace {

constexpr int64_t kLanes = 4;
using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));

// Columns whose sums are held in registers.
constexpr int64_t kVectors = 8, kTile = kVectors * kLanes;

// The rows of each group that has any: those of groups[i] are rows[begins[i]] to rows[begins[i + 1] - 1], in their order.
struct Lists {
  Lists(int64_t count, const uint32_t* starts, const uint32_t* members, int64_t num_groups) : rows(starts[count] - starts[0]) {
    std::vector<uint32_t> next(num_groups);
    for (uint32_t m = starts[0]; m < starts[count]; ++m) ++next[members[m]];
    uint32_t before = 0;
    for (int64_t group = 0; group < num_groups; ++group) {
      const uint32_t its = next[group];
      next[group] = before;
      if (its == 0) continue;
      groups.push_back(static_cast<uint32_t>(group));
      begins.push_back(before);
      before += its;
    }
    begins.push_back(before);
    for (int64_t row = 0; row < count; ++row) {
      for (uint32_t m = starts[row]; m < starts[row + 1]; ++m) rows[next[members[m]]++] = static_cast<uint32_t>(row);
    }
  }

  std::vector<uint32_t> groups, begins, rows;
};

// Into the second cache.
template <typename T>
void Prefetch(const T* values, int64_t count) {
  constexpr int64_t kLine = 64 / sizeof(T);
  for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(values + i, 0, 2);
}

void AddRows(const float* values, int64_t width, const uint32_t* rows, uint32_t count, double* sums) {
  int64_t c = 0;
  for (; c + kTile <= width; c += kTile) {
    Doubles tile[kVectors];
    std::memcpy(tile, sums + c, sizeof tile);
    for (uint32_t r = 0; r < count; ++r) {
      const float* const from = values + rows[r] * width + c;
#pragma GCC unroll 8
      for (int64_t i = 0; i < kVectors; ++i) {
        Floats four;
        std::memcpy(&four, from + i * kLanes, sizeof four);
        tile[i] += __builtin_convertvector(four, Doubles);
      }
    }
    std::memcpy(sums + c, tile, sizeof tile);
  }
  for (; c < width; ++c) {
    for (uint32_t r = 0; r < count; ++r) sums[c] += static_cast<double>(values[rows[r] * width + c]);
  }
}

// Of a group of many rows the processor sees the next ones come.
constexpr uint32_t kRowsAhead = 8;
constexpr size_t kGroupsAhead = 2;

// Of the entries, handed out to whichever thread has time: reading and JavaScript want the processor too.
constexpr int kParts = 16;

}  // namespace

void AddToGroups(const float* values, int64_t count, int64_t width, const uint32_t* starts, const uint32_t* members, double* sums,
                 int64_t groups) {
  const Lists lists(count, starts, members, groups);
  const auto& begins = lists.begins;
  // The first group of those that begin at an entry or after it.
  const auto group_at = [&](int64_t entry) { return std::lower_bound(begins.begin(), begins.end() - 1, entry) - begins.begin(); };
  ForEach(kParts, [&](int64_t part) {
    const Range entries = Split(begins.back(), static_cast<int>(part), kParts);
    const size_t end = group_at(entries.end);
    for (size_t i = group_at(entries.begin); i < end; ++i) {
      if (const size_t soon = i + kGroupsAhead; soon < end) {
        Prefetch(sums + lists.groups[soon] * width, width);
        const uint32_t last = std::min(begins[soon + 1], begins[soon] + kRowsAhead);
        for (uint32_t r = begins[soon]; r < last; ++r) Prefetch(values + lists.rows[r] * width, width);
      }
      AddRows(values, width, lists.rows.data() + begins[i], begins[i + 1] - begins[i], sums + lists.groups[i] * width);
    }
  });
}

}  // namespace auspex::features
