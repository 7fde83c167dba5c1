// Convolutions on oneDNN, channels-last: forward, and the gradients of the data and of the weights.
//
// The images of all resolutions lie one after another in memory. A 1x1 convolution of stride 1 does not care where an image
// ends: it is a matrix product over all pixels at once, and so are both of its gradients (that of the data is a convolution
// with the transposed weights). Other convolutions run once per resolution. Master weights are f32 (out, in / groups,
// kernel, kernel); each use packs them, in the workspace, into the layout that oneDNN's kernel asks for.
//
// bf16 maps on a processor without bf16 arithmetic: pieces of the maps that fit into a cache are widened to f32 in the
// workspace around an f32 kernel.
#include <cstring>
#include <optional>

#include "dnnl-helpers.h"
#include "kernel.h"
#include "parallel.h"

namespace auspex {
namespace {

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
std::vector<Piece> Pieces(const Geometry& g, const Tensor& in, const Tensor& out, bool widen, bool joint) {
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

memory::desc MapDesc(const Grid& grid, int64_t channels, memory::data_type type) {
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

/** A piece of a feature map as oneDNN's kernel wants it: in place, or widened in a slot of the workspace. */
class Map {
 public:
  Map(const Tensor& tensor, int64_t firstRow, const Grid& grid, bool widen, Layout::Slot slot, Layout& layout)
      : tensor_(&tensor), firstElement_(firstRow * tensor.channels()), elements_(grid.pixels() * tensor.channels()),
        widen_(widen), slot_(slot) {
    if (widen_) layout.want(slot, elements_ * sizeof(float));
  }
  void* own() const { return tensor_->data + firstElement_ * static_cast<int64_t>(SizeOf(tensor_->dtype)); }
  void* read(const Layout& layout, char* workspace) const {
    if (!widen_) return own();
    auto* wide = reinterpret_cast<float*>(layout.at(workspace, slot_));
    Widen(static_cast<const Bf16*>(own()), wide, elements_);
    return wide;
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

  Setup(const Operation& op, const Tensor& in, const Tensor& out, bool joint = true)
      : geometry(op, in, out),
        widen(in.dtype == DType::kBf16 && !HasBf16()),
        type(in.dtype == DType::kBf16 && !widen ? memory::data_type::bf16 : kFloat),
        pieces(Pieces(geometry, in, out, widen, joint || widen)) {
    // The kernels write in the type that they read: wider, the output would be written past its end.
    if (in.dtype != out.dtype) throw std::runtime_error("a convolution's input and output must be of one type");
  }
};

/** f32 master weights, or the bf16 copies in which a unit travels between ranks. */
memory::data_type TypeOf(const Tensor& weight) { return weight.dtype == DType::kBf16 ? memory::data_type::bf16 : kFloat; }

/** Weights in the layouts that the pieces' kernels ask for, one at a time in the same slot of the workspace. */
class PackedWeights {
 public:
  PackedWeights(const Tensor& weight, memory::desc plain, memory::data_type type)
      : weight_(weight), plain_(plain), any_(plain.get_dims(), type, Tag::any) {}

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

using ForwardDesc = dnnl::convolution_forward::primitive_desc;

ForwardDesc MakeForward(const memory::desc& in, const memory::desc& weights, const memory::desc& out, const Window& window,
                        const dnnl::primitive_attr& attributes) {
  return {Engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, in, weights, out,
          window.strides, window.begin, window.end, attributes};
}

/** The forward pass, and the gradient of the data of pointwise convolutions: `in` and `out` exchanged, weights transposed. */
class Forward final : public Kernel {
 public:
  Forward(const Setup& setup, const Tensor& weight, const Tensor& from, const Tensor& to, bool transposed, const Tensor* sum)
      : to_(to),
        sum_(sum),
        weights_(weight, transposed ? setup.geometry.transposedWeights(TypeOf(weight)) : setup.geometry.plainWeights(TypeOf(weight)), setup.type) {
    dnnl::primitive_attr attributes = UserScratchpad();
    if (sum != nullptr) {
      dnnl::post_ops add;
      add.append_sum();
      attributes.set_post_ops(add);
    }
    for (const Piece& piece : setup.pieces) {
      const ForwardDesc pd = MakeForward(MapDesc(piece.in, from.channels(), setup.type), weights_.any(),
                                         MapDesc(piece.out, to.channels(), setup.type), Window(setup.geometry, piece), attributes);
      const size_t variant = weights_.add(pd.weights_desc(), layout_);
      Primitive primitive(pd, {{DNNL_ARG_SRC, pd.src_desc()}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DST, pd.dst_desc()}}, layout_);
      parts_.push_back({std::move(primitive), Map(from, piece.firstInputRow, piece.in, setup.widen, Layout::kInput, layout_),
                        Map(to, piece.firstOutputRow, piece.out, setup.widen, Layout::kOutput, layout_), variant});
    }
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }
  void run(char* workspace) override {
    weights_.begin();
    if (sum_ != nullptr && sum_->data != to_.data) std::memcpy(to_.data, sum_->data, to_.bytes());
    for (Part& part : parts_) {
      void* to = sum_ != nullptr ? part.out.read(layout_, workspace) : part.out.write(layout_, workspace);
      part.primitive.run(layout_, workspace,
                         {{DNNL_ARG_SRC, part.in.read(layout_, workspace)}, {DNNL_ARG_WEIGHTS, weights_.pack(part.weights, layout_, workspace)}, {DNNL_ARG_DST, to}});
      part.out.written(layout_, workspace);
    }
  }

 private:
  const Tensor& to_;
  const Tensor* sum_;
  Layout layout_;
  PackedWeights weights_;
  std::vector<Part> parts_;
};

/** oneDNN wants the forward primitive as a hint for both gradients. */
ForwardDesc Hint(const Setup& setup, const Piece& piece) {
  const Geometry& g = setup.geometry;
  return MakeForward(MapDesc(piece.in, g.inputChannels, setup.type), {g.weightDims(), setup.type, Tag::any},
                     MapDesc(piece.out, g.outputChannels, setup.type), Window(g, piece), {});
}

/** The gradient of the data of convolutions that are not pointwise. */
class BackwardData final : public Kernel {
 public:
  BackwardData(const Setup& setup, const Operation& op) : weights_(op.at("weight"), setup.geometry.plainWeights(TypeOf(op.at("weight"))), setup.type) {
    const Tensor &in = op.at("inputGradient"), &out = op.at("outputGradient");
    if (op.has("accumulate")) throw std::runtime_error("only pointwise convolutions add to a gradient");
    for (const Piece& piece : setup.pieces) {
      const Window window(setup.geometry, piece);
      const dnnl::convolution_backward_data::primitive_desc pd(
          Engine(), dnnl::algorithm::convolution_direct, MapDesc(piece.in, in.channels(), setup.type), weights_.any(),
          MapDesc(piece.out, out.channels(), setup.type), window.strides, window.begin, window.end, Hint(setup, piece), UserScratchpad());
      const size_t variant = weights_.add(pd.weights_desc(), layout_);
      Primitive primitive(pd, {{DNNL_ARG_DIFF_SRC, pd.diff_src_desc()}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DIFF_DST, pd.diff_dst_desc()}}, layout_);
      parts_.push_back({std::move(primitive), Map(in, piece.firstInputRow, piece.in, setup.widen, Layout::kInput, layout_),
                        Map(out, piece.firstOutputRow, piece.out, setup.widen, Layout::kOutput, layout_), variant});
    }
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }
  void run(char* workspace) override {
    weights_.begin();
    for (Part& part : parts_) {
      part.primitive.run(layout_, workspace, {{DNNL_ARG_DIFF_DST, part.out.read(layout_, workspace)},
                                              {DNNL_ARG_WEIGHTS, weights_.pack(part.weights, layout_, workspace)},
                                              {DNNL_ARG_DIFF_SRC, part.in.write(layout_, workspace)}});
      part.in.written(layout_, workspace);
    }
  }

 private:
  Layout layout_;
  PackedWeights weights_;
  std::vector<Part> parts_;
};

/** The gradient of the weights, f32, summed over all pieces. */
class BackwardWeights final : public Kernel {
 public:
  BackwardWeights(const Setup& setup, const Operation& op) : gradient_(op.at("weightGradient")) {
    const Tensor &in = op.at("input"), &out = op.at("outputGradient");
    const memory::desc master = setup.geometry.plainWeights(kFloat);
    for (const Piece& piece : setup.pieces) {
      const Window window(setup.geometry, piece);
      const dnnl::convolution_backward_weights::primitive_desc pd(
          Engine(), dnnl::algorithm::convolution_direct, MapDesc(piece.in, in.channels(), setup.type),
          memory::desc(setup.geometry.weightDims(), kFloat, Tag::any), MapDesc(piece.out, out.channels(), setup.type),
          window.strides, window.begin, window.end, Hint(setup, piece), UserScratchpad());
      const memory::desc fresh = pd.diff_weights_desc();
      layout_.want(Layout::kFresh, fresh.get_size());
      Primitive primitive(pd, {{DNNL_ARG_SRC, pd.src_desc()}, {DNNL_ARG_DIFF_WEIGHTS, fresh}, {DNNL_ARG_DIFF_DST, pd.diff_dst_desc()}}, layout_);
      parts_.push_back({std::move(primitive), Map(in, piece.firstInputRow, piece.in, setup.widen, Layout::kInput, layout_),
                        Map(out, piece.firstOutputRow, piece.out, setup.widen, Layout::kOutput, layout_)});
      collect_.push_back(MakeReorder(fresh, master, collect_.size() > 0, layout_));
    }
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }
  void run(char* workspace) override {
    void* fresh = layout_.at(workspace, Layout::kFresh);
    for (size_t i = 0; i < parts_.size(); ++i) {
      parts_[i].primitive.run(layout_, workspace, {{DNNL_ARG_SRC, parts_[i].in.read(layout_, workspace)},
                                                   {DNNL_ARG_DIFF_WEIGHTS, fresh},
                                                   {DNNL_ARG_DIFF_DST, parts_[i].out.read(layout_, workspace)}});
      collect_[i].run(layout_, workspace, {{DNNL_ARG_FROM, fresh}, {DNNL_ARG_TO, gradient_.data}});
    }
  }

 private:
  const Tensor& gradient_;
  Layout layout_;
  std::vector<Part> parts_;
  std::vector<Primitive> collect_;
};

/** The gradient of a pointwise convolution's weights in f32: (out, P) x (P, in), straight into the gradient. */
class PointwiseBackwardWeights final : public Kernel {
 public:
  PointwiseBackwardWeights(const Setup& setup, const Operation& op) : gradient_(op.at("weightGradient")) {
    const Tensor &in = op.at("input"), &out = op.at("outputGradient");
    const memory::desc to({out.channels(), in.channels()}, kFloat, Tag::ab);
    for (const Piece& piece : setup.pieces) {
      const int64_t rows = piece.in.pixels();
      const memory::desc left({out.channels(), rows}, kFloat, Tag::ba), right({rows, in.channels()}, kFloat, Tag::ab);
      dnnl::primitive_attr attributes = UserScratchpad();
      if (!parts_.empty()) {
        dnnl::post_ops add;
        add.append_sum();
        attributes.set_post_ops(add);
      }
      const dnnl::matmul::primitive_desc pd(Engine(), left, right, to, attributes);
      Primitive primitive(pd, {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, to}}, layout_);
      parts_.push_back({std::move(primitive), Map(in, piece.firstInputRow, piece.in, setup.widen, Layout::kInput, layout_),
                        Map(out, piece.firstOutputRow, piece.out, setup.widen, Layout::kOutput, layout_)});
    }
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }
  void run(char* workspace) override {
    for (Part& part : parts_) {
      part.primitive.run(layout_, workspace, {{DNNL_ARG_SRC, part.out.read(layout_, workspace)},
                                              {DNNL_ARG_WEIGHTS, part.in.read(layout_, workspace)},
                                              {DNNL_ARG_DST, gradient_.data}});
    }
  }

 private:
  const Tensor& gradient_;
  Layout layout_;
  std::vector<Part> parts_;
};

}  // namespace

KernelPtr MakeConvolutionKernel(const Operation& op, int) {
  if (op.kind == "convolution") {
    const Tensor &in = op.at("input"), &out = op.at("output");
    return std::make_unique<Forward>(Setup(op, in, out), op.at("weight"), in, out, false, nullptr);
  }
  if (op.kind == "convolutionBackwardData") {
    const Tensor &in = op.at("inputGradient"), &out = op.at("outputGradient");
    const Setup setup(op, in, out);
    if (!setup.geometry.pointwise()) return std::make_unique<BackwardData>(setup, op);
    return std::make_unique<Forward>(setup, op.at("weight"), out, in, true, op.optional("accumulate"));
  }
  if (op.kind == "convolutionBackwardWeights") {
    // oneDNN's bf16 kernel shares its work among images, so it is given them.
    const bool joint = op.at("input").dtype == DType::kF32;
    const Setup setup(op, op.at("input"), op.at("outputGradient"), joint);
    if (setup.geometry.pointwise() && setup.type == kFloat) return std::make_unique<PointwiseBackwardWeights>(setup, op);
    return std::make_unique<BackwardWeights>(setup, op);
  }
  return nullptr;
}

}  // namespace auspex
