// What the batch-normalisation kernels share. All of them are bound by memory, so each passes over a feature map as few times
// as the mathematics allows.
//
//   xhat = (x - mean) * istd      z = xhat * scale + shift      y = f(z + residual) * gate
//
// Sums over pixels are taken in f32 over short runs of rows and in f64 across runs, in an order that depends on the number of
// threads alone.
#pragma once
#include <cmath>
#include <cstring>

#include "kernels.h"
#include "../parallel.h"
#include "vector.h"

namespace auspex::AUSPEX_VARIANT {

enum class Act { kNone, kRelu, kSilu };

inline Act ActOf(const Operation& op) {
  const std::string& word = op.words.at("activation");
  if (word == "none") return Act::kNone;
  if (word == "relu") return Act::kRelu;
  if (word == "silu") return Act::kSilu;
  throw std::runtime_error("no fused kernel for the activation " + word);
}

template <typename V>
inline V Sigmoid(V z) {
  V result;
  float values[sizeof(V) / sizeof(float)];
  std::memcpy(values, &z, sizeof z);
  for (float& value : values) value = 1.0f / (1.0f + std::exp(-value));
  std::memcpy(&result, values, sizeof result);
  return result;
}

template <Act act, typename V>
inline V Apply(V z) {
  if constexpr (act == Act::kRelu) return Max(z, V{} + 0.0f);
  if constexpr (act == Act::kSilu) return z * Sigmoid(z);
  return z;
}

/** f'(z). */
template <Act act, typename V>
inline V Slope(V z) {
  if constexpr (act == Act::kRelu) return z > 0.0f ? V{} + 1.0f : V{};
  if constexpr (act == Act::kSilu) {
    const V s = Sigmoid(z);
    return s * (1.0f + z * (1.0f - s));
  }
  return V{} + 1.0f;
}

/** The rows of one resolution. */
struct Segment {
  int64_t firstRow, rows;
};

inline std::vector<Segment> SegmentsOf(const Tensor& map) {
  if (map.grids.empty()) return {{0, map.rows()}};
  std::vector<Segment> segments;
  int64_t row = 0;
  for (const Grid& grid : map.grids) {
    segments.push_back({row, grid.pixels()});
    row += grid.pixels();
  }
  return segments;
}

/** The rows of one image. */
struct Image {
  int64_t firstRow, rows, segment;
};

inline std::vector<Image> ImagesOf(const Tensor& map) {
  std::vector<Image> images;
  int64_t row = 0;
  for (size_t segment = 0; segment < map.grids.size(); ++segment) {
    const Grid& grid = map.grids[segment];
    for (int64_t image = 0; image < grid.images; ++image) {
      images.push_back({row, grid.height * grid.width, static_cast<int64_t>(segment)});
      row += grid.height * grid.width;
    }
  }
  return images;
}

/** mean, istd, scale, shift of each channel, per segment; all kernels start from these. */
struct Coefficients {
  const Tensor &mean, &variance;
  const Tensor *scale, *shift;
  float epsilon;
  int64_t channels;

  explicit Coefficients(const Operation& op)
      : mean(op.at("mean")),
        variance(op.at("variance")),
        scale(op.optional("scale")),
        shift(op.optional("shift")),
        epsilon(static_cast<float>(op.number("epsilon"))),
        channels(op.at("input").channels()) {}

  float meanOf(int64_t segment, int64_t c) const { return mean.f32()[offset(segment, mean) + c]; }
  float istdOf(int64_t segment, int64_t c) const {
    return 1.0f / std::sqrt(variance.f32()[offset(segment, variance) + c] + epsilon);
  }
  float scaleOf(int64_t c) const { return scale == nullptr ? 1.0f : scale->f32()[c]; }
  float shiftOf(int64_t c) const { return shift == nullptr ? 0.0f : shift->f32()[c]; }

  /** z = x * a + b: fills a and b, each `channels` long. */
  void affine(int64_t segment, float* a, float* b) const {
    for (int64_t c = 0; c < channels; ++c) {
      a[c] = scaleOf(c) * istdOf(segment, c);
      b[c] = shiftOf(c) - meanOf(segment, c) * a[c];
    }
  }

 private:
  // Running statistics are the same for every resolution.
  int64_t offset(int64_t segment, const Tensor& moments) const { return moments.elements() == channels ? 0 : segment * channels; }
};

/** Rows that are summed in f32 before the sum goes to f64. */
constexpr int64_t kRun = 64;

/** Adds `count` floats to doubles and clears the floats. */
inline void Flush(float* run, double* totals, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    totals[i] += run[i];
    run[i] = 0;
  }
}

/** Per-thread f64 totals and f32 runs of `sums` numbers per channel. */
class Partials {
 public:
  Partials(int64_t sums, int64_t channels, int threads) : count_(sums * channels), threads_(threads) {}
  size_t bytes() const { return static_cast<size_t>(threads_) * stride(); }
  double* totals(char* workspace, int thread) const { return reinterpret_cast<double*>(workspace + thread * stride()); }
  float* run(char* workspace, int thread) const { return reinterpret_cast<float*>(totals(workspace, thread) + count_); }
  void clear(char* workspace, int thread) const { std::memset(workspace + thread * stride(), 0, stride()); }
  /** The sum over threads of number i. */
  double sum(char* workspace, int64_t i) const {
    double total = 0;
    for (int thread = 0; thread < threads_; ++thread) total += totals(workspace, thread)[i];
    return total;
  }

 private:
  int64_t stride() const { return (count_ * 12 + 63) / 64 * 64; }
  int64_t count_;
  int threads_;
};

template <typename T>
const T* RowOf(const Tensor& map, int64_t row) {
  return reinterpret_cast<const T*>(map.data) + row * map.channels();
}
template <typename T>
T* MutableRow(const Tensor& map, int64_t row) {
  return reinterpret_cast<T*>(map.data) + row * map.channels();
}

/** Calls make(T{}, std::integral_constant<Act>) for the type of the map and the activation of the operation. */
template <typename T, typename Make>
KernelPtr ForActivation(const Operation& op, const Make& make) {
  switch (ActOf(op)) {
    case Act::kNone: return make(T{}, std::integral_constant<Act, Act::kNone>{});
    case Act::kRelu: return make(T{}, std::integral_constant<Act, Act::kRelu>{});
    default: return make(T{}, std::integral_constant<Act, Act::kSilu>{});
  }
}

template <typename Make>
KernelPtr ForTypeAndActivation(const Operation& op, const Make& make) {
  return op.at("input").dtype == DType::kF32 ? ForActivation<float>(op, make) : ForActivation<Bf16>(op, make);
}

}  // namespace auspex::AUSPEX_VARIANT
