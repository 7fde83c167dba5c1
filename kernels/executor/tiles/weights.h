// Weights as the right factor b of products on tiles, whichever of their dimensions is summed over.
#pragma once
#include <algorithm>

#include "pack.h"

namespace auspex::tiles {

/** What is summed over is b's depth. The element at (d, c) is first[d * depthStride + c * columnStride]. */
template <typename W>
struct Weights {
  const W* first;
  int64_t depthStride, columnStride;
  int64_t depth, columns;
};

/**
 * The same of square groups that share tiles: what lies between them is zero.
 *
 *     [0      ]
 *     [  1    ]         Groups lie one after another along the dimension with the longer stride.
 *     [    2  ]
 */
struct Diagonal {
  int64_t width;
  /** From where an element would lie, were all of one group, to where it does, for each group before its own. */
  int64_t gap;
};

/** Up to 16 numbers, `stride` apart, of the lanes in `mask`. */
inline __m256i LoadStrided(const float* from, int64_t stride, __mmask16 mask) {
  if (stride == 1) return LoadChannels(from, mask);
  const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i at = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(static_cast<int>(stride)));
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, at, from, 4)));
}
inline __m256i LoadStrided(const Bf16* from, int64_t stride, __mmask16 mask) {
  if (stride == 1) return LoadChannels(from, mask);
  alignas(32) Bf16 lanes[kTile] = {};
  for (int64_t i = 0; i < kTile; ++i) {
    if (mask >> i & 1) lanes[i] = from[i * stride];
  }
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(lanes));
}

/** Lanes of 16 that lie in begin..end. */
inline __mmask16 LanesIn(int64_t begin, int64_t end) {
  const auto below = [](int64_t lane) { return (1 << std::clamp<int64_t>(lane, 0, kTile)) - 1; };
  return static_cast<__mmask16>(below(end) & ~below(begin));
}

/** One tile, from row d and column c on. The dimension with the shorter stride is read as it lies in memory. */
template <typename W>
inline void PackWeightTile(const Weights<W>& b, const Diagonal* diagonal, int64_t d, int64_t c, Bf16* to) {
  const bool alongDepth = b.depthStride < b.columnStride;
  const int64_t shorter = alongDepth ? b.depthStride : b.columnStride, longer = alongDepth ? b.columnStride : b.depthStride;
  const int64_t across = alongDepth ? c : d, along = alongDepth ? d : c;
  const int64_t acrossEnd = alongDepth ? b.columns : b.depth, alongEnd = alongDepth ? b.depth : b.columns;
  // Number i across, and 16 along from `from` on.
  const auto load = [&](int64_t i, int64_t from) {
    if (across + i >= acrossEnd || from >= alongEnd) return _mm256_setzero_si256();
    const W* first = b.first + (across + i) * longer + from * shorter;
    if (diagonal == nullptr) return LoadStrided(first, shorter, LanesIn(0, alongEnd - from));
    const int64_t group = (across + i) / diagonal->width, begin = group * diagonal->width - from;
    return LoadStrided(first - group * diagonal->gap, shorter, LanesIn(begin, std::min(begin + diagonal->width, alongEnd - from)));
  };
  if (!alongDepth) {
    for (int64_t i = 0; i < kDepth; i += 2) {
      __builtin_prefetch(b.first + (across + i + kDepth) * longer + along * shorter);
      __builtin_prefetch(b.first + (across + i + kDepth + 1) * longer + along * shorter);
      _mm512_store_si512(to + i * kTile, InTurns(load(i, along), load(i + 1, along)));
    }
    return;
  }
  __m512i r[kTile];
  for (int64_t i = 0; i < kTile; ++i) {
    __builtin_prefetch(b.first + (across + i) * longer + (along + 4 * kDepth) * shorter);
    r[i] = _mm512_inserti64x4(_mm512_castsi256_si512(load(i, along)), load(i, along + kTile), 1);
  }
  Transpose(r);
  for (int64_t i = 0; i < kTile; ++i) _mm512_store_si512(to + i * kDepth, r[i]);
}

/** Columns of tiles firstTile..endTile, the tiles of one after another, `stride` elements between columns. */
template <typename W>
inline void PackWeights(const Weights<W>& b, int64_t firstTile, int64_t endTile, Bf16* to, int64_t stride, const Diagonal* diagonal = nullptr) {
  const auto pack = [&](int64_t tile, int64_t d) { PackWeightTile(b, diagonal, d, tile * kTile, to + (tile - firstTile) * stride + d * kTile); };
  // As they lie in memory.
  if (b.columnStride == 1) {
    for (int64_t d = 0; d < b.depth; d += kDepth) {
      for (int64_t tile = firstTile; tile < endTile; ++tile) pack(tile, d);
    }
    return;
  }
  for (int64_t tile = firstTile; tile < endTile; ++tile) {
    for (int64_t d = 0; d < b.depth; d += kDepth) pack(tile, d);
  }
}

}  // namespace auspex::tiles
