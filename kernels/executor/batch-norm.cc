// Batch normalisation with what surrounds it: activation, residual, squeeze and excitation. All of it is bound by memory, so
// each kernel passes over a feature map as few times as the mathematics allows.
//
//   xhat = (x - mean) * istd      z = xhat * scale + shift      y = f(z + residual) * gate
//
// Sums over pixels are taken in f32 over short runs of rows and in f64 across runs, in an order that depends on the number of
// threads alone.
#include <cmath>

#include "kernel.h"
#include "parallel.h"
#include "vector.h"

namespace auspex {
namespace {

enum class Act { kNone, kRelu, kSilu };

Act ActOf(const Operation& op) {
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

std::vector<Segment> SegmentsOf(const Tensor& map) {
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

std::vector<Image> ImagesOf(const Tensor& map) {
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
void Flush(float* run, double* totals, int64_t count) {
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

// ── moments ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One pass: sums of x - k and its square, where k is the segment's first pixel, so that little cancels. */
template <typename T>
class Moments final : public Kernel {
 public:
  Moments(const Operation& op, int threads)
      : input_(op.at("input")), mean_(op.at("mean")), variance_(op.at("variance")), segments_(SegmentsOf(input_)),
        partials_(2, input_.channels(), threads) {}
  size_t workspaceBytes() const override { return partials_.bytes(); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels();
    for (size_t s = 0; s < segments_.size(); ++s) {
      const Segment segment = segments_[s];
      const T* origin = RowOf<T>(input_, segment.firstRow);
      OnEachThread([&](int thread, int threads) {
        partials_.clear(workspace, thread);
        double* totals = partials_.totals(workspace, thread);
        float* sums = partials_.run(workspace, thread);
        float* squares = sums + channels;
        const Range range = Split(segment.rows, thread, threads);
        for (int64_t begin = range.begin; begin < range.end; begin += kRun) {
          accumulate(segment.firstRow + begin, std::min(kRun, range.end - begin), origin, sums, squares, channels);
          Flush(sums, totals, 2 * channels);
        }
      });
      const double count = static_cast<double>(segment.rows);
      for (int64_t c = 0; c < channels; ++c) {
        const double mean = partials_.sum(workspace, c) / count;
        const double square = partials_.sum(workspace, channels + c) / count;
        mean_.f32()[s * channels + c] = static_cast<float>(mean + Load<float>(origin + c));
        variance_.f32()[s * channels + c] = static_cast<float>(std::max(0.0, square - mean * mean));
      }
    }
  }

 private:
  void accumulate(int64_t firstRow, int64_t rows, const T* origin, float* sums, float* squares, int64_t channels) {
    const T* first = RowOf<T>(input_, firstRow);
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      const T* x = first + row * channels;
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        const V k = Load<V>(origin + c);
        const V d0 = Load<V>(x + c) - k, d1 = Load<V>(x + channels + c) - k;
        const V d2 = Load<V>(x + 2 * channels + c) - k, d3 = Load<V>(x + 3 * channels + c) - k;
        Store(sums + c, Load<V>(sums + c) + ((d0 + d1) + (d2 + d3)));
        Store(squares + c, Load<V>(squares + c) + ((d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)));
      });
    }
    for (; row < rows; ++row) {
      const T* x = first + row * channels;
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        const V d = Load<V>(x + c) - Load<V>(origin + c);
        Store(sums + c, Load<V>(sums + c) + d);
        Store(squares + c, Load<V>(squares + c) + d * d);
      });
    }
  }

