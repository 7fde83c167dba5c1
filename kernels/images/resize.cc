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

// The horizontal pass takes four taps of one output pixel at a time, as pairs of int16: a weight is split into its upper
// part, in units of 2^-14, and its lower eight bits, so that 16-bit multiplications give the exact 32-bit sum.
//
//   lanes     | r0 r1  g0 g1  b0 b1  -  - | r2 r3  g2 g3  b2 b3  -  - |     four pixels
//   weights   | w0 w1  w0 w1  w0 w1  0  0 | w2 w3  w2 w3  w2 w3  0  0 |     upper, then lower
constexpr int kTapsPerStep = 4;
constexpr int kLowerBits = 8;

// A step reads sixteen bytes.
constexpr size_t kStepBytes = 16;

// The sum over all taps, half of it in either 128-bit lane as r g b -. kSteps is `steps` where that is known to the compiler.
template <int kSteps>
inline __m256i SumTaps(const uint8_t* from, const StepWeights* weights, int steps) {
  const __m256i order = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                         6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m256i upper = _mm256_setzero_si256();
  __m256i lower = _mm256_setzero_si256();
  for (int s = 0; s < (kSteps ? kSteps : steps); s++, weights++, from += 3 * kTapsPerStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), order);
    const __m256i* weight = reinterpret_cast<const __m256i*>(weights);
    upper = _mm256_add_epi32(upper, _mm256_madd_epi16(pixels, _mm256_load_si256(weight)));
    lower = _mm256_add_epi32(lower, _mm256_madd_epi16(pixels, _mm256_load_si256(weight + 1)));
  }
  return _mm256_add_epi32(_mm256_slli_epi32(upper, kLowerBits), lower);
}

// Adds the lanes of two sums: one pixel in either lane.
inline __m256i JoinLanes(__m256i first, __m256i second) {
  return _mm256_add_epi32(_mm256_permute2x128_si256(first, second, 0x20), _mm256_permute2x128_si256(first, second, 0x31));
}

inline __m256i RoundSum(__m256i sum) {
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)), kWeightBits);
}

// Pillow 13 runs the vertical pass first where the height shrinks by more than twice as many pixels as the width.
bool VerticalFirst(const ResizePlan& plan) {
  const int shrunk = plan.box.height - plan.height;
  return shrunk > 0 && shrunk > (plan.box.width - plan.width) * 2;
}

int FirstInput(const Taps& taps) { return taps.first.front(); }
int NumInputs(const Taps& taps) { return taps.first.back() + taps.count.back() - taps.first.front(); }

}  // namespace

void Resizer::Run(const ImageView& image, const ResizePlan& plan, uint8_t* output) {
  const Box& window = plan.window;
  ComputeTaps(plan.box.height, plan.height, window.top, window.height, &triangle_, &rows_);
  ComputeTaps(plan.box.width, plan.width, window.left, window.width, &triangle_, &columns_);
  PrepareSteps(plan.flip);
  // Only the inputs that some output needs.
  const int top = plan.box.top + FirstInput(rows_);
  const int left = plan.box.left + FirstInput(columns_);
  const uint8_t* end = image.Row(image.height);
  const Pixels source = {image.Row(top) + left * 3, static_cast<size_t>(image.width) * 3, end};
  const size_t output_pitch = static_cast<size_t>(window.width) * 3;
  // The horizontal pass stores pairs of pixels as eight bytes: its rows need some room.
  const size_t pitch = output_pitch + 8;

  if (VerticalFirst(plan)) {
    const size_t length = static_cast<size_t>(NumInputs(columns_)) * 3;
    uint8_t* shrunk = first_pass_.Reserve(length * window.height);
    Vertical(source, length, shrunk, length);
    uint8_t* padded = second_pass_.Reserve(pitch * window.height);
    Horizontal({shrunk, length, shrunk + length * window.height}, length, window.height, padded, pitch);
    for (int y = 0; y < window.height; y++) std::memcpy(output + y * output_pitch, padded + y * pitch, output_pitch);
  } else {
    const int num_rows = NumInputs(rows_);
    uint8_t* narrowed = first_pass_.Reserve(pitch * num_rows);
    Horizontal(source, static_cast<size_t>(NumInputs(columns_)) * 3, num_rows, narrowed, pitch);
    Vertical({narrowed, pitch, narrowed + pitch * num_rows}, output_pitch, output, output_pitch);
  }
}

