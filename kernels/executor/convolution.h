// What the kernels of convolutions share: geometry, the pieces of a feature map that one primitive works on, and weights in the
// layouts that primitives ask for.
#pragma once
#include <cstring>
#include <optional>

#include "dnnl-helpers.h"
#include "kernel.h"
#include "parallel.h"

namespace auspex {

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto kFloat = memory::data_type::f32;

struct Geometry {
  int64_t kernel, stride, groups, inputChannels, outputChannels;

  Geometry(const Operation& op, const Tensor& in, const Tensor& out)
      : kernel(static_cast<int64_t>(op.number("kernel"))),
        stride(static_cast<int64_t>(op.number("stride"))),
        groups(static_cast<int64_t>(op.number("groups"))),
        inputChannels(in.channels()),
        outputChannels(out.channels()) {}

  bool pointwise() const { return kernel == 1 && stride == 1 && groups == 1; }
  memory::dims weightDims() const {
    if (groups == 1) return {outputChannels, inputChannels, kernel, kernel};
    return {groups, outputChannels / groups, inputChannels / groups, kernel, kernel};
  }
  /** As weights and their gradients are stored. */
  memory::desc plainWeights(memory::data_type type) const { return {weightDims(), type, groups == 1 ? Tag::oihw : Tag::goihw}; }
  /** The same bytes as weights (in, out): for the gradient of the data of a pointwise convolution. */
  memory::desc transposedWeights(memory::data_type type) const {
    return {memory::dims{inputChannels, outputChannels, 1, 1}, type, memory::dims{1, inputChannels, 1, 1}};
  }
};

/** A run of images of one resolution, or of pixels of all of them. */
struct Piece {
  Grid in, out;
  int64_t firstInputRow, firstOutputRow;
};

/** Widened pieces stay within this many floats per map, a part of the last-level cache. */
constexpr int64_t kWidenedElements = 1 << 20;

/** @param joint one piece for all pixels of a pointwise convolution. */
inline std::vector<Piece> Pieces(const Geometry& g, const Tensor& in, const Tensor& out, bool widen, bool joint) {
  const int64_t channels = std::max(g.inputChannels, g.outputChannels);
  std::vector<Piece> pieces;
  if (g.pointwise() && (joint || in.grids.empty())) {
    const int64_t most = widen ? std::max<int64_t>(64, kWidenedElements / channels / 64 * 64) : in.rows();
    for (int64_t row = 0; row < in.rows(); row += most) {
      const Grid some{1, std::min(most, in.rows() - row), 1};
      pieces.push_back({some, some, row, row});
    }
    return pieces;
  }
  int64_t inputRow = 0, outputRow = 0;
  for (size_t i = 0; i < in.grids.size(); ++i) {
    Grid from = in.grids[i], to = out.grids[i];
    const int64_t total = from.images;
    const int64_t most = widen ? std::max<int64_t>(1, kWidenedElements / (from.height * from.width * channels)) : total;
    for (int64_t image = 0; image < total; image += most) {
      from.images = to.images = std::min(most, total - image);
      pieces.push_back({from, to, inputRow, outputRow});
      inputRow += from.pixels();
      outputRow += to.pixels();
    }
  }
  return pieces;
}

inline memory::desc MapDesc(const Grid& grid, int64_t channels, memory::data_type type) {
  return {{grid.images, channels, grid.height, grid.width}, type, Tag::nhwc};
}

/** Strides and padding of a piece; at the end just enough padding for ceil(side / stride) pixels to come out. */
struct Window {
  memory::dims strides, begin, end;
  Window(const Geometry& g, const Piece& piece) : strides{g.stride, g.stride}, begin{g.kernel / 2, g.kernel / 2} {
    auto after = [&](int64_t from, int64_t to) {
      return std::max<int64_t>(0, (to - 1) * g.stride + g.kernel - from - g.kernel / 2);
    };
    end = {after(piece.in.height, piece.out.height), after(piece.in.width, piece.out.width)};
  }
};

/** A piece of a feature map as oneDNN's kernel wants it: where it is, or as f32 in a slot of the workspace. */
class Map {
 public:
  Map(const Tensor& tensor, int64_t firstRow, const Grid& grid, bool widen, Layout::Slot slot, Layout& layout)
      : tensor_(&tensor), firstElement_(firstRow * tensor.channels()), elements_(grid.pixels() * tensor.channels()), widen_(widen), slot_(slot) {
    if (widen) layout.want(slot, elements_ * sizeof(float));
  }
  void* own() const { return tensor_->data + firstElement_ * static_cast<int64_t>(SizeOf(tensor_->dtype)); }
  void* read(const Layout& layout, char* workspace) const {
    if (!widen_) return own();
    char* slot = layout.at(workspace, slot_);
    Widen(static_cast<const Bf16*>(own()), reinterpret_cast<float*>(slot), elements_);
    return slot;
  }
  void* write(const Layout& layout, char* workspace) const { return widen_ ? layout.at(workspace, slot_) : own(); }
  void written(const Layout& layout, char* workspace) const {
    if (widen_) Narrow(reinterpret_cast<const float*>(layout.at(workspace, slot_)), static_cast<Bf16*>(own()), elements_);
  }