  const Tensor &input_, &mean_, &variance_;
  std::vector<Segment> segments_;
  Partials partials_;
};

// ── forward ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** batchNorm (with residual or not) and excite. */
template <typename T, Act act>
class Normalise final : public Kernel {
 public:
  explicit Normalise(const Operation& op)
      : input_(op.at("input")), output_(op.at("output")), residual_(op.optional("residual")), gate_(op.optional("gate")),
        coefficients_(op), segments_(SegmentsOf(input_)), images_(ImagesOf(input_)) {}
  size_t workspaceBytes() const override { return segments_.size() * 2 * input_.channels() * sizeof(float); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels();
    auto* affine = reinterpret_cast<float*>(workspace);
    for (size_t s = 0; s < segments_.size(); ++s) {
      coefficients_.affine(s, affine + 2 * s * channels, affine + (2 * s + 1) * channels);
    }
    if (gate_ != nullptr) {
      ForEach(static_cast<int64_t>(images_.size()), [&](int64_t n) {
        const Image& image = images_[n];
        const float* gate = gate_->f32() + n * channels;
        for (int64_t r = image.firstRow; r < image.firstRow + image.rows; ++r) row(r, affine + 2 * image.segment * channels, gate);
      });
      return;
    }
    for (size_t s = 0; s < segments_.size(); ++s) {
      ForRanges(segments_[s].rows, std::max<int64_t>(1, 4096 / channels), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) row(segments_[s].firstRow + r, affine + 2 * s * channels, nullptr);
      });
    }
  }

 private:
  void row(int64_t r, const float* a, const float* gate) {
    const int64_t channels = input_.channels();
    const float* b = a + channels;
    const T* x = RowOf<T>(input_, r);
    T* y = MutableRow<T>(output_, r);
    if (residual_ != nullptr) {
      const T* more = RowOf<T>(*residual_, r);
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        Store(y + c, Apply<act>(Load<V>(x + c) * Load<V>(a + c) + Load<V>(b + c) + Load<V>(more + c)));
      });
    } else if (gate != nullptr) {
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        Store(y + c, Apply<act>(Load<V>(x + c) * Load<V>(a + c) + Load<V>(b + c)) * Load<V>(gate + c));
      });
    } else {
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        Store(y + c, Apply<act>(Load<V>(x + c) * Load<V>(a + c) + Load<V>(b + c)));
      });
    }
  }

  const Tensor &input_, &output_;
  const Tensor *residual_, *gate_;
  Coefficients coefficients_;
  std::vector<Segment> segments_;
  std::vector<Image> images_;
};

template <typename T, Act act>
class Squeeze final : public Kernel {
 public:
  explicit Squeeze(const Operation& op)
      : input_(op.at("input")), pooled_(op.at("pooled")), coefficients_(op), segments_(SegmentsOf(input_)), images_(ImagesOf(input_)) {}
  size_t workspaceBytes() const override { return segments_.size() * 2 * input_.channels() * sizeof(float); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels();
    auto* affine = reinterpret_cast<float*>(workspace);
    for (size_t s = 0; s < segments_.size(); ++s) {
      coefficients_.affine(s, affine + 2 * s * channels, affine + (2 * s + 1) * channels);
    }
    ForEach(static_cast<int64_t>(images_.size()), [&](int64_t n) {
      const Image& image = images_[n];
      const float* a = affine + 2 * image.segment * channels;
      float* sums = pooled_.f32() + n * channels;
      std::fill(sums, sums + channels, 0.0f);
      for (int64_t r = 0; r < image.rows; ++r) {
        const T* x = RowOf<T>(input_, image.firstRow + r);
        ForChannels(channels, [&](auto v, int64_t c) {
          using V = decltype(v);
          const V z = Load<V>(x + c) * Load<V>(a + c) + Load<V>(a + channels + c);
          Store(sums + c, Load<V>(sums + c) + Apply<act>(z));
        });
      }
      const float share = 1.0f / static_cast<float>(image.rows);
      for (int64_t c = 0; c < channels; ++c) sums[c] *= share;
    });
  }

 private:
  const Tensor &input_, &pooled_;
  Coefficients coefficients_;
  std::vector<Segment> segments_;
  std::vector<Image> images_;
};

// ── backward ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** dx = d * k1 + x * k2 + k3 once the sums of d and d * xhat are known. */
struct InputGradient {
  float *k1, *k2, *k3;

  void fill(const Coefficients& co, int64_t segment, double count, int64_t c, double sumD, double sumDXhat) {
    const double istd = co.istdOf(segment, c), gain = co.scaleOf(c) * istd;
    k1[c] = static_cast<float>(gain);
    k2[c] = static_cast<float>(-gain * istd * sumDXhat / count);
    k3[c] = static_cast<float>(-gain * sumD / count + gain * istd * co.meanOf(segment, c) * sumDXhat / count);
  }
};

/** Scale and shift gradients, summed over the segments. */
struct AffineGradients {
  float *scale, *shift;
  explicit AffineGradients(const Operation& op)
      : scaleTensor_(op.optional("scaleGradient")), shiftTensor_(op.optional("shiftGradient")) {}
  void add(int64_t segment, int64_t c, double sumD, double sumDXhat) const {
    if (scaleTensor_ == nullptr) return;
    float &scale = scaleTensor_->f32()[c], &shift = shiftTensor_->f32()[c];
    scale = static_cast<float>((segment == 0 ? 0.0 : scale) + sumDXhat);
    shift = static_cast<float>((segment == 0 ? 0.0 : shift) + sumD);
  }

