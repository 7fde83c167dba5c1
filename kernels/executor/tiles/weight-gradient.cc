// The gradient of the weights of a convolution or a linear layer, on tiles: for each tap of the kernel
//
//     dw[out][in] = Σ over output pixels of dy[pixel][out] · x[pixel + tap][in]
//
// Pixels are numbered as grid.h says. x is packed once, transposed, and each tap reads it from where its shift says; dy is packed once,
// in pairs of pixels. (A 1x1 kernel has no shift, and its factors change places: its gradient is then made where it belongs.)
//
// Narrow groups share a tile; what lies between them is computed and dropped.
#include "weight-gradient.h"

#include <algorithm>

#include "../parallel.h"
#include "grid.h"
#include "pack.h"

namespace auspex::tiles {
namespace {

/** Part of the gradient: channel tiles of some groups, and which share of the pixels it sums over. */
struct Job {
  int64_t block, firstTile, tiles, share;
};

class Shape {
 public:
  explicit Shape(const WeightGradientOperands& o)
      : kernel(o.kernel), groups(o.groups), inWidth(o.input.channels() / o.groups), outWidth(o.outputGradient.channels() / o.groups),
        transposesInput(o.kernel > 1), taps(o.input, o.outputGradient, o.kernel, o.stride, o.kernel == 1 && o.stride == 1) {
    if (groups > 1 && inWidth < kTile && inWidth == outWidth && kTile % inWidth == 0) together = kTile / inWidth;
    blocks = (groups + together - 1) / together;
  }

  /** Whether the tiles of a block are mostly of use. */
  bool fits() const { return together > 1 || (inWidth >= kTile && outWidth >= kTile) || (groups == 1 && kernel == 1); }
  /** Rows and columns of the result: the channels of the transposed factor, and those of the other. */
  int64_t rowWidth() const { return together * (transposesInput ? inWidth : outWidth); }
  int64_t columnWidth() const { return together * (transposesInput ? outWidth : inWidth); }
  int64_t rowTiles() const { return (rowWidth() + kTile - 1) / kTile; }
  int64_t columnTiles() const { return (columnWidth() + kTile - 1) / kTile; }

  int64_t kernel, groups, inWidth, outWidth;
  bool transposesInput;
  int64_t together = 1, blocks;
  Taps taps;
};

/** Positions that are packed at a time: at least and at most, and at best as many as leave room for sums in a core's own cache. */
constexpr int64_t kShortest = 256, kLongest = 512;
constexpr int64_t kPackedBytes = 768 << 10;
/** Sums of all jobs up to which threads share pixels instead of channels. */
constexpr int64_t kSharedSums = 1 << 19;

template <typename T>
class WeightGradient final : public Kernel {
 public:
  WeightGradient(const WeightGradientOperands& operands, int threads)
      : input_(operands.input), outputGradient_(operands.outputGradient), gradient_(operands.weightGradient), shape_(operands) {
    const int64_t sums = shape_.taps.count() * shape_.rowTiles() * shape_.columnTiles() * kTile * kTile * static_cast<int64_t>(sizeof(float));
    int64_t parts = 1;
    if (threads > 1 && shape_.blocks % threads != 0 && shape_.blocks < 8 * threads) {
      if (shape_.blocks == 1 && sums > kSharedSums) parts = std::min<int64_t>(threads, shape_.rowTiles());
      else shares_ = threads;
    }
    for (int64_t share = 0; share < shares_; ++share) {
      for (int64_t block = 0; block < shape_.blocks; ++block) {
        for (int64_t part = 0; part < parts; ++part) {
          // Tiles are multiplied two at a time.
          const Range tiles = Split(shape_.rowTiles(), static_cast<int>(part), static_cast<int>(parts), 2);
          if (tiles.begin < tiles.end) jobs_.push_back({block, tiles.begin, tiles.end - tiles.begin, share});
        }
      }
    }
    rowTilesOfJob_ = 0;
    for (const Job& job : jobs_) rowTilesOfJob_ = std::max(rowTilesOfJob_, job.tiles);
    const int64_t bytesOfPosition = (numPlanes() * rowTilesOfJob_ + shape_.columnTiles()) * kTile * static_cast<int64_t>(sizeof(Bf16));
    const int64_t fitting = kPackedBytes / bytesOfPosition / kDepth * kDepth;
    stretch_ = std::min(RoundUp(shape_.taps.longestField(), kDepth), std::clamp(fitting, kShortest, kLongest));
    // No multiples of a page, where rows of a tile, or columns of tiles, would fall on the same lines of the cache.
    packedStride_ = RoundUp(stretch_ + 2 * shape_.taps.margin(), kDepth) + kDepth;
    pairsStride_ = stretch_ * kTile + 3 * kDepth;
    inPlace_ = shares_ == 1 && shape_.taps.count() == 1 && shape_.rowWidth() % kTile == 0 && shape_.columnWidth() % kTile == 0;
    threads_ = threads;
  }