 private:
  const Tensor* tensor_;
  int64_t firstElement_, elements_;
  bool widen_;
  Layout::Slot slot_;
};

/** What all three kernels need to know first. */
struct Setup {
  Geometry geometry;
  bool widen;
  memory::data_type type;
  std::vector<Piece> pieces;

  /** @param widen bf16 maps to f32 for the kernel. */
  Setup(const Operation& op, const Tensor& in, const Tensor& out, bool widen, bool joint = true)
      : geometry(op, in, out),
        widen(widen),
        type(in.dtype == DType::kBf16 && !widen ? memory::data_type::bf16 : kFloat),
        pieces(Pieces(geometry, in, out, widen, joint || widen)) {
    // The kernels write in the type that they read: wider, the output would be written past its end.
    if (in.dtype != out.dtype) throw std::runtime_error("a convolution's input and output must be of one type");
  }

  memory::desc descOf(const Grid& grid, const Tensor& map) const { return MapDesc(grid, map.channels(), type); }
  Map inputOf(const Tensor& map, const Piece& piece, Layout& layout) const {
    return {map, piece.firstInputRow, piece.in, widen, Layout::kInput, layout};
  }
  Map outputOf(const Tensor& map, const Piece& piece, Layout& layout, Layout::Slot slot = Layout::kOutput) const {
    return {map, piece.firstOutputRow, piece.out, widen, slot, layout};
  }
};

/** f32 master weights, or the bf16 copies in which a unit travels between ranks. */
inline memory::data_type TypeOf(const Tensor& weight) { return weight.dtype == DType::kBf16 ? memory::data_type::bf16 : kFloat; }

/** Weights in the layouts that the pieces' kernels ask for, one at a time in the same slot of the workspace. */
class PackedWeights {
 public:
  /** @param plain as the weights lie in memory. */
  PackedWeights(const Tensor& weight, memory::desc plain, const Setup& setup)
      : weight_(weight), plain_(plain), any_(plain.get_dims(), setup.type, Tag::any) {}

  const memory::desc& any() const { return any_; }
  /** Takes note of a layout; the result is what `pack` wants. */
  size_t add(const memory::desc& layoutOfKernel, Layout& layout) {
    for (size_t i = 0; i < variants_.size(); ++i) {
      if (variants_[i].desc == layoutOfKernel) return i;
    }
    Variant variant{layoutOfKernel, {}};
    if (plain_ != layoutOfKernel) {
      layout.want(Layout::kWeights, layoutOfKernel.get_size());
      variant.reorder.emplace(MakeReorder(plain_, layoutOfKernel, false, layout));
    }
    variants_.push_back(std::move(variant));
    return variants_.size() - 1;
  }
  /** Forgets what the slot holds: at the start of each run. */
  void begin() { packed_ = variants_.size(); }
  void* pack(size_t variant, const Layout& layout, char* workspace) {
    std::optional<Primitive>& reorder = variants_[variant].reorder;
    if (!reorder) return weight_.data;
    void* slot = layout.at(workspace, Layout::kWeights);
    if (packed_ != variant) reorder->run(layout, workspace, {{DNNL_ARG_FROM, weight_.data}, {DNNL_ARG_TO, slot}});
    packed_ = variant;
    return slot;
  }

 private:
  struct Variant {
    memory::desc desc;
    std::optional<Primitive> reorder;
  };

  const Tensor& weight_;
  memory::desc plain_, any_;
  std::vector<Variant> variants_;
  size_t packed_ = 0;
};

struct Part {
  Primitive primitive;
  Map in, out;
  size_t weights = 0;  // the variant of PackedWeights
};

/** The gradient of the weights of 1x1 convolutions in one group, whatever their stride. */
KernelPtr MakePointwiseBackwardWeights(const Setup& setup, const Operation& op);

}  // namespace auspex