 private:
  Tensor *scaleTensor_, *shiftTensor_;
};

/** How d = dy * f'(...) is found: from z, or from the output where a residual was added before the ReLU. */
template <typename T, Act act, bool fromOutput>
class NormBackward final : public Kernel {
 public:
  NormBackward(const Operation& op, int threads)
      : input_(op.at("input")), dy_(op.at("outputGradient")), dx_(op.at("inputGradient")), output_(op.optional("output")),
        residualGradient_(op.optional("residualGradient")), coefficients_(op), affineGradients_(op), segments_(SegmentsOf(input_)),
        partials_(2, input_.channels(), threads) {}
  size_t workspaceBytes() const override { return coefficientBytes() + partials_.bytes(); }
  void run(char* workspace) override {
    for (size_t s = 0; s < segments_.size(); ++s) segment(s, workspace);
  }

 private:
  // a, b (z = x * a + b), mean, istd, k1, k2, k3
  size_t coefficientBytes() const { return (7 * input_.channels() * sizeof(float) + 63) / 64 * 64; }

  void segment(int64_t s, char* workspace) {
    const int64_t channels = input_.channels();
    const Segment segment = segments_[s];
    auto* a = reinterpret_cast<float*>(workspace);
    float *b = a + channels, *mean = b + channels, *istd = mean + channels;
    InputGradient k{istd + channels, istd + 2 * channels, istd + 3 * channels};
    char* sums = workspace + coefficientBytes();
    coefficients_.affine(s, a, b);
    for (int64_t c = 0; c < channels; ++c) {
      mean[c] = coefficients_.meanOf(s, c);
      istd[c] = coefficients_.istdOf(s, c);
    }
    OnEachThread([&](int thread, int threads) {
      partials_.clear(sums, thread);
      double* totals = partials_.totals(sums, thread);
      float* run = partials_.run(sums, thread);
      const Range range = Split(segment.rows, thread, threads);
      for (int64_t begin = range.begin; begin < range.end; begin += kRun) {
        const int64_t end = std::min(begin + kRun, range.end);
        int64_t r = begin;
        for (; r + 2 <= end; r += 2) accumulate<2>(segment.firstRow + r, a, b, mean, istd, run, channels);
        for (; r < end; ++r) accumulate<1>(segment.firstRow + r, a, b, mean, istd, run, channels);
        Flush(run, totals, 2 * channels);
      }
    });
    for (int64_t c = 0; c < channels; ++c) {
      const double sumD = partials_.sum(sums, c), sumDXhat = partials_.sum(sums, channels + c);
      k.fill(coefficients_, s, static_cast<double>(segment.rows), c, sumD, sumDXhat);
      affineGradients_.add(s, c, sumD, sumDXhat);
    }
    ForRanges(segment.rows, std::max<int64_t>(1, 4096 / channels), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) write(segment.firstRow + r, a, b, k, channels);
    });
  }

  template <typename V>
  V masked(const T* dy, const T* x, const T* y, const float* a, const float* b, int64_t c) const {
    const V d = Load<V>(dy + c);
    if constexpr (act == Act::kNone) return d;
    if constexpr (fromOutput) return Load<V>(y + c) > 0.0f ? d : V{};
    const V z = Load<V>(x + c) * Load<V>(a + c) + Load<V>(b + c);
    if constexpr (act == Act::kRelu) return z > 0.0f ? d : V{};
    return d * Slope<act>(z);
  }

  template <int kRows>
  void accumulate(int64_t r, const float* a, const float* b, const float* mean, const float* istd, float* run, int64_t channels) {
    const T *dy = RowOf<T>(dy_, r), *x = RowOf<T>(input_, r), *y = fromOutput ? RowOf<T>(*output_, r) : nullptr;
    ForChannels(channels, [&](auto v, int64_t c) {
      using V = decltype(v);
      V sum = Load<V>(run + c), product = Load<V>(run + channels + c);
      const V mu = Load<V>(mean + c), inverse = Load<V>(istd + c);
      for (int i = 0; i < kRows; ++i) {
        const int64_t at = i * channels;
        const V d = masked<V>(dy + at, x + at, fromOutput ? y + at : nullptr, a, b, c);
        sum += d;
        product += d * ((Load<V>(x + at + c) - mu) * inverse);
      }
      Store(run + c, sum);
      Store(run + channels + c, product);
    });
  }

  void write(int64_t r, const float* a, const float* b, const InputGradient& k, int64_t channels) {
    const T *dy = RowOf<T>(dy_, r), *x = RowOf<T>(input_, r), *y = fromOutput ? RowOf<T>(*output_, r) : nullptr;
    T* dx = MutableRow<T>(dx_, r);
    T* residual = residualGradient_ == nullptr ? nullptr : MutableRow<T>(*residualGradient_, r);
    ForChannels(channels, [&](auto v, int64_t c) {
      using V = decltype(v);
      const V d = masked<V>(dy, x, y, a, b, c);
      const V gradient = d * Load<V>(k.k1 + c) + Load<V>(x + c) * Load<V>(k.k2 + c) + Load<V>(k.k3 + c);
      if (residual != nullptr) Store(residual + c, d);
      Store(dx + c, gradient);
    });
  }

  const Tensor &input_, &dy_, &dx_;
  const Tensor *output_, *residualGradient_;
  Coefficients coefficients_;
  AffineGradients affineGradients_;
  std::vector<Segment> segments_;
  Partials partials_;
};

