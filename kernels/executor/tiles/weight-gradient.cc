// The gradient of the weights of a convolution or a linear layer, on tiles: for each tap of the kernel
//
//     dw[out][in] = Σ over output pixels of dy[pixel][out] · x[pixel + tap][in]
//
// The pixels of all images are numbered so that a tap is the same shift everywhere: output pixels on a grid with one column and
// one row more than they have, whose values are zero. With stride 2, x falls into the four planes of its even and odd rows and
// columns, each on the same grid:
//
//      x  x  x  .           Then x is packed once, transposed, and each tap reads it from where its shift says; dy is packed
//      x  x  x  .           once, in pairs of pixels. (A 1x1 kernel has no shift, and its factors change places: its gradient
//      .  .  .  .           is then made where it belongs.)
//
// Narrow groups share a tile; what lies between them is computed and dropped.
#include "weight-gradient.h"

#include <algorithm>

#include "../parallel.h"
#include "pack.h"

namespace auspex::tiles {
namespace {

/** One resolution on its grid. */
struct Field {
  int64_t images, height, width;           // of x
  int64_t outHeight, outWidth;             // of dy
  int64_t firstRow, firstOutRow;           // of its pixels in the maps
  int64_t gridHeight, gridWidth;

  int64_t positions() const { return images * gridHeight * gridWidth; }
};

struct Tap {
  size_t plane;
  int64_t shiftY, shiftX;
};

/** The even or odd rows and columns of x. */
struct Plane {
  int64_t row, column;
};

/** Part of the gradient: channel tiles of some groups, and which share of the pixels it sums over. */
struct Job {
  int64_t block, firstTile, tiles, share;
};

class Shape {
 public:
  explicit Shape(const WeightGradientOperands& o)
      : kernel(o.kernel), stride(o.stride), groups(o.groups), inWidth(o.input.channels() / o.groups),
        outWidth(o.outputGradient.channels() / o.groups), transposesInput(o.kernel > 1) {
    if (groups > 1 && inWidth < kTile && inWidth == outWidth && kTile % inWidth == 0) together = kTile / inWidth;
    blocks = (groups + together - 1) / together;
    const int64_t padding = kernel / 2;
    for (int64_t y = -padding; y <= padding; ++y) {
      for (int64_t x = -padding; x <= padding; ++x) taps.push_back({planeOf(Remainder(y), Remainder(x)), Floor(y), Floor(x)});
    }
    if (kernel == 1 && stride == 1) {
      const int64_t rows = o.input.rows();
      fields.push_back({1, 1, rows, 1, rows, 0, 0, 1, rows});
      return;
    }
    int64_t row = 0, outRow = 0;
    for (size_t i = 0; i < o.input.grids.size(); ++i) {
      const Grid &from = o.input.grids[i], &to = o.outputGradient.grids[i];
      fields.push_back({from.images, from.height, from.width, to.height, to.width, row, outRow, to.height + padding, to.width + padding});
      row += from.pixels();
      outRow += to.pixels();
    }
  }

  /** Whether the tiles of a block are mostly of use. */
  bool fits() const { return together > 1 || (inWidth >= kTile && outWidth >= kTile) || (groups == 1 && kernel == 1); }
  /** Rows and columns of the result: the channels of the transposed factor, and those of the other. */
  int64_t rowWidth() const { return together * (transposesInput ? inWidth : outWidth); }
  int64_t columnWidth() const { return together * (transposesInput ? outWidth : inWidth); }
  int64_t rowTiles() const { return (rowWidth() + kTile - 1) / kTile; }
  int64_t columnTiles() const { return (columnWidth() + kTile - 1) / kTile; }
  int64_t numTaps() const { return static_cast<int64_t>(taps.size()); }
  /** Positions beyond a stretch that its taps may read. */
  int64_t margin() const {
    int64_t most = 0;
    for (const Field& field : fields) most = std::max(most, field.gridWidth + 1);
    return kernel > 1 ? most : 0;
  }

  int64_t kernel, stride, groups, inWidth, outWidth;
  bool transposesInput;
  int64_t together = 1, blocks;
  std::vector<Tap> taps;
  std::vector<Plane> planes;
  std::vector<Field> fields;

