// Linear layers on tiles. There are few rows (a crop each) and many weights, so what counts is to read the weights once: each
// thread has columns of the result, and packs the weights for them on the way.
#include "linear.h"

#include <algorithm>

#include "../parallel.h"
#include "weights.h"

namespace auspex::tiles {
namespace {

/** Columns of the result, and how far their sums go, for which weights are packed at a time: they stay in a core's own cache. */
constexpr int64_t kPanel = 16 * kTile, kStretch = 16 * kDepth;

template <typename W>
class Linear final : public Kernel {
 public:
  Linear(const LinearOperands& o, int threads)
      : threads_(threads), left_(o.left), weight_(o.weight), result_(o.result), bias_(o.bias), overRows_(o.overRows), rows_(RoundUp(o.left.rows(), kTile)),
        depth_(o.left.channels()), columns_(o.result.channels()), leftStride_(RoundUp(depth_, kDepth) + kDepth) {}

  size_t workspaceBytes() const override { return leftBytes() + threads_ * bytesOfThread(); }

  void run(char* workspace) override {
    auto* left = reinterpret_cast<Bf16*>(workspace);
    packLeft(left);
    OnEachThread([&](int thread, int threads) {
      const TileShapes shapes;
      char* own = workspace + leftBytes() + thread * bytesOfThread();
      const Range range = Split(columns_, thread, threads, kTile);
      for (int64_t column = range.begin; column < range.end; column += kPanel) {
        work(left, column, std::min(kPanel, range.end - column), reinterpret_cast<Bf16*>(own));
      }
    });
  }

 private:
  size_t leftBytes() const { return rows_ * leftStride_ * sizeof(Bf16); }
  /** Packed weights, and the sums of a panel. */
  size_t bytesOfThread() const { return kPanel * (kStretch * sizeof(Bf16) + rows_ * sizeof(float)); }

  /** As bf16, with zeros beyond its rows and columns. */
  void packLeft(Bf16* to) const {
    ForRanges(rows_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        for (int64_t column = 0; column < leftStride_; column += kTile) {
          const int64_t count = row < left_.rows() ? std::clamp<int64_t>(depth_ - column, 0, kTile) : 0;
          const auto mask = static_cast<__mmask16>((1 << count) - 1);
          const float* from = left_.f32() + (count > 0 ? row * depth_ + column : 0);
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + row * leftStride_ + column), LoadChannels(from, mask));
        }
      }
    });
  }

  void work(const Bf16* left, int64_t column, int64_t count, Bf16* packed) const {
    auto* sums = reinterpret_cast<float*>(packed + kPanel * kStretch);
    const int64_t tiles = RoundUp(count, kTile) / kTile;
    for (int64_t begin = 0; begin < depth_; begin += kStretch) {
      const int64_t length = RoundUp(std::min(kStretch, depth_ - begin), kDepth);
      PackWeights(weights(begin, length, column, count), 0, tiles, packed, kTile * kStretch);
      MultiplyAll(left + begin, leftStride_, rows_ / kTile, packed, kTile * kStretch, tiles, length / kDepth, sums, kPanel, begin > 0);
    }
    for (int64_t row = 0; row < left_.rows(); ++row) {
      float* to = result_.f32() + row * columns_ + column;
      const float* from = sums + row * kPanel;
      for (int64_t i = 0; i < count; ++i) to[i] = from[i] + (bias_ == nullptr ? 0 : bias_->f32()[column + i]);
    }
  }

  Weights<W> weights(int64_t begin, int64_t length, int64_t column, int64_t count) const {
    const auto* all = reinterpret_cast<const W*>(weight_.data);
    const int64_t depth = std::min(length, depth_ - begin);
    if (overRows_) return {all + begin * columns_ + column, columns_, 1, depth, count};
    return {all + column * depth_ + begin, 1, depth_, depth, count};
  }

  int threads_;
  const Tensor &left_, &weight_, &result_;
  const Tensor* bias_;
  bool overRows_;
  int64_t rows_, depth_, columns_, leftStride_;
};

}  // namespace

KernelPtr MakeLinear(const LinearOperands& operands, int threads) {
  if (operands.weight.dtype == DType::kF32) return std::make_unique<Linear<float>>(operands, threads);
  return std::make_unique<Linear<Bf16>>(operands, threads);
}

}  // namespace auspex::tiles
