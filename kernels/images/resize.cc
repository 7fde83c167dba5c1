#include "resize.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace auspex::images {
namespace {

// As in Pillow: weights are integers in units of 2^-22, and both passes round to uint8.
constexpr int kWeightBits = 32 - 8 - 2;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// Weights of outputs [start, start + num) of an axis that goes from `input` to `output` pixels: a triangle filter, widened
// by the reduction factor when it shrinks.
void ComputeTaps(int input, int output, int start, int num, std::vector<double>* triangle, Taps* taps) {
  const double scale = static_cast<double>(input) / output;
  const double support = std::max(scale, 1.0);
  const double inverse = 1.0 / support;  // a product, as in Pillow, so that every bit agrees
  taps->stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  taps->first.resize(num);
  taps->count.resize(num);
  taps->weights.assign(static_cast<size_t>(num) * taps->stride, 0);
  triangle->resize(taps->stride);
  for (int i = 0; i < num; i++) {
    const double centre = (start + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int count = std::min(static_cast<int>(centre + support + 0.5), input) - first;
    double sum = 0;
    for (int t = 0; t < count; t++) {
      const double distance = std::abs((first + t - centre + 0.5) * inverse);
      (*triangle)[t] = std::max(1.0 - distance, 0.0);
      sum += (*triangle)[t];
    }
    int32_t* weights = &taps->weights[static_cast<size_t>(i) * taps->stride];
    for (int t = 0; t < count; t++) weights[t] = static_cast<int32_t>(0.5 + (*triangle)[t] / sum * (1 << kWeightBits));
    taps->first[i] = first;
    taps->count[i] = count;
  }
}

// Eight bytes as int32 lanes.
inline __m256i LoadBytes(const uint8_t* from) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
}

// r0 g0 b0 r1 g1 b1 - - : the sum of both pixels, rounded, as the bytes r g b -.
inline int32_t PackPixel(__m256i sums) {
  const __m256i second = _mm256_permutevar8x32_epi32(sums, _mm256_setr_epi32(3, 4, 5, 0, 0, 0, 0, 0));
  __m128i pixel = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_castsi256_si128(second));
  pixel = _mm_srai_epi32(_mm_add_epi32(pixel, _mm_set1_epi32(kHalf)), kWeightBits);
  pixel = _mm_packus_epi32(pixel, pixel);
  return _mm_cvtsi128_si32(_mm_packus_epi16(pixel, pixel));
}

// Four bytes are written and three are meant: pixels go from left to right, so the next one puts the fourth right.
inline void StorePixel(uint8_t* to, int32_t pixel) { std::memcpy(to, &pixel, 4); }

}  // namespace

void Resizer::Run(const ImageView& image, const ResizePlan& plan, uint8_t* output) {
  ComputeTaps(plan.box.height, plan.height, plan.window.top, plan.window.height, &triangle_, &rows_);
  const int first_row = rows_.first.front();
  const int num_rows = rows_.first.back() + rows_.count.back() - first_row;
  PrepareHorizontal(plan);
  Horizontal(image, plan, first_row, num_rows);
  Vertical(plan, first_row, output);
}

// Two taps at a time: the weights of taps 2s and 2s+1 as w w w w' w' w' 0 0, to meet r g b r' g' b' - -.
void Resizer::PrepareHorizontal(const ResizePlan& plan) {
  const int num = plan.window.width;
  ComputeTaps(plan.box.width, plan.width, plan.window.left, num, &triangle_, &columns_);
  if (plan.flip) {
    for (int i = 0, j = num - 1; i < j; i++, j--) {
      std::swap(columns_.first[i], columns_.first[j]);
      std::swap(columns_.count[i], columns_.count[j]);
      int32_t* weights = columns_.weights.data();
      std::swap_ranges(weights + i * columns_.stride, weights + (i + 1) * columns_.stride, weights + j * columns_.stride);
    }
  }
  const int pairs = (columns_.stride + 1) / 2;
  paired_weights_.assign(static_cast<size_t>(num) * pairs * 8, 0);
  for (int i = 0; i < num; i++) {
    for (int t = 0; t < columns_.count[i]; t++) {
      int32_t* lanes = &paired_weights_[(static_cast<size_t>(i) * pairs + t / 2) * 8 + (t % 2) * 3];
      std::fill(lanes, lanes + 3, columns_.weights[static_cast<size_t>(i) * columns_.stride + t]);
    }
  }
}