  size_t workspaceBytes() const override { return sumsBytes() + threads_ * bytesOfThread(); }

  void run(char* workspace) override {
    OnEachThread([&](int thread, int threads) {
      const TileShapes shapes;
      const Range range = Split(static_cast<int64_t>(jobs_.size()), thread, threads);
      for (int64_t i = range.begin; i < range.end; ++i) work(jobs_[i], workspace, workspace + sumsBytes() + thread * bytesOfThread());
    });
    if (!inPlace_) collect(reinterpret_cast<const float*>(workspace));
  }

 private:
  int64_t numPlanes() const { return shape_.taps.numPlanes(); }
  int64_t sumsStride() const { return shape_.columnTiles() * kTile; }
  int64_t sumsOfTap() const { return shape_.rowTiles() * kTile * sumsStride(); }
  int64_t sumsOfBlock() const { return shape_.taps.count() * sumsOfTap(); }
  size_t sumsBytes() const { return inPlace_ ? 0 : shares_ * shape_.blocks * sumsOfBlock() * sizeof(float); }
  int64_t packedPlane() const { return rowTilesOfJob_ * kTile * packedStride_; }
  size_t bytesOfThread() const {
    const int64_t packed = numPlanes() * packedPlane() + shape_.columnTiles() * pairsStride_;
    return RoundUp(packed * sizeof(Bf16) + (packedStride_ + stretch_) * sizeof(int32_t), 64);
  }

  void work(const Job& job, char* workspace, char* own) {
    auto* packed = reinterpret_cast<Bf16*>(own);
    Bf16* pairs = packed + numPlanes() * packedPlane();
    auto* rows = reinterpret_cast<int32_t*>(pairs + shape_.columnTiles() * pairsStride_);
    int32_t* pairRows = rows + packedStride_;
    float* sums = inPlace_ ? gradient_.f32() + job.block * shape_.rowWidth() * shape_.columnWidth()
                           : reinterpret_cast<float*>(workspace) + (job.share * shape_.blocks + job.block) * sumsOfBlock();
    sums += job.firstTile * kTile * sumsStride();
    bool add = false;
    for (const Field& field : shape_.taps.fields) {
      const Range share = Split(field.positions(), static_cast<int>(job.share), static_cast<int>(shares_), kDepth);
      for (int64_t begin = share.begin; begin < share.end; begin += stretch_) {
        const int64_t end = std::min(begin + stretch_, share.end), count = RoundUp(end - begin, kDepth);
        pack(job, field, begin, end, count, packed, pairs, rows, pairRows);
        for (int64_t tap = 0; tap < shape_.taps.count(); ++tap) {
          const Tap& at = shape_.taps.taps[tap];
          const int64_t shift = shape_.taps.margin() + at.shiftY * field.gridWidth + at.shiftX;
          MultiplyAll(packed + static_cast<int64_t>(at.plane) * packedPlane() + shift, packedStride_, job.tiles, pairs, pairsStride_,
                      shape_.columnTiles(), count / kDepth, sums + tap * sumsOfTap(), sumsStride(), add);
        }
        add = true;
      }
    }
    if (add) return;
    for (int64_t tap = 0; tap < shape_.taps.count(); ++tap) {
      std::memset(sums + tap * sumsOfTap(), 0, job.tiles * kTile * sumsStride() * sizeof(float));
    }
  }

