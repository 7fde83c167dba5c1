// Operations that are not worth a file of their own: image normalisation, activations, sums, pooling, gates, unit rows.
// Feature maps may be f32 or bf16; everything per image or per row is f32.
#include <cmath>
#include <functional>

#include "kernels.h"
#include "../parallel.h"
#include "vector.h"

namespace auspex::AUSPEX_VARIANT {
namespace {

/** A kernel without workspace that is a plain function of its tensors. */
class Simple final : public Kernel {
 public:
  explicit Simple(std::function<void()> body) : body_(std::move(body)) {}
  void run(char*) override { body_(); }

 private:
  std::function<void()> body_;
};

KernelPtr MakeSimple(std::function<void()> body) { return std::make_unique<Simple>(std::move(body)); }

constexpr int64_t kGrain = 1 << 14;

/** body(V{}, i) over all elements, on all threads. */
template <typename Body>
void ForElements(int64_t count, const Body& body) {
  ForRanges(count, kGrain, [&](int64_t begin, int64_t end) {
    ForChannels(end - begin, [&](auto v, int64_t i) { body(v, begin + i); });
  });
}

template <typename T>
T* As(const Tensor& tensor) {
  return reinterpret_cast<T*>(tensor.data);
}

float SigmoidOf(float x) { return 1.0f / (1.0f + std::exp(-x)); }

template <typename T>
KernelPtr NormalizeImages(const Operation& op) {
  const Tensor &in = op.at("input"), &out = op.at("output");
  const std::vector<double>&mean = op.list("mean"), &deviation = op.list("deviation");
  if (in.dtype == DType::kF32) {
    return MakeSimple([&in, &out, mean, deviation] {
      ForRanges(in.rows(), 4096, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin * 3; i < end * 3; i += 3) {
          for (int c = 0; c < 3; ++c) {
            const double x = (in.f32()[i + c] - mean[c]) / deviation[c];
            Store(As<T>(out) + i + c, static_cast<float>(x));
          }
        }
      });
    });
  }
  std::vector<float> table(3 * 256);
  for (int c = 0; c < 3; ++c) {
    for (int value = 0; value < 256; ++value) {
      const double unit = value / 255.0;
      table[c * 256 + value] = static_cast<float>((unit - mean.at(c)) / deviation.at(c));
    }
  }
  return MakeSimple([&in, &out, table] {
    ForRanges(in.rows(), 4096, [&](int64_t begin, int64_t end) {
      const auto* bytes = As<uint8_t>(in);
      for (int64_t i = begin * 3; i < end * 3; i += 3) {
        for (int c = 0; c < 3; ++c) Store(As<T>(out) + i + c, table[c * 256 + bytes[i + c]]);
      }
    });
  });
}

template <typename T>
KernelPtr Activation(const Operation& op) {
  const Tensor &in = op.at("input"), &out = op.at("output");
  const std::string kind = op.words.at("activation");
  if (kind == "relu") {
    return MakeSimple([&] {
      ForElements(in.elements(), [&](auto v, int64_t i) {
        Store(As<T>(out) + i, Max(Load<decltype(v)>(As<T>(in) + i), decltype(v){}));
      });
    });
  }
  const bool silu = kind == "silu";
  return MakeSimple([&in, &out, silu] {
    ForRanges(in.elements(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float x = Load<float>(As<T>(in) + i);
        Store(As<T>(out) + i, silu ? x * SigmoidOf(x) : SigmoidOf(x));
      }
    });
  });
}

template <typename T>
KernelPtr ActivationBackward(const Operation& op) {
  const Tensor &in = op.at("input"), &dy = op.at("outputGradient"), &dx = op.at("inputGradient");
  const std::string kind = op.words.at("activation");
  const int code = kind == "relu" ? 0 : kind == "silu" ? 1 : 2;
  return MakeSimple([&in, &dy, &dx, code] {
    ForRanges(in.elements(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float x = Load<float>(As<T>(in) + i), d = Load<float>(As<T>(dy) + i), s = code == 0 ? 0 : SigmoidOf(x);
        const float slope = code == 0 ? (x > 0 ? 1.0f : 0.0f) : code == 1 ? s * (1 + x * (1 - s)) : s * (1 - s);
        Store(As<T>(dx) + i, d * slope);
      }
    });
  });
}

template <typename T>
KernelPtr Add(const Operation& op) {
  const Tensor &left = op.at("left"), &right = op.at("right"), &out = op.at("output");
  return MakeSimple([&] {
    ForElements(left.elements(), [&](auto v, int64_t i) {
      using V = decltype(v);
      Store(As<T>(out) + i, Load<V>(As<T>(left) + i) + Load<V>(As<T>(right) + i));
    });
  });
}

/** body(image, firstRow, rows) for each image of a feature map. */
template <typename Body>
void ForImages(const Tensor& map, const Body& body) {
  int64_t images = 0;
  for (const Grid& grid : map.grids) images += grid.images;
  ForEach(images, [&](int64_t n) {
    int64_t before = 0, row = 0;
    for (const Grid& grid : map.grids) {
      const int64_t area = grid.height * grid.width;
      if (n < before + grid.images) return body(n, row + (n - before) * area, area);
      before += grid.images;
      row += grid.images * area;
    }
  });
}

template <typename T>
KernelPtr GlobalPool(const Operation& op) {
  const Tensor &in = op.at("input"), &out = op.at("output");
  return MakeSimple([&] {
    const int64_t channels = in.channels();
    ForImages(in, [&](int64_t n, int64_t firstRow, int64_t rows) {
      float* sums = out.f32() + n * channels;
      std::fill(sums, sums + channels, 0.0f);
      for (int64_t r = firstRow; r < firstRow + rows; ++r) {
        ForChannels(channels, [&](auto v, int64_t c) {
          using V = decltype(v);
          Store(sums + c, Load<V>(sums + c) + Load<V>(As<T>(in) + r * channels + c));
        });
      }
      for (int64_t c = 0; c < channels; ++c) sums[c] /= static_cast<float>(rows);
    });
  });
}