void Resizer::PrepareSteps(bool flip) {
  const int num = static_cast<int>(columns_.first.size());
  // Outputs are made in pairs; an odd one gets a partner without taps.
  const int padded = num + num % 2;
  // Every output takes as many steps as the largest: weights of 0 cost less than a branch that cannot be foreseen.
  const int most_taps = *std::max_element(columns_.count.begin(), columns_.count.end());
  num_steps_ = (most_taps + kTapsPerStep - 1) / kTapsPerStep;
  first_bytes_.assign(padded, 0);
  StepWeights* weights = step_weights_.Reserve(static_cast<size_t>(padded) * num_steps_);
  std::fill(weights, weights + static_cast<size_t>(padded) * num_steps_, StepWeights{});
  for (int i = 0; i < num; i++) {
    const int from = flip ? num - 1 - i : i;
    first_bytes_[i] = (columns_.first[from] - FirstInput(columns_)) * 3;
    for (int t = 0; t < columns_.count[from]; t++) {
      const int32_t weight = columns_.weights[static_cast<size_t>(from) * columns_.stride + t];
      StepWeights& step = weights[i * num_steps_ + t / kTapsPerStep];
      const int lane = t % kTapsPerStep / 2 * 8 + t % 2;
      for (int channel = 0; channel < 3; channel++) {
        step.upper[lane + 2 * channel] = static_cast<int16_t>(weight >> kLowerBits);
        step.lower[lane + 2 * channel] = static_cast<int16_t>(weight & ((1 << kLowerBits) - 1));
      }
    }
  }
}

void Resizer::Horizontal(const Pixels& source, size_t length, int num_rows, uint8_t* output, size_t output_pitch) {
  if (num_steps_ == 1) return HorizontalSteps<1>(source, length, num_rows, output, output_pitch);
  if (num_steps_ == 2) return HorizontalSteps<2>(source, length, num_rows, output, output_pitch);
  return HorizontalSteps<0>(source, length, num_rows, output, output_pitch);
}

template <int kSteps>
void Resizer::HorizontalSteps(const Pixels& source, size_t length, int num_rows, uint8_t* output, size_t output_pitch) {
  const int width = static_cast<int>(columns_.first.size());
  const int steps = kSteps ? kSteps : num_steps_;
  const size_t overread = static_cast<size_t>(steps) * 3 * kTapsPerStep + kStepBytes;

  // Rows near the end of the source are read from a copy with room behind it.
  const auto row_of = [&](int row) {
    const uint8_t* from = source.first + source.pitch * row;
    if (static_cast<size_t>(source.end - from) >= length + overread) return from;
    uint8_t* copy = padded_rows_[row % 2].Reserve(length + overread);
    std::memcpy(copy, from, length);
    return static_cast<const uint8_t*>(copy);
  };

  // Two rows and two columns at a time: the four pixels are rounded and packed together. An odd last row is done twice.
  const __m256i pack = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,  //
                                        0, 1, 2, 4, 5, 6, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  for (int row = 0; row < num_rows; row += 2) {
    const int other = std::min(row + 1, num_rows - 1);
    const uint8_t* above = row_of(row);
    const uint8_t* below = row_of(other);
    uint8_t* to_above = output + output_pitch * row;
    uint8_t* to_below = output + output_pitch * other;
    const StepWeights* weights = step_weights_.Data();
    for (int x = 0; x < width; x += 2) {
      __m256i pixels[2];
      for (int i = 0; i < 2; i++, weights += steps) {
        const int first = first_bytes_[x + i];
        const __m256i sum_above = SumTaps<kSteps>(above + first, weights, steps);
        const __m256i sum_below = SumTaps<kSteps>(below + first, weights, steps);
        pixels[i] = RoundSum(JoinLanes(sum_above, sum_below));
      }
      const __m256i words = _mm256_packus_epi32(pixels[0], pixels[1]);
      const __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(words, words), pack);
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to_above + 3 * x), _mm256_castsi256_si128(bytes));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(to_below + 3 * x), _mm256_extracti128_si256(bytes, 1));
    }
  }
}

void Resizer::Vertical(const Pixels& source, size_t length, uint8_t* output, size_t output_pitch) const {
  const size_t pitch = source.pitch;
  const int num = static_cast<int>(rows_.first.size());
  const __m256i half = _mm256_set1_epi32(kHalf);
  // 32-bit lanes are packed within 128-bit halves; this puts the bytes back in order.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (int y = 0; y < num; y++, output += output_pitch) {
    const uint8_t* from = source.first + pitch * (rows_.first[y] - FirstInput(rows_));
    const int32_t* weights = &rows_.weights[static_cast<size_t>(y) * rows_.stride];
    const int count = rows_.count[y];
    size_t x = 0;
    for (; x + 32 <= length; x += 32) {
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
    for (; x < length; x++) {
      int32_t sum = kHalf;
      for (int t = 0; t < count; t++) sum += weights[t] * from[pitch * t + x];
      output[x] = static_cast<uint8_t>(sum >> kWeightBits);
    }
  }
}

}  // namespace auspex::images
