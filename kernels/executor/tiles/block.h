// Products of some rows, summed over parts that lie anywhere, whose results are rounded to bf16 and written to rows of a map while the
// next product is made: what would otherwise be waited for goes on beside the tiles.
#pragma once
#include <utility>

#include "tiles.h"

namespace auspex::tiles {

/** A part of a sum: `steps` times 32 numbers of each row of a, `stride` apart. */
struct Part {
  const Bf16* a;
  int64_t stride, steps;
};

/** Where a block goes: columns of some rows of a map. */
struct Destination {
  /** The first of these columns in row 0. */
  Bf16* first;
  /** The same of a map that is added; or null. */
  const Bf16* addend;
  int64_t stride;
  /** -1 for what is dropped. */
  const int32_t* rows;
  int64_t columns;
  /** Of these columns; or null. */
  const float* bias;
  bool relu;
};

/**
 * For one thread: 2 tiles of rows by 2 of columns, where few rows stay in the nearest cache while weights pass; or 4 by 1, where the
 * weights of a column stay there.
 */
template <int rowTiles>
class Blocks {
  static_assert(rowTiles == 2 || rowTiles == 4);

 public:
  static constexpr int64_t kRows = rowTiles * kTile, kColumnTiles = 4 / rowTiles, kColumns = kColumnTiles * kTile;
  /** Of this block, and of the one before. */
  static constexpr int64_t kSums = 2 * kRows * kColumns;

  /** @param sums aligned memory for kSums floats. */
  explicit Blocks(float* sums) : now_(sums), before_(sums + kSums / 2) {}

  /**
   * @param b packed tiles of one column after another, all parts of a column together, `bStride` elements between columns.
   * @param to what it points to has to stay until the next block is multiplied.
   * @param ahead called once in each step, to ask for memory that is needed soon.
   */
  template <int columnTiles, typename Ahead>
  void multiply(const Part* parts, int64_t numParts, const Bf16* b, int64_t bStride, const Destination& to, const Ahead& ahead) {
    constexpr bool kFour = rowTiles == 4, kTwoColumns = columnTiles == 2;
    static_assert(columnTiles <= kColumnTiles);
    int64_t steps = 0;
    for (int64_t i = 0; i < numParts; ++i) steps += parts[i].steps;
    const int64_t rowsOfStep = (kRows + steps - 1) / steps;
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (kFour || kTwoColumns) _tile_zero(2);
    if constexpr (kFour || kTwoColumns) _tile_zero(3);
    int64_t row = 0;
    for (int64_t i = 0; i < numParts; ++i) {
      const int64_t aTile = kTile * parts[i].stride, aBytes = parts[i].stride * 2;
      const Bf16* a = parts[i].a;
      for (int64_t step = 0; step < parts[i].steps; ++step, a += kDepth, b += kTileElements) {
        _tile_loadd(4, a, aBytes);
        _tile_loadd(6, b, 64);
        if constexpr (kTwoColumns) _tile_loadd(7, b + bStride, 64);
        _tile_loadd(5, a + aTile, aBytes);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 5, 6);
        if constexpr (kTwoColumns) _tile_dpbf16ps(2, 4, 7);
        if constexpr (kTwoColumns) _tile_dpbf16ps(3, 5, 7);
        if constexpr (kFour) {
          _tile_loadd(7, a + 2 * aTile, aBytes);
          _tile_dpbf16ps(2, 7, 6);
          _tile_loadd(4, a + 3 * aTile, aBytes);
          _tile_dpbf16ps(3, 4, 6);
        }
        ahead();
        for (const int64_t end = std::min(kRows, row + rowsOfStep); row < end; ++row) {
          __builtin_prefetch(to.first + to.rows[row] * to.stride, 1, 2);
          if (waiting_) write(row);
        }
      }
    }
    constexpr int64_t kBytes = kColumns * 4, kTileOfRows = kTile * kColumns;
    _tile_stored(0, now_, kBytes);
    _tile_stored(1, now_ + kTileOfRows, kBytes);
    if constexpr (kTwoColumns) _tile_stored(2, now_ + kTile, kBytes);
    if constexpr (kTwoColumns) _tile_stored(3, now_ + kTileOfRows + kTile, kBytes);
    if constexpr (kFour) _tile_stored(2, now_ + 2 * kTileOfRows, kBytes);
    if constexpr (kFour) _tile_stored(3, now_ + 3 * kTileOfRows, kBytes);
    std::swap(now_, before_);
    to_ = to;
    mask_ = static_cast<__mmask32>(to.columns >= kColumns ? (uint64_t{1} << kColumns) - 1 : (uint64_t{1} << to.columns) - 1);
    waiting_ = true;
  }

  /** Writes what was multiplied last. */
  void finish() {
    for (int64_t row = 0; row < kRows && waiting_; ++row) write(row);
    waiting_ = false;
  }

 private:
  void write(int64_t i) const {
    const int64_t row = to_.rows[i];
    if (row < 0) return;
    const __m512 low = whole(i, row, 0);
    Bf16* to = to_.first + row * to_.stride;
    if constexpr (kColumnTiles == 1) {
      _mm256_mask_storeu_epi16(to, static_cast<__mmask16>(mask_), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(low)));
    } else {
      _mm512_mask_storeu_epi16(to, mask_, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(whole(i, row, kTile), low)));
    }
  }

  /** 16 columns from `column` on, all of which is to come there. */
  __m512 whole(int64_t i, int64_t row, int64_t column) const {
    const auto mask = static_cast<__mmask16>(mask_ >> column);
    __m512 sum = _mm512_load_ps(before_ + i * kColumns + column);
    if (to_.addend != nullptr) {
      const __m256i more = _mm256_maskz_loadu_epi16(mask, to_.addend + row * to_.stride + column);
      sum = _mm512_add_ps(sum, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(more), 16)));
    }
    if (to_.bias != nullptr) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, to_.bias + column));
    // In this order what is not a number stays what it is.
    return to_.relu ? _mm512_max_ps(_mm512_setzero_ps(), sum) : sum;
  }

  float *now_, *before_;
  Destination to_{};
  __mmask32 mask_ = 0;
  bool waiting_ = false;
};

}  // namespace auspex::tiles
