// Convolutions with kernels of more than one pixel, mostly in groups, and the gradients of their data, on tiles: for each tap of the
// kernel rows of pixels, times the weights of the tap, into the same sum.
//
//     for each stretch of pixels, numbered as grid.h says
//         for each group (narrow ones together, with zeros between their weights), whose channels are copied to where tiles find them
//             for each 16 columns, whose weights stay in the nearest cache
//                 for each 64 pixels: one block, its sum over all taps complete
//
// Threads have groups of their own, or share the pixels, and pack the weights of their groups first.
// With stride 2, the output is made of four planes of the input; and of the gradient each plane is made, of its own taps.
#include "convolution.h"

#include <algorithm>

#include "../arena.h"
#include "../parallel.h"
#include "block.h"
#include "grid.h"
#include "weights.h"

namespace auspex::tiles {

KernelPtr MakePointwise(const ConvolutionOperands& operands, int threads);

namespace {

using Block = Blocks<4>;
constexpr int64_t kRows = Block::kRows;

/** Positions that are copied at a time: at least and at most, and at best as many as stay in a core's own cache. */
constexpr int64_t kShortest = 256, kLongest = 4096;
constexpr int64_t kCopiedBytes = 384 << 10;

/** Pixels a side. */
constexpr int64_t kKernel = 3;

/** A tap as the sum sees it. */
struct Term {
  int64_t source, tap, shiftY, shiftX;
};

/** A plane that is written, and what it is made of. */
struct Target {
  std::vector<Term> terms;
  /** Where its packed weights begin, and from one column of tiles to the next. */
  int64_t weights, weightsStride;
};

template <typename W>
class Convolution final : public Kernel {
 public:
  Convolution(const ConvolutionOperands& o, int64_t together, int threads)
      : from_(o.backward ? o.output : o.input), to_(o.backward ? o.input : o.output), weight_(o.weight), addend_(o.addend), bias_(o.bias), relu_(o.relu),
        backward_(o.backward), threads_(threads),
        taps_(o.input, o.output, o.kernel, o.stride, false), groups_(o.groups), together_(together),
        blocks_((groups_ + together - 1) / together), depth_(from_.channels() / groups_), columns_(to_.channels() / groups_) {
    steps_ = RoundUp(together_ * depth_, kDepth) / kDepth;
    // Rows that are a power of two apart would fall on the same lines of the cache.
    rowStride_ = (steps_ > 2 && steps_ % 2 == 0 ? steps_ + 1 : steps_) * kDepth;
    columnTiles_ = RoundUp(together_ * columns_, kTile) / kTile;
    listTargets();
    sharesPixels_ = blocks_ % threads != 0 && blocks_ < 8 * threads;
    blocksOfThread_ = sharesPixels_ ? blocks_ : (blocks_ + threads - 1) / threads;
    const int64_t bytesOfPosition = numSources() * rowStride_ * static_cast<int64_t>(sizeof(Bf16));
    const int64_t fitting = kCopiedBytes / bytesOfPosition - 2 * taps_.margin();
    stretch_ = std::min(RoundUp(taps_.longestField(), kRows), std::clamp(fitting / kRows * kRows, kShortest, kLongest));
    copiedRows_ = stretch_ + 2 * taps_.margin();
    if (o.constant) constant_ = std::make_unique<Arena>(blocks_ * weightElements_ * sizeof(Bf16));
  }

  size_t workspaceBytes() const override { return threads_ * bytesOfThread(); }

  void prepare(char*) override {
    if (constant_ == nullptr) return;
    ForEach(blocks_, [&](int64_t block) { packWeights(block, constantWeights(block)); });
  }

  void run(char* workspace) override {
    OnEachThread([&](int thread, int threads) {
      const TileShapes shapes;
      work(thread, threads, workspace + thread * bytesOfThread());
    });
  }

 private:
  void listTargets() {
    const int64_t tapElements = steps_ * kTileElements;
    targets_.resize(backward_ ? taps_.numPlanes() : 1);
    for (int64_t tap = 0; tap < taps_.count(); ++tap) {
      const Tap& at = taps_.taps[tap];
      const auto plane = static_cast<int64_t>(at.plane);
      if (backward_) targets_[plane].terms.push_back({0, tap, -at.shiftY, -at.shiftX});
      else targets_[0].terms.push_back({plane, tap, at.shiftY, at.shiftX});
    }
    weightElements_ = 0;
    for (Target& target : targets_) {
      target.weights = weightElements_;
      target.weightsStride = static_cast<int64_t>(target.terms.size()) * tapElements + 3 * kDepth;
      weightElements_ += columnTiles_ * target.weightsStride;
    }
  }

