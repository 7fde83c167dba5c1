// Products of 32 rows, summed over parts that lie anywhere, whose results are rounded to bf16 and written to rows of a map while the
// next product is made: what would otherwise be waited for goes on beside the tiles.
#pragma once
#include <utility>

#include "tiles.h"

namespace auspex::tiles {

/** Rows, and at most columns, of a product. */
constexpr int64_t kBlock = 2 * kTile;

/** A part of a sum: `steps` times 32 numbers of each of 32 rows of a, `stride` apart. */
struct Part {
  const Bf16* a;
  int64_t stride, steps;
};

/** Where a block goes: columns of 32 rows of a map. */
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

/** For one thread. */
class Blocks {
 public:
  static constexpr int64_t kSums = 2 * kBlock * kBlock;

  /** @param sums aligned memory for kSums floats. */
  explicit Blocks(float* sums) : now_(sums), before_(sums + kBlock * kBlock) {}

  /**
   * @param b packed tiles of one column after another, all parts of a column together, `bStride` elements between columns.
   * @param to what it points to has to stay until the next block is multiplied.
   * @param ahead called once in each step, to ask for memory that is needed soon.
   */
  template <int columnTiles, typename Ahead>
  void multiply(const Part* parts, int64_t numParts, const Bf16* b, int64_t bStride, const Destination& to, const Ahead& ahead) {
    int64_t steps = 0;
    for (int64_t i = 0; i < numParts; ++i) steps += parts[i].steps;
    const int64_t rowsOfStep = (kBlock + steps - 1) / steps;
    _tile_zero(0);
    _tile_zero(2);
    if constexpr (columnTiles > 1) _tile_zero(1);
    if constexpr (columnTiles > 1) _tile_zero(3);
    int64_t row = 0;
    for (int64_t i = 0; i < numParts; ++i) {
      const int64_t aBytes = parts[i].stride * 2;
      const Bf16* a = parts[i].a;
      for (int64_t step = 0; step < parts[i].steps; ++step, a += kDepth, b += kTileElements) {
        _tile_loadd(4, a, aBytes);
        _tile_loadd(6, b, 64);
        if constexpr (columnTiles > 1) _tile_loadd(7, b + bStride, 64);
        _tile_loadd(5, a + kTile * parts[i].stride, aBytes);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (columnTiles > 1) _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (columnTiles > 1) _tile_dpbf16ps(3, 5, 7);
        ahead();
        for (const int64_t end = std::min(kBlock, row + rowsOfStep); row < end; ++row) {
          __builtin_prefetch(to.first + to.rows[row] * to.stride, 1, 2);
          if (waiting_) write(row);
        }
      }
    }
    constexpr int64_t kBytes = kBlock * 4;
    _tile_stored(0, now_, kBytes);
    _tile_stored(2, now_ + kTile * kBlock, kBytes);
    if constexpr (columnTiles > 1) _tile_stored(1, now_ + kTile, kBytes);
    if constexpr (columnTiles > 1) _tile_stored(3, now_ + kTile * kBlock + kTile, kBytes);
    std::swap(now_, before_);
    to_ = to;
    mask_ = static_cast<__mmask32>(to.columns >= kBlock ? 0xffffffff : (1u << to.columns) - 1);
    waiting_ = true;
  }

  /** Writes what was multiplied last. */
  void finish() {
    for (int64_t row = 0; row < kBlock && waiting_; ++row) write(row);
    waiting_ = false;
  }

 private:
  void write(int64_t i) const {
    const int64_t row = to_.rows[i];
    if (row < 0) return;
    __m512 low = _mm512_load_ps(before_ + i * kBlock), high = _mm512_load_ps(before_ + i * kBlock + kTile);
    if (to_.addend != nullptr) {
      const __m512i more = _mm512_maskz_loadu_epi16(mask_, to_.addend + row * to_.stride);
      low = _mm512_add_ps(low, Wide(_mm512_castsi512_si256(more)));
      high = _mm512_add_ps(high, Wide(_mm512_extracti64x4_epi64(more, 1)));
    }
    if (to_.bias != nullptr) {
      low = _mm512_add_ps(low, _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask_), to_.bias));
      high = _mm512_add_ps(high, _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask_ >> kTile), to_.bias + kTile));
    }
    if (to_.relu) {
      // In this order what is not a number stays what it is.
      low = _mm512_max_ps(_mm512_setzero_ps(), low);
      high = _mm512_max_ps(_mm512_setzero_ps(), high);
    }
    _mm512_mask_storeu_epi16(to_.first + row * to_.stride, mask_, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
  }
  static __m512 Wide(__m256i narrow) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow), 16)); }

  float *now_, *before_;
  Destination to_{};
  __mmask32 mask_ = 0;
  bool waiting_ = false;
};

}  // namespace auspex::tiles