 private:
  int64_t Floor(int64_t offset) const { return offset >= 0 ? offset / stride : -((-offset + stride - 1) / stride); }
  int64_t Remainder(int64_t offset) const { return offset - Floor(offset) * stride; }
  size_t planeOf(int64_t row, int64_t column) {
    for (size_t i = 0; i < planes.size(); ++i) {
      if (planes[i].row == row && planes[i].column == column) return i;
    }
    planes.push_back({row, column});
    return planes.size() - 1;
  }
};

/** Rows of x, or of dy, at positions first..first+count; -1 where there is none. */
template <typename RowOf>
void ListRows(const Field& field, int64_t first, int64_t end, int64_t count, int32_t* rows, const RowOf& rowOf) {
  const int64_t area = field.gridHeight * field.gridWidth;
  int64_t i = 0;
  for (; i < count && first + i < 0; ++i) rows[i] = -1;
  int64_t image = (first + i) / area, y = (first + i) % area / field.gridWidth, x = (first + i) % field.gridWidth;
  for (; i < count && first + i < end; ++i) {
    rows[i] = static_cast<int32_t>(rowOf(image, y, x));
    if (++x < field.gridWidth) continue;
    x = 0;
    if (++y < field.gridHeight) continue;
    y = 0;
    ++image;
  }
  for (; i < count; ++i) rows[i] = -1;
}

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
    const int64_t sums = shape_.numTaps() * shape_.rowTiles() * shape_.columnTiles() * kTile * kTile * static_cast<int64_t>(sizeof(float));
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
    int64_t longest = 0;
    for (const Field& field : shape_.fields) longest = std::max(longest, field.positions());
    rowTilesOfJob_ = 0;
    for (const Job& job : jobs_) rowTilesOfJob_ = std::max(rowTilesOfJob_, job.tiles);
    const int64_t bytesOfPosition = (numPlanes() * rowTilesOfJob_ + shape_.columnTiles()) * kTile * static_cast<int64_t>(sizeof(Bf16));
    const int64_t fitting = kPackedBytes / bytesOfPosition / kDepth * kDepth;
    stretch_ = std::min(RoundUp(longest, kDepth), std::clamp(fitting, kShortest, kLongest));
    // No multiples of a page, where rows of a tile, or columns of tiles, would fall on the same lines of the cache.
    packedStride_ = RoundUp(stretch_ + 2 * shape_.margin(), kDepth) + kDepth;
    pairsStride_ = stretch_ * kTile + 3 * kDepth;
    inPlace_ = shares_ == 1 && shape_.numTaps() == 1 && shape_.rowWidth() % kTile == 0 && shape_.columnWidth() % kTile == 0;
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
  int64_t numPlanes() const { return static_cast<int64_t>(shape_.planes.size()); }
  int64_t sumsStride() const { return shape_.columnTiles() * kTile; }
  int64_t sumsOfTap() const { return shape_.rowTiles() * kTile * sumsStride(); }
  int64_t sumsOfBlock() const { return shape_.numTaps() * sumsOfTap(); }
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
    for (const Field& field : shape_.fields) {
      const Range share = Split(field.positions(), static_cast<int>(job.share), static_cast<int>(shares_), kDepth);
      for (int64_t begin = share.begin; begin < share.end; begin += stretch_) {
        const int64_t end = std::min(begin + stretch_, share.end), count = RoundUp(end - begin, kDepth);
        pack(job, field, begin, end, count, packed, pairs, rows, pairRows);
        for (int64_t tap = 0; tap < shape_.numTaps(); ++tap) {
          const Tap& at = shape_.taps[tap];
          const int64_t shift = shape_.margin() + at.shiftY * field.gridWidth + at.shiftX;
          MultiplyAll(packed + static_cast<int64_t>(at.plane) * packedPlane() + shift, packedStride_, job.tiles, pairs, pairsStride_,
                      shape_.columnTiles(), count / kDepth, sums + tap * sumsOfTap(), sumsStride(), add);
        }
        add = true;
      }
    }
    if (add) return;
    for (int64_t tap = 0; tap < shape_.numTaps(); ++tap) {
      std::memset(sums + tap * sumsOfTap(), 0, job.tiles * kTile * sumsStride() * sizeof(float));
    }
  }

  void pack(const Job& job, const Field& field, int64_t begin, int64_t end, int64_t count, Bf16* packed, Bf16* pairs, int32_t* rows, int32_t* pairRows) {
    const auto outRow = [&](int64_t image, int64_t y, int64_t x) {
      const bool inside = y < field.outHeight && x < field.outWidth;
      return inside ? field.firstOutRow + (image * field.outHeight + y) * field.outWidth + x : -1;
    };
    const auto inRow = [&](const Plane& plane) {
      return [&](int64_t image, int64_t y, int64_t x) {
        const int64_t row = y * shape_.stride + plane.row, column = x * shape_.stride + plane.column;
        const bool inside = row < field.height && column < field.width;
        return inside ? field.firstRow + (image * field.height + row) * field.width + column : -1;
      };
    };
    const Tensor& columns = shape_.transposesInput ? outputGradient_ : input_;
    if (shape_.transposesInput) ListRows(field, begin, end, count, pairRows, outRow);
    else ListRows(field, begin, end, count, pairRows, inRow(shape_.planes[0]));
    PackPairs(channelsOf(columns, job.block, shape_.columnWidth(), 0, shape_.columnTiles()), pairRows, count, pairs, pairsStride_);
    const Tensor& transposed = shape_.transposesInput ? input_ : outputGradient_;
    const int64_t first = begin - shape_.margin(), wanted = RoundUp(count + 2 * shape_.margin(), kDepth);
    for (int64_t plane = 0; plane < numPlanes(); ++plane) {
      // Neighbours of the stretch too: taps reach beyond it.
      if (shape_.transposesInput) ListRows(field, first, field.positions(), wanted, rows, inRow(shape_.planes[plane]));
      else ListRows(field, first, end, wanted, rows, outRow);
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
    const int64_t taps = shape_.numTaps(), in = shape_.inWidth, share = shape_.blocks * sumsOfBlock();
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