  void pack(const Job& job, const Field& field, int64_t begin, int64_t end, int64_t count, Bf16* packed, Bf16* pairs, int32_t* rows, int32_t* pairRows) {
    const Tensor& columns = shape_.transposesInput ? outputGradient_ : input_;
    const Taps& taps = shape_.taps;
    if (shape_.transposesInput) ListOutputRows(field, begin, end, count, pairRows);
    else ListInputRows(field, taps.stride, taps.planes[0], begin, end, count, pairRows);
    PackPairs(channelsOf(columns, job.block, shape_.columnWidth(), 0, shape_.columnTiles()), pairRows, count, pairs, pairsStride_);
    const Tensor& transposed = shape_.transposesInput ? input_ : outputGradient_;
    const int64_t first = begin - taps.margin(), wanted = RoundUp(count + 2 * taps.margin(), kDepth);
    for (int64_t plane = 0; plane < numPlanes(); ++plane) {
      // Neighbours of the stretch too: taps reach beyond it.
      if (shape_.transposesInput) ListInputRows(field, taps.stride, taps.planes[plane], first, field.positions(), wanted, rows);
      else ListOutputRows(field, first, end, wanted, rows);
      PackTransposed(channelsOf(transposed, job.block, shape_.rowWidth(), job.firstTile, job.tiles), rows, wanted, packed + plane * packedPlane(),
                     packedStride_);
    }
  }

  /** @param width of a block in this map. */
  static Channels<T> channelsOf(const Tensor& map, int64_t block, int64_t width, int64_t firstTile, int64_t tiles) {
    const int64_t first = block * width + firstTile * kTile;
    const int64_t end = std::min({(block + 1) * width, map.channels(), first + tiles * kTile});
    return {reinterpret_cast<const T*>(map.data) + first, map.channels(), end - first};
  }

  /** Sums over the shares, into (out, in / groups, kernel, kernel). */
  void collect(const float* sums) const {
    const int64_t taps = shape_.taps.count(), in = shape_.inWidth, share = shape_.blocks * sumsOfBlock();
    ForRanges(shape_.groups * shape_.outWidth, 16, [&](int64_t begin, int64_t end) {
      for (int64_t out = begin; out < end; ++out) {
        const int64_t group = out / shape_.outWidth, block = group / shape_.together, member = group % shape_.together;
        const int64_t outOfBlock = member * shape_.outWidth + out % shape_.outWidth, inOfBlock = member * in;
        const float* of = sums + block * sumsOfBlock() + (shape_.transposesInput ? inOfBlock * sumsStride() + outOfBlock : outOfBlock * sumsStride() + inOfBlock);
        const int64_t step = shape_.transposesInput ? sumsStride() : 1;
        float* to = gradient_.f32() + out * in * taps;
        for (int64_t tap = 0; tap < taps; ++tap) {
          const float* from = of + tap * sumsOfTap();
          for (int64_t channel = 0; channel < in; ++channel) {
            float sum = from[channel * step];
            for (int64_t i = 1; i < shares_; ++i) sum += from[channel * step + i * share];
            to[channel * taps + tap] = sum;
          }
        }
      }
    });
  }

  const Tensor &input_, &outputGradient_, &gradient_;
  Shape shape_;
  std::vector<Job> jobs_;
  int64_t shares_ = 1, stretch_, packedStride_, pairsStride_, rowTilesOfJob_, threads_;
  bool inPlace_;
};

}  // namespace

KernelPtr MakeWeightGradient(const WeightGradientOperands& operands, int threads) {
  if (!Shape(operands).fits()) return nullptr;
  if (operands.input.dtype == DType::kF32) return std::make_unique<WeightGradient<float>>(operands, threads);
  return std::make_unique<WeightGradient<Bf16>>(operands, threads);
}

}  // namespace auspex::tiles