/** The sums of one image: of de f', de f' xhat, f', f' xhat and de f, in this order. */
constexpr int kImageSums = 5;

template <typename T, Act act>
class ExciteBackward final : public Kernel {
 public:
  explicit ExciteBackward(const Operation& op)
      : input_(op.at("input")), de_(op.at("outputGradient")), gateGradient_(op.at("gateGradient")), sums_(op.at("sums")),
        coefficients_(op), segments_(SegmentsOf(input_)), images_(ImagesOf(input_)) {}
  size_t workspaceBytes() const override { return segments_.size() * 4 * input_.channels() * sizeof(float); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels();
    auto* table = reinterpret_cast<float*>(workspace);
    for (size_t s = 0; s < segments_.size(); ++s) {
      float* a = table + 4 * s * channels;
      coefficients_.affine(s, a, a + channels);
      for (int64_t c = 0; c < channels; ++c) {
        a[2 * channels + c] = coefficients_.meanOf(s, c);
        a[3 * channels + c] = coefficients_.istdOf(s, c);
      }
    }
    ForEach(static_cast<int64_t>(images_.size()), [&](int64_t n) {
      const Image& image = images_[n];
      const float* a = table + 4 * image.segment * channels;
      float* sums = sums_.f32() + n * kImageSums * channels;
      std::fill(sums, sums + kImageSums * channels, 0.0f);
      int64_t r = 0;
      for (; r + 4 <= image.rows; r += 4) accumulate<4>(image.firstRow + r, a, sums, channels);
      for (; r < image.rows; ++r) accumulate<1>(image.firstRow + r, a, sums, channels);
      std::copy(sums + 4 * channels, sums + 5 * channels, gateGradient_.f32() + n * channels);
    });
  }

 private:
  template <int kRows>
  void accumulate(int64_t row, const float* a, float* sums, int64_t channels) {
    const T *x = RowOf<T>(input_, row), *de = RowOf<T>(de_, row);
    ForChannels(channels, [&](auto v, int64_t c) {
      using V = decltype(v);
      const V gain = Load<V>(a + c), offset = Load<V>(a + channels + c);
      const V mean = Load<V>(a + 2 * channels + c), istd = Load<V>(a + 3 * channels + c);
      V sum[kImageSums];
      for (int i = 0; i < kImageSums; ++i) sum[i] = Load<V>(sums + i * channels + c);
      for (int i = 0; i < kRows; ++i) {
        const V value = Load<V>(x + i * channels + c), d = Load<V>(de + i * channels + c);
        const V z = value * gain + offset, slope = Slope<act>(z), xhat = (value - mean) * istd;
        const V dSlope = d * slope;
        sum[0] += dSlope;
        sum[1] += dSlope * xhat;
        sum[2] += slope;
        sum[3] += slope * xhat;
        sum[4] += d * Apply<act>(z);
      }
      for (int i = 0; i < kImageSums; ++i) Store(sums + i * channels + c, sum[i]);
    });
  }

  const Tensor &input_, &de_, &gateGradient_, &sums_;
  Coefficients coefficients_;
  std::vector<Segment> segments_;
  std::vector<Image> images_;
};

