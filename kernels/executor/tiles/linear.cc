// Linear layers on tiles. There are few rows (a crop each) and many weights, so what counts is to read the weights once: each
// thread has columns of the result, and packs the weights for them on the way.
#include "linear.h"

#include <algorithm>

#include "../parallel.h"
#include "pack.h"

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
      if (overRows_) packRows(begin, length, column, count, packed);
      else packColumns(begin, length, column, count, packed);
      MultiplyAll(left + begin, leftStride_, rows_ / kTile, packed, kTile * kStretch, tiles, length / kDepth, sums, kPanel, begin > 0);
    }
    for (int64_t row = 0; row < left_.rows(); ++row) {
      float* to = result_.f32() + row * columns_ + column;
      const float* from = sums + row * kPanel;
      for (int64_t i = 0; i < count; ++i) to[i] = from[i] + (bias_ == nullptr ? 0 : bias_->f32()[column + i]);
    }
  }

  const W* weights() const { return reinterpret_cast<const W*>(weight_.data); }

  /** result column c sums over weight[begin..][c]. */
  void packRows(int64_t begin, int64_t length, int64_t column, int64_t count, Bf16* packed) const {
    int32_t rows[kStretch];
    for (int64_t i = 0; i < length; ++i) rows[i] = begin + i < depth_ ? static_cast<int32_t>(begin + i) : -1;
    PackPairs(Channels<W>{weights() + column, columns_, count}, rows, length, packed, kTile * kStretch);
  }

  /** result column c sums over weight[c][begin..]. */
  void packColumns(int64_t begin, int64_t length, int64_t column, int64_t count, Bf16* packed) const {
    for (int64_t tile = 0; tile * kTile < count; ++tile) {
      for (int64_t at = 0; at < length; at += kDepth) {
        __m512i r[kTile];
        for (int64_t i = 0; i < kTile; ++i) {
          const int64_t row = column + tile * kTile + i, left = row < columns_ ? depth_ - begin - at : 0;
          const W* from = weights() + (left > 0 ? row * depth_ + begin + at : 0);
          if (left > 0) __builtin_prefetch(from + 4 * kDepth);
          r[i] = both(from, std::clamp<int64_t>(left, 0, kDepth));
        }
        Transpose(r);
        Bf16* to = packed + tile * kTile * kStretch + at * kTile;
        for (int64_t i = 0; i < kTile; ++i) _mm512_store_si512(to + i * kDepth, r[i]);
      }
    }
  }

  /** Up to 32 numbers in a row. */
  static __m512i both(const W* from, int64_t count) {
    const auto mask = [](int64_t of) { return static_cast<__mmask16>((1 << std::clamp<int64_t>(of, 0, kTile)) - 1); };
    const __m256i first = LoadChannels(from, mask(count)), second = LoadChannels(from + (count > kTile ? kTile : 0), mask(count - kTile));
    return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
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
