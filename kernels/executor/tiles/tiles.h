// AMX: eight tiles of 16 rows of 64 bytes. A product adds a (16 × 32, bf16) times b (32 × 16, bf16, rows in pairs) to c (16 × 16,
// f32). Only compiled with the instructions, and only called where the processor has them.
#pragma once
#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "../bf16.h"

namespace auspex::tiles {

/** Rows and columns of c. */
constexpr int64_t kTile = 16;
/** What one product sums over. */
constexpr int64_t kDepth = 32;
/** Elements of a tile of a or b. */
constexpr int64_t kTileElements = kTile * kDepth;

inline int64_t RoundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/** The shapes of this thread's tiles, as long as it lives; what they were before afterwards, since oneDNN remembers its own. */
class TileShapes {
 public:
  TileShapes() {
    _tile_storeconfig(&before_);
    Configuration wanted = {};
    wanted.palette = 1;
    for (int tile = 0; tile < 8; ++tile) {
      wanted.rows[tile] = kTile;
      wanted.bytesOfRow[tile] = 64;
    }
    _tile_loadconfig(&wanted);
  }
  ~TileShapes() {
    if (before_.palette == 0) _tile_release();
    else _tile_loadconfig(&before_);
  }
  TileShapes(const TileShapes&) = delete;
  TileShapes& operator=(const TileShapes&) = delete;

 private:
  struct alignas(64) Configuration {
    uint8_t palette, startRow, reserved[14];
    uint16_t bytesOfRow[16];
    uint8_t rows[16];
  };
  static_assert(sizeof(Configuration) == 64);
  Configuration before_;
};

/**
 * c = or += a b, of 1 or 2 by 1 or 2 tiles.
 * @param a 16 · rowTiles rows, `aStride` elements apart.
 * @param b packed tiles, those of one column one after another, `bStride` elements between columns.
 * @param c f32, `cStride` elements between rows.
 */
template <int rowTiles, int columnTiles>
inline void Multiply(const Bf16* a, int64_t aStride, const Bf16* b, int64_t bStride, int64_t steps, float* c, int64_t cStride, bool add) {
  const int64_t aBytes = aStride * 2, cBytes = cStride * 4;
  if (add) {
    _tile_loadd(0, c, cBytes);
    if constexpr (columnTiles > 1) _tile_loadd(1, c + kTile, cBytes);
    if constexpr (rowTiles > 1) _tile_loadd(2, c + kTile * cStride, cBytes);
    if constexpr (rowTiles > 1 && columnTiles > 1) _tile_loadd(3, c + kTile * cStride + kTile, cBytes);
  } else {
    _tile_zero(0);
    if constexpr (columnTiles > 1) _tile_zero(1);
    if constexpr (rowTiles > 1) _tile_zero(2);
    if constexpr (rowTiles > 1 && columnTiles > 1) _tile_zero(3);
  }
  for (int64_t step = 0; step < steps; ++step) {
    _tile_loadd(4, a + step * kDepth, aBytes);
    _tile_loadd(6, b + step * kTileElements, 64);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (columnTiles > 1) {
      _tile_loadd(7, b + bStride + step * kTileElements, 64);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (rowTiles > 1) {
      _tile_loadd(5, a + kTile * aStride + step * kDepth, aBytes);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (columnTiles > 1) _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, c, cBytes);
  if constexpr (columnTiles > 1) _tile_stored(1, c + kTile, cBytes);
  if constexpr (rowTiles > 1) _tile_stored(2, c + kTile * cStride, cBytes);
  if constexpr (rowTiles > 1 && columnTiles > 1) _tile_stored(3, c + kTile * cStride + kTile, cBytes);
}

/** The same of any number of tiles. */
inline void MultiplyAll(const Bf16* a, int64_t aStride, int64_t rowTiles, const Bf16* b, int64_t bStride, int64_t columnTiles, int64_t steps,
                        float* c, int64_t cStride, bool add) {
  // Row by row, as c lies in memory; b is read as it lies there too, while two rows of tiles of a stay in the nearest cache.
  for (int64_t row = 0; row < rowTiles; row += 2) {
    const bool twoRows = row + 1 < rowTiles;
    const Bf16* aOf = a + row * kTile * aStride;
    for (int64_t column = 0; column < columnTiles; column += 2) {
      const bool twoColumns = column + 1 < columnTiles;
      const Bf16* bOf = b + column * bStride;
      float* cOf = c + row * kTile * cStride + column * kTile;
      if (twoRows && twoColumns) Multiply<2, 2>(aOf, aStride, bOf, bStride, steps, cOf, cStride, add);
      else if (twoRows) Multiply<2, 1>(aOf, aStride, bOf, bStride, steps, cOf, cStride, add);
      else if (twoColumns) Multiply<1, 2>(aOf, aStride, bOf, bStride, steps, cOf, cStride, add);
      else Multiply<1, 1>(aOf, aStride, bOf, bStride, steps, cOf, cStride, add);
    }
  }
}

}  // namespace auspex::tiles