void Resizer::Horizontal(const ImageView& image, const ResizePlan& plan, int first_row, int num_rows) {
  const int width = plan.window.width;
  const int pairs = (columns_.stride + 1) / 2;
  const size_t pitch = static_cast<size_t>(width) * 3;
  intermediate_.resize(std::max(intermediate_.size(), pitch * num_rows + 32));

  // Two taps are read as eight bytes, up to five of them past a row's end: rows at the image's end are read from a copy.
  const size_t source_pitch = static_cast<size_t>(image.width) * 3;
  const auto source = [&](int row) {
    const int y = plan.box.top + first_row + row;
    const uint8_t* from = image.Row(y);
    if ((image.height - 1 - y) * source_pitch < 5) {
      std::vector<uint8_t>& copy = padded_rows_[row % 2];
      copy.resize(std::max(copy.size(), source_pitch + 8));
      std::memcpy(copy.data(), from, source_pitch);
      from = copy.data();
    }
    return from + plan.box.left * 3;
  };

  for (int row = 0; row < num_rows; row += 2) {
    // Two rows share the loads of the weights; an odd last row is done twice.
    const int other = std::min(row + 1, num_rows - 1);
    const uint8_t* above = source(row);
    const uint8_t* below = source(other);
    uint8_t* to_above = intermediate_.data() + pitch * row;
    uint8_t* to_below = intermediate_.data() + pitch * other;
    const __m256i* weights = reinterpret_cast<const __m256i*>(paired_weights_.data());
    int32_t last_above = 0;
    int32_t last_below = 0;
    for (int x = 0; x < width; x++, weights += pairs) {
      const int offset = columns_.first[x] * 3;
      const int used = (columns_.count[x] + 1) / 2;
      __m256i sum_above = _mm256_setzero_si256();
      __m256i sum_below = _mm256_setzero_si256();
      for (int p = 0; p < used; p++) {
        const __m256i weight = _mm256_loadu_si256(weights + p);
        sum_above = _mm256_add_epi32(sum_above, _mm256_mullo_epi32(LoadBytes(above + offset + 6 * p), weight));
        sum_below = _mm256_add_epi32(sum_below, _mm256_mullo_epi32(LoadBytes(below + offset + 6 * p), weight));
      }
      last_above = PackPixel(sum_above);
      last_below = PackPixel(sum_below);
      if (x + 1 < width) {
        StorePixel(to_above + 3 * x, last_above);
        StorePixel(to_below + 3 * x, last_below);
      }
    }
    // The last pixel of a row must not spill into the first of the next, which may be written already.
    std::memcpy(to_above + pitch - 3, &last_above, 3);
    std::memcpy(to_below + pitch - 3, &last_below, 3);
  }
}

void Resizer::Vertical(const ResizePlan& plan, int first_row, uint8_t* output) const {
  const size_t pitch = static_cast<size_t>(plan.window.width) * 3;
  const __m256i half = _mm256_set1_epi32(kHalf);
  // 32-bit lanes are packed within 128-bit halves; this puts the bytes back in order.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (int y = 0; y < plan.window.height; y++, output += pitch) {
    const uint8_t* from = intermediate_.data() + pitch * (rows_.first[y] - first_row);
    const int32_t* weights = &rows_.weights[static_cast<size_t>(y) * rows_.stride];
    const int count = rows_.count[y];
    size_t x = 0;
    for (; x + 32 <= pitch; x += 32) {
      __m256i sums[4] = {half, half, half, half};
      for (int t = 0; t < count; t++) {
        const __m256i weight = _mm256_set1_epi32(weights[t]);
        const uint8_t* row = from + pitch * t + x;
        for (int i = 0; i < 4; i++) {
          sums[i] = _mm256_add_epi32(sums[i], _mm256_mullo_epi32(LoadBytes(row + 8 * i), weight));
        }
      }
      for (__m256i& sum : sums) sum = _mm256_srai_epi32(sum, kWeightBits);
      const __m256i low = _mm256_packus_epi32(sums[0], sums[1]);
      const __m256i high = _mm256_packus_epi32(sums[2], sums[3]);
      const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(output + x), bytes);
    }
    for (; x < pitch; x++) {
      int32_t sum = kHalf;
      for (int t = 0; t < count; t++) sum += weights[t] * from[pitch * t + x];
      output[x] = static_cast<uint8_t>(sum >> kWeightBits);
    }
  }
}

}  // namespace auspex::images
