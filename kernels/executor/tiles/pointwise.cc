// 1x1 convolutions in one group, and the gradients of their data, on tiles: rows of a map times the weights, or the weights transposed.
//
//     for each panel of columns, whose packed weights stay in a core's own cache
//         for each 32 rows, which stay in its nearest cache
//             for each 32 columns: one block, its sum complete
//
// Threads pack a panel together, and have rows of their own. With stride 2, rows of the larger map are taken, or written, in steps.
#include <algorithm>

#include "../arena.h"
#include "../parallel.h"
#include "block.h"
#include "convolution.h"
#include "grid.h"
#include "weights.h"

namespace auspex::tiles {
namespace {

using Block = Blocks<2>;
constexpr int64_t kRows = Block::kRows, kColumns = Block::kColumns;

constexpr int64_t kPanelBytes = 600 << 10;

template <typename W>
class Pointwise final : public Kernel {
 public:
  Pointwise(const ConvolutionOperands& o, int threads)
      : from_(o.backward ? o.output : o.input), to_(o.backward ? o.input : o.output), weight_(o.weight), addend_(o.addend), bias_(o.bias), relu_(o.relu), backward_(o.backward),
        taps_(o.input, o.output, 1, o.stride, o.stride == 1), threads_(threads), depth_(from_.channels()), columns_(to_.channels()),
        packedDepth_(RoundUp(depth_, kDepth)),
        // No multiples of a page, where columns of tiles, or rows, would fall on the same lines of the cache.
        tilesStride_(packedDepth_ * kTile + 3 * kDepth), rowsStride_(packedDepth_ + kDepth) {
    const int64_t tiles = RoundUp(columns_, kColumns) / kTile, bytesOfTile = tilesStride_ * static_cast<int64_t>(sizeof(Bf16));
    const int64_t most = std::max<int64_t>(2, kPanelBytes / bytesOfTile), panels = (tiles + most - 1) / most;
    panelTiles_ = RoundUp((tiles + panels - 1) / panels, 2);
    if (o.constant) constant_ = std::make_unique<Arena>(tiles * bytesOfTile);
  }

  size_t workspaceBytes() const override { return panelBytes() + threads_ * bytesOfThread(); }

  void prepare(char*) override {
    if (constant_ == nullptr) return;
    const int64_t tiles = RoundUp(columns_, kTile) / kTile;
    OnEachThread([&](int thread, int threads) {
      const Range range = Split(tiles, thread, threads);
      PackWeights(weights(), range.begin, range.end, constantTiles(range.begin), tilesStride_);
    });
  }

  void run(char* workspace) override {
    OnEachThread([&](int thread, int threads) {
      const TileShapes shapes;
      char* own = workspace + panelBytes() + thread * bytesOfThread();
      const int64_t tiles = RoundUp(columns_, kTile) / kTile;
      for (int64_t first = 0; first < tiles; first += panelTiles_) {
        const int64_t count = std::min(panelTiles_, tiles - first);
        if (constant_ != nullptr) {
          multiply(constantTiles(first), first, count, thread, threads, own);
          continue;
        }
        auto* panel = reinterpret_cast<Bf16*>(workspace);
        const Range packed = Split(count, thread, threads);
        PackWeights(weights(), first + packed.begin, first + packed.end, panel + packed.begin * tilesStride_, tilesStride_);
#pragma omp barrier
        multiply(panel, first, count, thread, threads, own);
#pragma omp barrier
      }
      if (backward_ && taps_.stride > 1) clearOthers(thread, threads);
    });
  }

 private:
  Bf16* constantTiles(int64_t first) const { return reinterpret_cast<Bf16*>(constant_->data()) + first * tilesStride_; }
  size_t panelBytes() const { return constant_ != nullptr ? 0 : RoundUp(panelTiles_ * tilesStride_ * sizeof(Bf16), 64); }
  /** Sums, and rows that do not lie in the map as tiles want them. */
  size_t bytesOfThread() const { return Block::kSums * sizeof(float) + RoundUp(kRows * rowsStride_ * sizeof(Bf16), 64); }

  Weights<W> weights() const {
    const auto* all = reinterpret_cast<const W*>(weight_.data);
    if (backward_) return {all, columns_, 1, depth_, columns_};
    return {all, 1, depth_, depth_, columns_};
  }

  void multiply(const Bf16* panel, int64_t firstTile, int64_t numTiles, int thread, int threads, char* own) const {
    Block blocks(reinterpret_cast<float*>(own));
    auto* copied = reinterpret_cast<Bf16*>(own + Block::kSums * sizeof(float));
    // Rows of a block are written while the next block is multiplied.
    int32_t sources[kRows], targets[2][kRows];
    int turn = 0;
    for (const Field& field : taps_.fields) {
      const Range range = Split(field.positions(), thread, threads, kRows);
      for (int64_t begin = range.begin; begin < range.end; begin += kRows, turn ^= 1) {
        listRows(field, begin, range.end, sources, targets[turn]);
        Part parts[2];
        const int64_t numParts = partsOf(sources, copied, parts);
        work(blocks, parts, numParts, panel, firstTile, numTiles, targets[turn]);
      }
    }
    blocks.finish();
  }

