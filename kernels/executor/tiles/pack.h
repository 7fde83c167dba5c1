// Feature maps as tiles want them. A map has rows (pixels) of channels; both factors of a weight gradient sum over pixels, so
//
//     b: pixels in pairs,  [pixel / 2][channel][pixel % 2]          a: transposed,  [channel][pixel]
//
// Which pixels, in which order, a list of rows says; -1 stands for a row of zeros.
#pragma once
#include <algorithm>

#include "tiles.h"

namespace auspex::tiles {

/** Up to 16 channels of one row. */
inline __m256i LoadChannels(const Bf16* from, __mmask16 mask) { return _mm256_maskz_loadu_epi16(mask, from); }
inline __m256i LoadChannels(const float* from, __mmask16 mask) {
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, from)));
}

/** A float whose upper half is wanted, and one of which what that leaves: together 16 of its 24 bits. */
struct HighPart {
  float whole;
};
struct LowPart {
  float whole;
};
inline __m256i LoadChannels(const HighPart* from, __mmask16 mask) {
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(_mm512_maskz_loadu_ps(mask, from)), 16));
}
inline __m256i LoadChannels(const LowPart* from, __mmask16 mask) {
  const __m512 whole = _mm512_maskz_loadu_ps(mask, from);
  const __m512i high = _mm512_and_si512(_mm512_castps_si512(whole), _mm512_set1_epi32(-0x10000));
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_sub_ps(whole, _mm512_castsi512_ps(high))));
}

/** The numbers of two rows in turns. */
inline __m512i InTurns(__m256i even, __m256i odd) {
  const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(even), odd, 1);
  const __m512i turns = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1,
                                         16, 0);
  return _mm512_permutexvar_epi16(turns, both);
}

/** Some channels of the rows of a map. */
template <typename T>
struct Channels {
  const T* first;  // of row 0
  int64_t stride;  // between rows
  int64_t count;
};

/** Up to 16 of them. */
template <typename T>
class ChannelsOfTile {
 public:
  ChannelsOfTile(const Channels<T>& channels, int64_t tile) : first_(channels.first + tile * kTile), stride_(channels.stride) {
    const int64_t left = channels.count - tile * kTile;
    mask_ = static_cast<__mmask16>(left >= kTile ? 0xffff : (1 << left) - 1);
  }
  /** Two rows, their channels in turns. */
  __m512i pair(const int32_t* rows) const { return InTurns(row(rows[0]), row(rows[1])); }
  /** Asks for these channels of rows whose turn is yet to come. */
  void readAhead(const int32_t* rows) const {
    for (int64_t i = 0; i < kDepth; ++i) __builtin_prefetch(at(rows[i]));
  }

 private:
  const T* at(int32_t row) const {
    alignas(64) static const T zeros[kTile] = {};
    return row < 0 ? zeros : first_ + row * stride_;
  }
  __m256i row(int32_t row) const { return LoadChannels(at(row), mask_); }

  const T* first_;
  int64_t stride_;
  __mmask16 mask_;
};

/** Calls pack(tile, its channels, i) for every tile of 32 rows after another, so that a row is read as it lies in memory. */
template <typename T, typename Pack>
inline void ForTiles(const Channels<T>& channels, const int32_t* rows, int64_t count, const Pack& pack) {
  constexpr int64_t kTilesOfLine = 64 / (kTile * sizeof(T));
  for (int64_t i = 0; i < count; i += kDepth) {
    for (int64_t tile = 0; tile * kTile < channels.count; ++tile) {
      const ChannelsOfTile<T> own(channels, tile);
      if (i + kDepth < count && tile % kTilesOfLine == 0) own.readAhead(rows + i + kDepth);
      pack(tile, own, i);
    }
  }
}

/** Columns of tiles of b, `stride` elements apart. `count` is a multiple of 32. */
template <typename T>
inline void PackPairs(const Channels<T>& channels, const int32_t* rows, int64_t count, Bf16* to, int64_t stride) {
  ForTiles(channels, rows, count, [&](int64_t tile, const ChannelsOfTile<T>& own, int64_t i) {
    Bf16* at = to + tile * stride + i * kTile;
    for (int64_t row = 0; row < kDepth; row += 2) _mm512_store_si512(at + row * kTile, own.pair(rows + i + row));
  });
}

/** 16 × 16 numbers of 32 bits. */
inline void Transpose(__m512i (&r)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int half = 0; half < 16; half += 8) {
    for (int i = 0; i < 4; ++i) {
      t[half + i] = _mm512_shuffle_i32x4(r[half + i], r[half + i + 4], 0x88);
      t[half + i + 4] = _mm512_shuffle_i32x4(r[half + i], r[half + i + 4], 0xdd);
    }
  }
  for (int i = 0; i < 8; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
  }
}

/** Rows of a, `stride` elements apart. `count` is a multiple of 32. */
template <typename T>
inline void PackTransposed(const Channels<T>& channels, const int32_t* rows, int64_t count, Bf16* to, int64_t stride) {
  ForTiles(channels, rows, count, [&](int64_t tile, const ChannelsOfTile<T>& own, int64_t i) {
    __m512i r[16];
    for (int pair = 0; pair < 16; ++pair) r[pair] = own.pair(rows + i + 2 * pair);
    Transpose(r);
    for (int channel = 0; channel < 16; ++channel) _mm512_storeu_si512(to + (tile * kTile + channel) * stride + i, r[channel]);
  });
}

}  // namespace auspex::tiles