  Bf16* constantWeights(int64_t block) const { return reinterpret_cast<Bf16*>(constant_->data()) + block * weightElements_; }
  int64_t numSources() const { return backward_ ? 1 : taps_.numPlanes(); }
  int64_t copiedElements() const { return numSources() * copiedRows_ * rowStride_; }
  /** Sums, packed weights, copied pixels, and lists of rows: of sources, and of targets. */
  size_t bytesOfThread() const {
    const int64_t packed = (constant_ == nullptr ? blocksOfThread_ * weightElements_ : 0) + copiedElements();
    const int64_t lists = numSources() * copiedRows_ + static_cast<int64_t>(targets_.size()) * stretch_;
    return RoundUp(Block::kSums * sizeof(float) + packed * sizeof(Bf16) + lists * sizeof(int32_t), 64);
  }

  void work(int thread, int threads, char* own) const {
    Block block(reinterpret_cast<float*>(own));
    auto* copied = reinterpret_cast<Bf16*>(own + Block::kSums * sizeof(float));
    Bf16* weights = copied + copiedElements();
    const Range blocks = sharesPixels_ ? Range{0, blocks_} : Split(blocks_, thread, threads);
    if (constant_ != nullptr) weights = constantWeights(blocks.begin);
    else for (int64_t i = blocks.begin; i < blocks.end; ++i) packWeights(i, weights + (i - blocks.begin) * weightElements_);
    auto* sourceRows = reinterpret_cast<int32_t*>(copied + copiedElements() + (constant_ == nullptr ? blocksOfThread_ * weightElements_ : 0));
    int32_t* targetRows = sourceRows + numSources() * copiedRows_;
    for (const Field& field : taps_.fields) {
      const Range range = sharesPixels_ ? Split(field.positions(), thread, threads, kRows) : Range{0, field.positions()};
      for (int64_t begin = range.begin; begin < range.end; begin += stretch_) {
        const int64_t end = std::min(begin + stretch_, range.end), count = RoundUp(end - begin, kRows);
        listRows(field, begin, end, sourceRows, targetRows);
        for (int64_t i = blocks.begin; i < blocks.end; ++i) {
          copy(i, count + 2 * taps_.margin(), sourceRows, copied);
          for (size_t target = 0; target < targets_.size(); ++target) {
            multiply(block, targets_[target], i, field, count, copied, weights + (i - blocks.begin) * weightElements_, targetRows + target * stretch_);
          }
        }
        block.finish();
      }
    }
  }

  /** Of each source at positions begin - margin..end + margin, and of each target at begin..end. */
  void listRows(const Field& field, int64_t begin, int64_t end, int32_t* sources, int32_t* targets) const {
    const int64_t first = begin - taps_.margin(), count = RoundUp(end - begin, kRows), wanted = count + 2 * taps_.margin();
    for (int64_t source = 0; source < numSources(); ++source, sources += copiedRows_) {
      if (backward_) ListOutputRows(field, first, field.positions(), wanted, sources);
      else ListInputRows(field, taps_.stride, taps_.planes[source], first, field.positions(), wanted, sources);
    }
    for (size_t target = 0; target < targets_.size(); ++target, targets += stretch_) {
      if (backward_) ListInputRows(field, taps_.stride, taps_.planes[target], begin, end, count, targets);
      else ListOutputRows(field, begin, end, count, targets);
    }
  }

  int64_t groupsOf(int64_t block) const { return std::min(together_, groups_ - block * together_); }

  void packWeights(int64_t block, Bf16* to) const {
    const int64_t area = taps_.count(), groups = groupsOf(block);
    const int64_t inWidth = backward_ ? columns_ : depth_, outWidth = backward_ ? depth_ : columns_;
    const auto* all = reinterpret_cast<const W*>(weight_.data) + block * together_ * outWidth * inWidth * area;
    const Diagonal diagonal{depth_, depth_ * area};
    for (const Target& target : targets_) {
      Bf16* at = to + target.weights;
      for (const Term& term : target.terms) {
        const int64_t perOutput = inWidth * area;
        const Weights<W> b{all + term.tap, backward_ ? perOutput : area, backward_ ? area : perOutput, groups * depth_, groups * columns_};
        PackWeights(b, 0, RoundUp(groups * columns_, kTile) / kTile, at, target.weightsStride, groups > 1 ? &diagonal : nullptr);
        at += steps_ * kTileElements;
      }
    }
  }