template <typename T>
KernelPtr GlobalPoolBackward(const Operation& op) {
  const Tensor &dy = op.at("outputGradient"), &dx = op.at("inputGradient");
  return MakeSimple([&] {
    const int64_t channels = dx.channels();
    ForImages(dx, [&](int64_t n, int64_t firstRow, int64_t rows) {
      const float share = 1.0f / static_cast<float>(rows);
      for (int64_t r = firstRow; r < firstRow + rows; ++r) {
        ForChannels(channels, [&](auto v, int64_t c) {
          Store(As<T>(dx) + r * channels + c, Load<decltype(v)>(dy.f32() + n * channels + c) * share);
        });
      }
    });
  });
}

template <typename T>
KernelPtr Gate(const Operation& op) {
  const Tensor &in = op.at("input"), &gate = op.at("gate"), &out = op.at("output");
  return MakeSimple([&] {
    const int64_t channels = in.channels();
    ForImages(in, [&](int64_t n, int64_t firstRow, int64_t rows) {
      for (int64_t r = firstRow; r < firstRow + rows; ++r) {
        ForChannels(channels, [&](auto v, int64_t c) {
          using V = decltype(v);
          Store(As<T>(out) + r * channels + c, Load<V>(As<T>(in) + r * channels + c) * Load<V>(gate.f32() + n * channels + c));
        });
      }
    });
  });
}

template <typename T>
KernelPtr GateBackward(const Operation& op) {
  const Tensor &in = op.at("input"), &gate = op.at("gate"), &dy = op.at("outputGradient");
  const Tensor &dx = op.at("inputGradient"), &dGate = op.at("gateGradient");
  return MakeSimple([&] {
    const int64_t channels = in.channels();
    ForImages(in, [&](int64_t n, int64_t firstRow, int64_t rows) {
      float* sums = dGate.f32() + n * channels;
      std::fill(sums, sums + channels, 0.0f);
      for (int64_t r = firstRow; r < firstRow + rows; ++r) {
        ForChannels(channels, [&](auto v, int64_t c) {
          using V = decltype(v);
          const V d = Load<V>(As<T>(dy) + r * channels + c);
          Store(sums + c, Load<V>(sums + c) + d * Load<V>(As<T>(in) + r * channels + c));
          Store(As<T>(dx) + r * channels + c, d * Load<V>(gate.f32() + n * channels + c));
        });
      }
    });
  });
}

/** As in the reference implementation, a norm below this counts as this. */
constexpr double kSmallestNorm = 1e-12;

double NormOf(const float* row, int64_t count) {
  double square = 0;
  for (int64_t i = 0; i < count; ++i) square += static_cast<double>(row[i]) * row[i];
  return std::max(std::sqrt(square), kSmallestNorm);
}

KernelPtr L2Normalize(const Operation& op) {
  const Tensor &in = op.at("input"), &out = op.at("output");
  return MakeSimple([&] {
    const int64_t width = in.channels();
    ForRanges(in.rows(), 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *x = in.f32() + r * width, inverse = static_cast<float>(1.0 / NormOf(x, width));
        for (int64_t c = 0; c < width; ++c) out.f32()[r * width + c] = x[c] * inverse;
      }
    });
  });
}

/** dx = (dy - y (y . dy)) / |x|. */
KernelPtr L2NormalizeBackward(const Operation& op) {
  const Tensor &in = op.at("input"), &dy = op.at("outputGradient"), &dx = op.at("inputGradient");
  return MakeSimple([&] {
    const int64_t width = in.channels();
    ForRanges(in.rows(), 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const float *x = in.f32() + r * width, *d = dy.f32() + r * width;
        const double norm = NormOf(x, width);
        double dot = 0;
        for (int64_t c = 0; c < width; ++c) dot += static_cast<double>(x[c]) * d[c];
        const double along = dot / (norm * norm);
        for (int64_t c = 0; c < width; ++c) dx.f32()[r * width + c] = static_cast<float>((d[c] - along * x[c]) / norm);
      }
    });
  });
}

template <typename T>
KernelPtr MakeTyped(const Operation& op) {
  if (op.kind == "normalizeImages") return NormalizeImages<T>(op);
  if (op.kind == "activation") return Activation<T>(op);
  if (op.kind == "activationBackward") return ActivationBackward<T>(op);
  if (op.kind == "add") return Add<T>(op);
  if (op.kind == "globalPool") return GlobalPool<T>(op);
  if (op.kind == "globalPoolBackward") return GlobalPoolBackward<T>(op);
  if (op.kind == "gate") return Gate<T>(op);
  if (op.kind == "gateBackward") return GateBackward<T>(op);
  return nullptr;
}

/** The feature map that decides the type. */
const Tensor& MapOf(const Operation& op) {
  for (const char* name : {"inputGradient", "output", "input"}) {
    if (op.has(name) && op.at(name).dtype != DType::kU8 && !(op.kind == "globalPool" && std::string(name) == "output")) return op.at(name);
  }
  return op.operands.begin()->second.at(0)[0];
}

}  // namespace

KernelPtr MakeElementwiseKernel(const Operation& op, int) {
  if (op.kind == "l2Normalize") return L2Normalize(op);
  if (op.kind == "l2NormalizeBackward") return L2NormalizeBackward(op);
  return MapOf(op).dtype == DType::kBf16 ? MakeTyped<Bf16>(op) : MakeTyped<float>(op);
}

}  // namespace auspex::AUSPEX_VARIANT
