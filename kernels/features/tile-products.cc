// Products on tiles. The right factor is packed in pairs of rows, the left one as rows; a factor in f32 is packed twice, as its high and its low
// part, and the product is high x high + low x high + high x low: what the low parts would add to each other is below what they keep.
#include <algorithm>
#include <numeric>
#include <vector>

#include "../executor/parallel.h"
#include "../executor/tiles/has-tiles.h"
#include "../executor/tiles/pack.h"
#include "products.h"

namespace auspex::features {
namespace {

using namespace tiles;  // NOLINT: the vocabulary of all that follows

// Columns of the product and rows of the right factor that are packed at a time, and rows of the transposed product that are made at a
// time: with the left factor and the sums they stay in a core's own cache.
constexpr int64_t kColumns = 16 * kTile, kStretch = 16 * kDepth, kRows = 8 * kTile;

// Packed matrices are aligned as tiles want them.
class Packed {
 public:
  Bf16* Resize(int64_t count) {
    if (static_cast<int64_t>(memory_.size()) < count + kTileElements) memory_.resize(count + kTileElements);
    return numbers();
  }
  Bf16* numbers() { return reinterpret_cast<Bf16*>(RoundUp(reinterpret_cast<int64_t>(memory_.data()), 64)); }

 private:
  std::vector<Bf16> memory_;
};

// A packed factor: its high parts, or all of it where it is rounded, and its low parts.
struct Parts {
  const Bf16* high;
  const Bf16* low;  // null where it is rounded
};

// c = or += (a.high + a.low) (b.high + b.low), of 1 or 2 by 1 or 2 tiles, as `tiles::Multiply`. In this order each part is loaded once.
template <int rowTiles, int columnTiles>
inline void MultiplySplit(const Parts& a, int64_t aStride, const Parts& b, int64_t bStride, int64_t steps, float* c, int64_t cStride, bool add) {
  constexpr bool kRowsTwo = rowTiles > 1, kColumnsTwo = columnTiles > 1;
  const int64_t aBytes = aStride * 2, cBytes = cStride * 4;
  if (add) {
    _tile_loadd(0, c, cBytes);
    if constexpr (kColumnsTwo) _tile_loadd(1, c + kTile, cBytes);
    if constexpr (kRowsTwo) _tile_loadd(2, c + kTile * cStride, cBytes);
    if constexpr (kRowsTwo && kColumnsTwo) _tile_loadd(3, c + kTile * cStride + kTile, cBytes);
  } else {
    _tile_zero(0);
    if constexpr (kColumnsTwo) _tile_zero(1);
    if constexpr (kRowsTwo) _tile_zero(2);
    if constexpr (kRowsTwo && kColumnsTwo) _tile_zero(3);
  }
  const auto loadLeft = [&](const Bf16* part, int64_t step) __attribute__((always_inline)) {
    _tile_loadd(4, part + step * kDepth, aBytes);
    if constexpr (kRowsTwo) _tile_loadd(5, part + kTile * aStride + step * kDepth, aBytes);
  };
  const auto loadRight = [&](const Bf16* part, int64_t step) __attribute__((always_inline)) {
    _tile_loadd(6, part + step * kTileElements, 64);
    if constexpr (kColumnsTwo) _tile_loadd(7, part + bStride + step * kTileElements, 64);
  };
  const auto multiply = []() __attribute__((always_inline)) {
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (kColumnsTwo) _tile_dpbf16ps(1, 4, 7);
    if constexpr (kRowsTwo) _tile_dpbf16ps(2, 5, 6);
    if constexpr (kRowsTwo && kColumnsTwo) _tile_dpbf16ps(3, 5, 7);
  };
  for (int64_t step = 0; step < steps; ++step) {
    loadLeft(a.low, step);
    loadRight(b.high, step);
    multiply();
    loadLeft(a.high, step);
    multiply();
    loadRight(b.low, step);
    multiply();
  }
  _tile_stored(0, c, cBytes);
  if constexpr (kColumnsTwo) _tile_stored(1, c + kTile, cBytes);
  if constexpr (kRowsTwo) _tile_stored(2, c + kTile * cStride, cBytes);
  if constexpr (kRowsTwo && kColumnsTwo) _tile_stored(3, c + kTile * cStride + kTile, cBytes);
}

void MultiplyParts(const Parts& left, int64_t leftStride, int64_t rowTiles, const Parts& right, int64_t rightStride, int64_t columnTiles, int64_t length,
                   float* sums, int64_t sumsStride, bool add) {
  const int64_t steps = length / kDepth;
  if (left.low == nullptr) return MultiplyAll(left.high, leftStride, rowTiles, right.high, rightStride, columnTiles, steps, sums, sumsStride, add);
  for (int64_t row = 0; row < rowTiles; row += 2) {
    const Parts a{left.high + row * kTile * leftStride, left.low + row * kTile * leftStride};
    for (int64_t column = 0; column < columnTiles; column += 2) {
      const Parts b{right.high + column * rightStride, right.low + column * rightStride};
      float* const c = sums + row * kTile * sumsStride + column * kTile;
      const bool twoRows = row + 1 < rowTiles, twoColumns = column + 1 < columnTiles;
      const auto multiply = twoRows ? (twoColumns ? MultiplySplit<2, 2> : MultiplySplit<2, 1>) : (twoColumns ? MultiplySplit<1, 2> : MultiplySplit<1, 1>);
      multiply(a, leftStride, b, rightStride, steps, c, sumsStride, add);
    }
  }
}

// Numbers of a row from one to the next: no multiple of a page, where rows of a tile would fall on the same lines of the cache.
int64_t RowStride(int64_t inner) { return RoundUp(inner, kDepth) + kDepth; }

class TileProducts final : public Products {
 public:
  explicit TileProducts(bool bf16) : split_(!bf16) {}