  /** The block's channels of `count` rows of each source, with zeros where there is none. */
  void copy(int64_t block, int64_t count, const int32_t* rows, Bf16* to) const {
    const int64_t channels = from_.channels(), width = groupsOf(block) * depth_;
    const Bf16* first = reinterpret_cast<const Bf16*>(from_.data) + block * together_ * depth_;
    for (int64_t source = 0; source < numSources(); ++source, rows += copiedRows_, to += copiedRows_ * rowStride_) {
      for (int64_t i = 0; i < count; ++i) {
        if (i + kDepth < count && rows[i + kDepth] >= 0) {
          const Bf16* later = first + rows[i + kDepth] * channels;
          for (int64_t at = 0; at < width + kDepth; at += kDepth) __builtin_prefetch(later + std::min(at, width - 1));
        }
        for (int64_t at = 0; at < steps_ * kDepth; at += kDepth) {
          const int64_t left = rows[i] < 0 ? 0 : std::clamp<int64_t>(width - at, 0, kDepth);
          const auto mask = static_cast<__mmask32>(left == kDepth ? 0xffffffff : (1u << left) - 1);
          _mm512_store_si512(to + i * rowStride_ + at, _mm512_maskz_loadu_epi16(mask, first + (left > 0 ? rows[i] * channels + at : 0)));
        }
      }
    }
  }

  void multiply(Block& result, const Target& target, int64_t block, const Field& field, int64_t count, const Bf16* copied, const Bf16* weights,
                const int32_t* rows) const {
    const int64_t width = groupsOf(block) * columns_;
    Part parts[kMostTerms];
    const auto numParts = static_cast<int64_t>(target.terms.size());
    const auto nothing = []() {};
    for (int64_t column = 0; column < width; column += kTile) {
      const int64_t channel = block * together_ * columns_ + column;
      const Bf16* b = weights + target.weights + column / kTile * target.weightsStride;
      for (int64_t i = 0; i < count; i += kRows) {
        for (int64_t term = 0; term < numParts; ++term) {
          const Term& at = target.terms[term];
          const int64_t position = taps_.margin() + i + at.shiftY * field.gridWidth + at.shiftX;
          parts[term] = {copied + (at.source * copiedRows_ + position) * rowStride_, rowStride_, steps_};
        }
        const auto at = [&](const Tensor& map) { return reinterpret_cast<Bf16*>(map.data) + channel; };
        const Destination to{at(to_), addend_ == nullptr ? nullptr : at(*addend_), to_.channels(), rows + i, std::min(kTile, width - column),
                             bias_ == nullptr ? nullptr : bias_ + channel, relu_};
        result.multiply<1>(parts, numParts, b, target.weightsStride, to, nothing);
      }
    }
  }

  static constexpr int64_t kMostTerms = kKernel * kKernel;

  const Tensor &from_, &to_, &weight_;
  const Tensor* addend_;
  const float* bias_;
  bool relu_, backward_, sharesPixels_;
  int64_t threads_;
  Taps taps_;
  /** Groups, how many of them are made together, and how often that is. */
  int64_t groups_, together_, blocks_;
  /** Of one group: channels that are summed over, and those that come out. */
  int64_t depth_, columns_;
  int64_t steps_, rowStride_, columnTiles_, blocksOfThread_, stretch_, copiedRows_, weightElements_;
  std::vector<Target> targets_;
  std::unique_ptr<Arena> constant_;
};

/** Narrow groups fill a tile together. */
int64_t GroupsTogether(const ConvolutionOperands& o) {
  const int64_t in = o.input.channels() / o.groups, out = o.output.channels() / o.groups;
  return in == out && in < kDepth && kDepth % in == 0 ? std::min(o.groups, kDepth / in) : 1;
}

}  // namespace

KernelPtr MakeConvolution(const ConvolutionOperands& o, int threads) {
  if (o.kernel == 1 && o.groups == 1) return MakePointwise(o, threads);
  const int64_t together = GroupsTogether(o), in = together * o.input.channels() / o.groups, out = together * o.output.channels() / o.groups;
  // A few channels fill too little of a tile.
  if (o.kernel != kKernel || std::min(in, out) < kTile) return nullptr;
  if (o.weight.dtype == DType::kF32) return std::make_unique<Convolution<float>>(o, together, threads);
  return std::make_unique<Convolution<Bf16>>(o, together, threads);
}

}  // namespace auspex::tiles
