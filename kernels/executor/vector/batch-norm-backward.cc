// Batch normalisation, backward: one pass for the sums over pixels, one for the gradient of the map.
#include "batch-norm.h"
#include "../ranks.h"

namespace auspex::AUSPEX_VARIANT {
namespace {

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
        partials_(2, input_.channels(), threads), exchange_(op) {}
  size_t workspaceBytes() const override { return coefficientBytes() + partials_.bytes() + segments_.size() * sumsOfSegment() * sizeof(double); }
  void run(char* workspace) override {
    auto* sums = reinterpret_cast<double*>(workspace + coefficientBytes() + partials_.bytes());
    // One resolution after the other, while it is in the caches; ranks exchange the sums of all of them at once.
    for (size_t s = 0; s < segments_.size(); ++s) {
      takeSums(s, workspace, sums + s * sumsOfSegment());
      if (exchange_.size() == 1) writeGradients(s, workspace, sums + s * sumsOfSegment());
    }
    if (exchange_.size() == 1) return;
    exchange_.sum(sums, segments_.size() * sumsOfSegment());
    for (size_t s = 0; s < segments_.size(); ++s) writeGradients(s, workspace, sums + s * sumsOfSegment());
  }

 private:
  // a, b (z = x * a + b), mean, istd, k1, k2, k3
  size_t coefficientBytes() const { return (7 * input_.channels() * sizeof(float) + 63) / 64 * 64; }
  // of d, of d * xhat
  int64_t sumsOfSegment() const { return 2 * input_.channels(); }

  /** The sums over this rank's pixels, and from them the gradients of scale and shift. */
  void takeSums(int64_t s, char* workspace, double* result) {
    const int64_t channels = input_.channels();
    const Segment segment = segments_[s];
    auto* a = reinterpret_cast<float*>(workspace);
    float *b = a + channels, *mean = b + channels, *istd = mean + channels;
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
      result[c] = partials_.sum(sums, c);
      result[channels + c] = partials_.sum(sums, channels + c);
      affineGradients_.add(s, c, result[c], result[channels + c]);
    }
  }

  void writeGradients(int64_t s, char* workspace, const double* sums) {
    const int64_t channels = input_.channels();
    const Segment segment = segments_[s];
    auto* a = reinterpret_cast<float*>(workspace);
    float *b = a + channels, *k1 = b + 3 * channels;
    InputGradient k{k1, k1 + channels, k1 + 2 * channels};
    coefficients_.affine(s, a, b);
    const double count = static_cast<double>(segment.rows) * exchange_.size();
    for (int64_t c = 0; c < channels; ++c) k.fill(coefficients_, s, count, c, sums[c], sums[channels + c]);
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
        ReadAhead(dy + at + c);
        ReadAhead(x + at + c);
        if (fromOutput) ReadAhead(y + at + c);
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
      ReadAhead(dy + c);
      ReadAhead(x + c);
      if (fromOutput) ReadAhead(y + c);
      WriteAhead(dx + c);
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
  Exchange exchange_;
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
        ReadAhead(x + i * channels + c);
        ReadAhead(de + i * channels + c);
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
        segments_(SegmentsOf(input_)), images_(ImagesOf(input_)), exchange_(op) {}
  size_t workspaceBytes() const override { return sumsBytes() + segments_.size() * 5 * input_.channels() * sizeof(float); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels(), segments = static_cast<int64_t>(segments_.size());
    // Per segment the sums of d and d * xhat; then, per segment: a, b, k1, k2, k3.
    auto* sums = reinterpret_cast<double*>(workspace);
    auto* table = reinterpret_cast<float*>(workspace + sumsBytes());
    for (int64_t s = 0; s < segments; ++s) takeSums(s, sums + 2 * s * channels);
    exchange_.sum(sums, 2 * segments * channels);
    for (int64_t s = 0; s < segments; ++s) prepare(s, sums + 2 * s * channels, table + 5 * s * channels);
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
          ReadAhead(x + c);
          ReadAhead(de + c);
          WriteAhead(dx + c);
          const V value = Load<V>(x + c), z = value * Load<V>(a + c) + Load<V>(a + channels + c);
          const V d = (Load<V>(de + c) * Load<V>(gate + c) + Load<V>(dPooled + c) * share) * Slope<act>(z);
          Store(dx + c, d * Load<V>(a + 2 * channels + c) + value * Load<V>(a + 3 * channels + c) + Load<V>(a + 4 * channels + c));
        });
      }
    });
  }

 private:
  size_t sumsBytes() const { return (segments_.size() * 2 * input_.channels() * sizeof(double) + 63) / 64 * 64; }

  void prepare(int64_t s, const double* sums, float* a) {
    const int64_t channels = input_.channels();
    coefficients_.affine(s, a, a + channels);
    InputGradient k{a + 2 * channels, a + 3 * channels, a + 4 * channels};
    const double count = static_cast<double>(segments_[s].rows) * exchange_.size();
    for (int64_t c = 0; c < channels; ++c) k.fill(coefficients_, s, count, c, sums[c], sums[channels + c]);
  }

  /** The sums over a resolution from those of its images: d = (de * gate + dPooled / pixels) * f'. */
  void takeSums(int64_t s, double* result) {
    const int64_t channels = input_.channels();
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
      result[c] = sumD;
      result[channels + c] = sumDXhat;
      affineGradients_.add(s, c, sumD, sumDXhat);
    }
  }

  const Tensor &input_, &de_, &gate_, &sums_, &dPooled_, &dx_;
  Coefficients coefficients_;
  AffineGradients affineGradients_;
  std::vector<Segment> segments_;
  std::vector<Image> images_;
  Exchange exchange_;
};

}  // namespace

KernelPtr MakeNormBackwardKernel(const Operation& op, int threads) {
  const bool plain = op.kind == "batchNormBackward", excite = op.kind == "exciteBackward";
  if (!plain && !excite && op.kind != "squeezeBackward") return nullptr;
  return ForTypeAndActivation(op, [&](auto type, auto activation) -> KernelPtr {
    using T = decltype(type);
    constexpr Act act = activation.value;
    if (excite) return std::make_unique<ExciteBackward<T, act>>(op);
    if (!plain) return std::make_unique<SqueezeBackward<T, act>>(op);
    if (op.has("output")) return std::make_unique<NormBackward<T, act, true>>(op, threads);
    return std::make_unique<NormBackward<T, act, false>>(op, threads);
  });
}

}  // namespace auspex::AUSPEX_VARIANT