  void Multiply(const float* left, const float* right, float* result, int64_t rows, int64_t inner, int64_t columns) override {
    const int64_t stride = RowStride(inner), padded = RoundUp(rows, kTile), part = padded * stride;
    Bf16* const packed = left_.Resize(part * parts());
    ForRanges(padded, kTile, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* const from = row < rows ? left + row * inner : nullptr;
        Bf16* const to = packed + row * stride;
        if (!split_) PackRow(from, inner, stride, to);
        else PackRow(reinterpret_cast<const HighPart*>(from), inner, stride, to);
        if (split_) PackRow(reinterpret_cast<const LowPart*>(from), inner, stride, to + part);
      }
    });
    threads_.resize(std::max<size_t>(threads_.size(), omp_get_max_threads()));
    OnEachThread([&](int thread, int threads) {
      const TileShapes shapes;
      Own& own = threads_[thread];
      own.sums.resize(padded * kColumns);
      const Range range = Split(columns, thread, threads, kTile);
      for (int64_t column = range.begin; column < range.end; column += kColumns) {
        const int64_t count = std::min(kColumns, range.end - column), tiles = RoundUp(count, kTile) / kTile;
        for (int64_t begin = 0; begin < inner; begin += kStretch) {
          const int64_t length = std::min(kStretch, inner - begin);
          const Parts pairs = PackPairsOf(right + begin * columns + column, columns, count, length, own);
          MultiplyParts({packed + begin, split_ ? packed + part + begin : nullptr}, stride, padded / kTile, pairs, PairsStride(length), tiles,
                        RoundUp(length, kDepth), own.sums.data(), kColumns, begin > 0);
        }
        for (int64_t row = 0; row < rows; ++row) std::copy_n(own.sums.data() + row * kColumns, count, result + row * columns + column);
      }
    });
  }