  void listRows(const Field& field, int64_t begin, int64_t end, int32_t* sources, int32_t* targets) const {
    int32_t *inputRows = backward_ ? targets : sources, *outputRows = backward_ ? sources : targets;
    for (int64_t i = 0; i < kRows; ++i) outputRows[i] = begin + i < end ? static_cast<int32_t>(field.firstOutRow + begin + i) : -1;
    if (taps_.stride == 1) std::copy_n(outputRows, kRows, inputRows);
    else ListInputRows(field, taps_.stride, taps_.planes[0], begin, end, kRows, inputRows);
  }

  /** Rows where they lie, as far as they fill tiles, and copies of what is left. */
  int64_t partsOf(const int32_t* rows, Bf16* copied, Part* parts) const {
    const bool inTurn = rows[kRows - 1] == rows[0] + kRows - 1;
    const int64_t whole = inTurn ? depth_ / kDepth * kDepth : 0;
    const auto* map = reinterpret_cast<const Bf16*>(from_.data);
    int64_t count = 0;
    if (whole > 0) parts[count++] = {map + rows[0] * depth_, depth_, whole / kDepth};
    if (whole == depth_) return count;
    for (int64_t i = 0; i < kRows; ++i) {
      for (int64_t at = whole; at < packedDepth_; at += kDepth) {
        const int64_t left = rows[i] < 0 ? 0 : std::min(depth_ - at, kDepth);
        const auto mask = static_cast<__mmask32>(left == kDepth ? 0xffffffff : (1u << left) - 1);
        _mm512_storeu_si512(copied + i * rowsStride_ + at, _mm512_maskz_loadu_epi16(mask, map + (left > 0 ? rows[i] * depth_ + at : 0)));
      }
    }
    parts[count++] = {copied + whole, rowsStride_, (packedDepth_ - whole) / kDepth};
    return count;
  }

  void work(Block& blocks, const Part* parts, int64_t numParts, const Bf16* panel, int64_t firstTile, int64_t numTiles, const int32_t* targets) const {
    // The rows after these are wanted next.
    const int64_t steps = packedDepth_ / kDepth, calls = (numTiles + 1) / 2 * steps, bytes = kRows * depth_ * static_cast<int64_t>(sizeof(Bf16));
    const int64_t bytesOfStep = RoundUp((bytes + calls - 1) / calls, 64);
    const char* next = reinterpret_cast<const char*>(parts[0].a) + bytes;
    const auto ahead = [&]() __attribute__((always_inline)) {
      for (const char* end = next + bytesOfStep; next < end; next += 64) __builtin_prefetch(next, 0, 2);
    };
    for (int64_t tile = 0; tile < numTiles; tile += 2) {
      const int64_t column = (firstTile + tile) * kTile;
      const auto at = [&](const Tensor& map) { return reinterpret_cast<Bf16*>(map.data) + column; };
      const Destination to{at(to_), addend_ == nullptr ? nullptr : at(*addend_), columns_, targets, std::min(kColumns, columns_ - column),
                           bias_ == nullptr ? nullptr : bias_ + column, relu_};
      const Bf16* b = panel + tile * tilesStride_;
      if (tile + 1 < numTiles) blocks.multiply<2>(parts, numParts, b, tilesStride_, to, ahead);
      else blocks.multiply<1>(parts, numParts, b, tilesStride_, to, ahead);
    }
  }

  /** With a stride, no output is made of most pixels. */
  void clearOthers(int thread, int threads) const {
    const size_t bytesOfRow = columns_ * sizeof(Bf16);
    for (const Field& field : taps_.fields) {
      const Range rows = Split(field.images * field.height, thread, threads);
      for (int64_t row = rows.begin; row < rows.end; ++row) {
        char* pixel = to_.data + (field.firstRow + row * field.width) * bytesOfRow;
        for (int64_t x = 0; x < field.width; ++x, pixel += bytesOfRow) {
          if (row % field.height % taps_.stride != 0 || x % taps_.stride != 0) std::memset(pixel, 0, bytesOfRow);
        }
      }
    }
  }

  const Tensor &from_, &to_, &weight_;
  const Tensor* addend_;
  const float* bias_;
  bool relu_, backward_;
  Taps taps_;
  int64_t threads_, depth_, columns_, packedDepth_, tilesStride_, rowsStride_, panelTiles_;
  std::unique_ptr<Arena> constant_;
};

}  // namespace

KernelPtr MakePointwise(const ConvolutionOperands& operands, int threads) {
  if (operands.weight.dtype == DType::kF32) return std::make_unique<Pointwise<float>>(operands, threads);
  return std::make_unique<Pointwise<Bf16>>(operands, threads);
}

}  // namespace auspex::tiles
