#include "group-sums.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "../executor/parallel.h"

namespace auspex::features {

namespace {

// Of the rows that are taken together: a thread's columns of them stay in its second cache.
constexpr int64_t kBlockBytes = 512 * 1024;

constexpr int64_t kLanes = 4;
using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));

// Columns whose sums are held in registers.
constexpr int64_t kVectors = 8, kTile = kVectors * kLanes;

struct Rows {
  const float* values;
  int64_t width;
  Range columns;
};

// The rows of each group among some rows, in their order, as linked lists.
class Lists {
 public:
  explicit Lists(int64_t groups) : first_(groups, kNone) {}

  // Calls body(group, rows) for each group that has any of the rows begin to end.
  template <typename Body>
  void Visit(int64_t begin, int64_t end, const uint32_t* starts, const uint32_t* members, const Body& body) {
    const uint32_t base = starts[begin];
    entries_.resize(starts[end] - base);
    for (int64_t row = end; row-- > begin;) {
      for (uint32_t m = starts[row + 1]; m-- > starts[row];) {
        int32_t& first = first_[members[m]];
        if (first == kNone) groups_.push_back(members[m]);
        entries_[m - base] = {row, first};
        first = static_cast<int32_t>(m - base);
      }
    }
    for (const uint32_t group : groups_) {
      rows_.clear();
      for (int32_t entry = first_[group]; entry != kNone; entry = entries_[entry].next) rows_.push_back(entries_[entry].row);
      first_[group] = kNone;
      body(group, rows_);
    }
    groups_.clear();
  }

 private:
  static constexpr int32_t kNone = -1;
  struct Entry {
    int64_t row;
    int32_t next;
  };
  std::vector<int32_t> first_;
  std::vector<Entry> entries_;
  std::vector<uint32_t> groups_;
  std::vector<int64_t> rows_;
};

void AddRows(const Rows& from, const std::vector<int64_t>& rows, double* sums) {
  int64_t c = from.columns.begin;
  for (; c + kTile <= from.columns.end; c += kTile) {
    Doubles tile[kVectors];
    std::memcpy(tile, sums + c, sizeof tile);
    for (const int64_t row : rows) {
      const float* const values = from.values + row * from.width + c;
#pragma GCC unroll 8
      for (int64_t i = 0; i < kVectors; ++i) {
        Floats four;
        std::memcpy(&four, values + i * kLanes, sizeof four);
        tile[i] += __builtin_convertvector(four, Doubles);
      }
    }
    std::memcpy(sums + c, tile, sizeof tile);
  }
  for (; c < from.columns.end; ++c) {
    for (const int64_t row : rows) sums[c] += static_cast<double>(from.values[row * from.width + c]);
  }
}

}  // namespace

void AddToGroups(const float* rows, int64_t count, int64_t width, const uint32_t* starts, const uint32_t* members, double* sums,
                 int64_t groups) {
  // Eight doubles are one line of the cache.
  OnEachThread([&](int thread, int threads) {
    const Rows from{rows, width, Split(width, thread, threads, 8)};
    const int64_t columns = from.columns.end - from.columns.begin;
    if (columns == 0) return;
    const int64_t block = std::max<int64_t>(1, kBlockBytes / static_cast<int64_t>(sizeof(float)) / columns);
    Lists lists(groups);
    for (int64_t begin = 0; begin < count; begin += block) {
      lists.Visit(begin, std::min(begin + block, count), starts, members,
                  [&](uint32_t group, const std::vector<int64_t>& its) { AddRows(from, its, sums + group * width); });
    }
  });
}

}  // namespace auspex::features