  void MultiplyTransposed(const float* left, const float* right, int64_t rows, int64_t inner, int64_t columns, const Take& take) override {
    const int64_t length = RoundUp(inner, kDepth), stride = RowStride(inner), columnTiles = RoundUp(columns, kTile) / kTile;
    const int64_t pairs = PairsStride(inner), part = columnTiles * pairs;
    Bf16* const packed = right_.Resize(part * parts());
    rowNumbers_.resize(length);
    std::iota(rowNumbers_.begin(), rowNumbers_.end(), 0);
    std::fill(rowNumbers_.begin() + inner, rowNumbers_.end(), -1);
    ForRanges(columnTiles, 4, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * kTile, count = std::min(end * kTile, columns) - first;
      PackBoth(right + first, columns, count, [&](const auto& channels, int64_t which) {
        PackPairs(channels, rowNumbers_.data(), length, packed + which * part + begin * pairs, pairs);
      });
    });
    threads_.resize(std::max<size_t>(threads_.size(), omp_get_max_threads()));
    OnEachThread([&](int thread, int threads) {
      const TileShapes shapes;
      Own& own = threads_[thread];
      own.sums.resize(kRows * columnTiles * kTile);
      Bf16* const transposed = own.packed.Resize(kRows * stride * parts());
      const Range range = Split(rows, thread, threads, kTile);
      for (int64_t begin = range.begin; begin < range.end; begin += kRows) {
        const int64_t count = std::min(kRows, range.end - begin), padded = RoundUp(count, kTile);
        PackBoth(left + begin, rows, count, [&](const auto& channels, int64_t which) {
          PackTransposed(channels, rowNumbers_.data(), length, transposed + which * kRows * stride, stride);
        });
        MultiplyParts({transposed, split_ ? transposed + kRows * stride : nullptr}, stride, padded / kTile, {packed, split_ ? packed + part : nullptr}, pairs,
                      columnTiles, length, own.sums.data(), columnTiles * kTile, false);
        for (int64_t row = 0; row < count; ++row) take(begin + row, own.sums.data() + row * columnTiles * kTile);
      }
    });
  }

 private:
  // What a thread has for itself.
  struct Own {
    Packed packed;
    std::vector<float> sums;
  };

  int64_t parts() const { return split_ ? 2 : 1; }
  static int64_t PairsStride(int64_t inner) { return RoundUp(inner, kDepth) * kTile + 3 * kDepth; }

  // Calls pack(channels, part) of what is to be packed.
  template <typename Pack>
  void PackBoth(const float* first, int64_t stride, int64_t count, const Pack& pack) const {
    if (!split_) return pack(Channels<float>{first, stride, count}, 0);
    pack(Channels<HighPart>{reinterpret_cast<const HighPart*>(first), stride, count}, 0);
    pack(Channels<LowPart>{reinterpret_cast<const LowPart*>(first), stride, count}, 1);
  }

  Parts PackPairsOf(const float* first, int64_t stride, int64_t columns, int64_t length, Own& own) const {
    int32_t rows[kStretch];
    for (int64_t i = 0; i < RoundUp(length, kDepth); ++i) rows[i] = i < length ? static_cast<int32_t>(i) : -1;
    const int64_t pairs = PairsStride(length), part = RoundUp(columns, kTile) / kTile * pairs;
    Bf16* const to = own.packed.Resize(part * parts());
    PackBoth(first, stride, columns, [&](const auto& channels, int64_t which) {
      PackPairs(channels, rows, RoundUp(length, kDepth), to + which * part, pairs);
    });
    return {to, split_ ? to + part : nullptr};
  }

  // With zeros up to its stride; of zeros where there is no row.
  template <typename T>
  static void PackRow(const T* from, int64_t inner, int64_t stride, Bf16* to) {
    for (int64_t column = 0; column < stride; column += kTile) {
      const int64_t count = from == nullptr ? 0 : std::clamp<int64_t>(inner - column, 0, kTile);
      const auto mask = static_cast<__mmask16>((1 << count) - 1);
      const __m256i numbers = count > 0 ? LoadChannels(from + column, mask) : _mm256_setzero_si256();
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + column), numbers);
    }
  }

  const bool split_;
  Packed left_, right_;
  std::vector<int32_t> rowNumbers_;
  std::vector<Own> threads_;
};

}  // namespace

std::unique_ptr<Products> MakeTileProducts(bool bf16) {
  if (!HasTiles()) return nullptr;
  return std::make_unique<TileProducts>(bf16);
}

}  // namespace auspex::features