template <typename T, Act act>
class SqueezeBackward final : public Kernel {
 public:
  explicit SqueezeBackward(const Operation& op)
      : input_(op.at("input")), de_(op.at("outputGradient")), gate_(op.at("gate")), sums_(op.at("sums")),
        dPooled_(op.at("pooledGradient")), dx_(op.at("inputGradient")), coefficients_(op), affineGradients_(op),
        segments_(SegmentsOf(input_)), images_(ImagesOf(input_)) {}
  // Per segment: a, b, k1, k2, k3.
  size_t workspaceBytes() const override { return segments_.size() * 5 * input_.channels() * sizeof(float); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels();
    auto* table = reinterpret_cast<float*>(workspace);
    for (size_t s = 0; s < segments_.size(); ++s) prepare(s, table + 5 * s * channels);
    ForEach(static_cast<int64_t>(images_.size()), [&](int64_t n) {
      const Image& image = images_[n];
      const float* a = table + 5 * image.segment * channels;
      const float *gate = gate_.f32() + n * channels, *dPooled = dPooled_.f32() + n * channels;
      const float share = 1.0f / static_cast<float>(image.rows);
      for (int64_t r = image.firstRow; r < image.firstRow + image.rows; ++r) {
        const T *x = RowOf<T>(input_, r), *de = RowOf<T>(de_, r);
        T* dx = MutableRow<T>(dx_, r);
        ForChannels(channels, [&](auto v, int64_t c) {
          using V = decltype(v);
          const V value = Load<V>(x + c), z = value * Load<V>(a + c) + Load<V>(a + channels + c);
          const V d = (Load<V>(de + c) * Load<V>(gate + c) + Load<V>(dPooled + c) * share) * Slope<act>(z);
          Store(dx + c, d * Load<V>(a + 2 * channels + c) + value * Load<V>(a + 3 * channels + c) + Load<V>(a + 4 * channels + c));
        });
      }
    });
  }

 private:
  /** The sums over a resolution from those of its images: d = (de * gate + dPooled / pixels) * f'. */
  void prepare(int64_t s, float* a) {
    const int64_t channels = input_.channels();
    coefficients_.affine(s, a, a + channels);
    InputGradient k{a + 2 * channels, a + 3 * channels, a + 4 * channels};
    for (int64_t c = 0; c < channels; ++c) {
      double sumD = 0, sumDXhat = 0;
      for (size_t n = 0; n < images_.size(); ++n) {
        if (images_[n].segment != s) continue;
        const float* sums = sums_.f32() + n * kImageSums * channels + c;
        const double gate = gate_.f32()[n * channels + c];
        const double pooled = dPooled_.f32()[n * channels + c] / static_cast<double>(images_[n].rows);
        sumD += gate * sums[0] + pooled * sums[2 * channels];
        sumDXhat += gate * sums[channels] + pooled * sums[3 * channels];
      }
      k.fill(coefficients_, s, static_cast<double>(segments_[s].rows), c, sumD, sumDXhat);
      affineGradients_.add(s, c, sumD, sumDXhat);
    }
  }

  const Tensor &input_, &de_, &gate_, &sums_, &dPooled_, &dx_;
  Coefficients coefficients_;
  AffineGradients affineGradients_;
  std::vector<Segment> segments_;
  std::vector<Image> images_;
};

template <typename T, Act act>
KernelPtr MakeFor(const Operation& op, int threads) {
  if (op.kind == "batchNorm" || op.kind == "excite") return std::make_unique<Normalise<T, act>>(op);
  if (op.kind == "squeeze") return std::make_unique<Squeeze<T, act>>(op);
  if (op.kind == "exciteBackward") return std::make_unique<ExciteBackward<T, act>>(op);
  if (op.kind == "squeezeBackward") return std::make_unique<SqueezeBackward<T, act>>(op);
  if (op.has("output")) return std::make_unique<NormBackward<T, act, true>>(op, threads);
  return std::make_unique<NormBackward<T, act, false>>(op, threads);
}

template <typename T>
KernelPtr MakeTyped(const Operation& op, int threads) {
  if (op.kind == "batchNormMoments") return std::make_unique<Moments<T>>(op, threads);
  switch (ActOf(op)) {
    case Act::kNone: return MakeFor<T, Act::kNone>(op, threads);
    case Act::kRelu: return MakeFor<T, Act::kRelu>(op, threads);
    default: return MakeFor<T, Act::kSilu>(op, threads);
  }
}

}  // namespace

KernelPtr MakeNormKernel(const Operation& op, int threads) {
  static const char* const kinds[] = {"batchNormMoments", "batchNorm", "batchNormBackward", "squeeze", "excite", "exciteBackward", "squeezeBackward"};
  if (std::find(std::begin(kinds), std::end(kinds), op.kind) == std::end(kinds)) return nullptr;
  return op.at("input").dtype == DType::kF32 ? MakeTyped<float>(op, threads) : MakeTyped<Bf16>(op, threads);
}

}  // namespace auspex
