// Batch normalisation, forward: moments, normalised maps (with residual, gate, activation) and their means over images.
#include "batch-norm.h"
#include "../ranks.h"

namespace auspex::AUSPEX_VARIANT {
namespace {

/** One pass: sums of x - k and its square, where k is the segment's first pixel, so that little cancels. */
template <typename T>
class Moments final : public Kernel {
 public:
  Moments(const Operation& op, int threads)
      : input_(op.at("input")), mean_(op.at("mean")), variance_(op.at("variance")), segments_(SegmentsOf(input_)),
        partials_(2, input_.channels(), threads), exchange_(op) {}
  size_t workspaceBytes() const override { return partials_.bytes() + 2 * momentsCount() * sizeof(double); }
  void run(char* workspace) override {
    const int64_t channels = input_.channels();
    // Means, then squares: (S, C) each. Those of all ranks are means over ranks, which have equally many pixels.
    auto* means = reinterpret_cast<double*>(workspace + partials_.bytes());
    double* squares = means + momentsCount();
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
        const double shifted = partials_.sum(workspace, c) / count, mean = shifted + Load<float>(origin + c);
        const double variance = std::max(0.0, partials_.sum(workspace, channels + c) / count - shifted * shifted);
        means[s * channels + c] = mean;
        squares[s * channels + c] = exchange_.size() == 1 ? variance : variance + mean * mean;
      }
    }
    exchange_.sum(means, 2 * momentsCount());
    const double ranks = exchange_.size();
    for (int64_t i = 0; i < momentsCount(); ++i) {
      const double mean = means[i] / ranks;
      mean_.f32()[i] = static_cast<float>(mean);
      variance_.f32()[i] = static_cast<float>(ranks == 1 ? squares[i] : std::max(0.0, squares[i] / ranks - mean * mean));
    }
  }

 private:
  int64_t momentsCount() const { return static_cast<int64_t>(segments_.size()) * input_.channels(); }

  void accumulate(int64_t firstRow, int64_t rows, const T* origin, float* sums, float* squares, int64_t channels) {
    const T* first = RowOf<T>(input_, firstRow);
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      const T* x = first + row * channels;
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        for (int i = 0; i < 4; ++i) ReadAhead(x + i * channels + c);
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
  Exchange exchange_;
};

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
        ReadAhead(x + c);
        ReadAhead(more + c);
        WriteAhead(y + c);
        Store(y + c, Apply<act>(Load<V>(x + c) * Load<V>(a + c) + Load<V>(b + c) + Load<V>(more + c)));
      });
    } else if (gate != nullptr) {
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        ReadAhead(x + c);
        WriteAhead(y + c);
        Store(y + c, Apply<act>(Load<V>(x + c) * Load<V>(a + c) + Load<V>(b + c)) * Load<V>(gate + c));
      });
    } else {
      ForChannels(channels, [&](auto v, int64_t c) {
        using V = decltype(v);
        ReadAhead(x + c);
        WriteAhead(y + c);
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
      int64_t r = 0;
      for (; r + 4 <= image.rows; r += 4) accumulate<4>(image.firstRow + r, a, sums, channels);
      for (; r < image.rows; ++r) accumulate<1>(image.firstRow + r, a, sums, channels);
      const float share = 1.0f / static_cast<float>(image.rows);
      for (int64_t c = 0; c < channels; ++c) sums[c] *= share;
    });
  }

 private:
  template <int kRows>
  void accumulate(int64_t row, const float* a, float* sums, int64_t channels) {
    const T* x = RowOf<T>(input_, row);
    ForChannels(channels, [&](auto v, int64_t c) {
      using V = decltype(v);
      const V gain = Load<V>(a + c), offset = Load<V>(a + channels + c);
      V sum = Load<V>(sums + c);
      for (int i = 0; i < kRows; ++i) {
        ReadAhead(x + i * channels + c);
        sum += Apply<act>(Load<V>(x + i * channels + c) * gain + offset);
      }
      Store(sums + c, sum);
    });
  }

  const Tensor &input_, &pooled_;
  Coefficients coefficients_;
  std::vector<Segment> segments_;
  std::vector<Image> images_;
};

}  // namespace

KernelPtr MakeNormForwardKernel(const Operation& op, int threads) {
  if (op.kind == "batchNormMoments") {
    if (op.at("input").dtype == DType::kF32) return std::make_unique<Moments<float>>(op, threads);
    return std::make_unique<Moments<Bf16>>(op, threads);
  }
  const bool squeeze = op.kind == "squeeze";
  if (!squeeze && op.kind != "batchNorm" && op.kind != "excite") return nullptr;
  return ForTypeAndActivation(op, [&](auto type, auto activation) -> KernelPtr {
    using T = decltype(type);
    if (squeeze) return std::make_unique<Squeeze<T, activation.value>>(op);
    return std::make_unique<Normalise<T, activation.value>>(op);
  });
}

}  // namespace auspex::AUSPEX_VARIANT
