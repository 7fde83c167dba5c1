// Convolutions on oneDNN, channels-last: forward, and the gradients of the data and of the weights.
//
// The images of all resolutions lie one after another in memory. A 1x1 convolution of stride 1 does not care where an image
// ends: it is a matrix product over all pixels at once, and so are both of its gradients (that of the data is a convolution
// with the transposed weights). Other convolutions run once per resolution. Master weights are f32 (out, in / groups,
// kernel, kernel); each use packs them, in the workspace, into the layout that oneDNN's kernel asks for.
//
// bf16 maps on a processor that does not multiply bf16, or more slowly (precision-choice.h): pieces of the maps that fit into a
// cache are widened to f32 in the workspace around an f32 kernel. On a processor with AMX, convolutions in bf16 and their gradients
// are made by tiles/ instead, as far as they fill them.
#include "convolution.h"
#include "precision-choice.h"
#include "tiles/convolution.h"
#include "tiles/weight-gradient.h"

namespace auspex {
namespace {

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
        weights_(weight, transposed ? setup.geometry.transposedWeights(TypeOf(weight)) : setup.geometry.plainWeights(TypeOf(weight)), setup) {
    dnnl::primitive_attr attributes = UserScratchpad();
    if (sum != nullptr) {
      dnnl::post_ops add;
      add.append_sum();
      attributes.set_post_ops(add);
    }
    for (const Piece& piece : setup.pieces) {
      const ForwardDesc pd = MakeForward(setup.descOf(piece.in, from), weights_.any(), setup.descOf(piece.out, to), Window(setup.geometry, piece), attributes);
      const size_t variant = weights_.add(pd.weights_desc(), layout_);
      Primitive primitive(pd, {{DNNL_ARG_SRC, pd.src_desc()}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DST, pd.dst_desc()}}, layout_);
      parts_.push_back({std::move(primitive), setup.inputOf(from, piece, layout_), setup.outputOf(to, piece, layout_), variant});
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
  BackwardData(const Setup& setup, const Operation& op) : weights_(op.at("weight"), setup.geometry.plainWeights(TypeOf(op.at("weight"))), setup) {
    const Tensor &in = op.at("inputGradient"), &out = op.at("outputGradient");
    if (op.has("accumulate")) throw std::runtime_error("only pointwise convolutions add to a gradient");
    for (const Piece& piece : setup.pieces) {
      const Window window(setup.geometry, piece);
      const dnnl::convolution_backward_data::primitive_desc pd(
          Engine(), dnnl::algorithm::convolution_direct, setup.descOf(piece.in, in), weights_.any(),
          setup.descOf(piece.out, out), window.strides, window.begin, window.end, Hint(setup, piece), UserScratchpad());
      const size_t variant = weights_.add(pd.weights_desc(), layout_);
      Primitive primitive(pd, {{DNNL_ARG_DIFF_SRC, pd.diff_src_desc()}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DIFF_DST, pd.diff_dst_desc()}}, layout_);
      parts_.push_back({std::move(primitive), setup.inputOf(in, piece, layout_), setup.outputOf(out, piece, layout_), variant});
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
          Engine(), dnnl::algorithm::convolution_direct, setup.descOf(piece.in, in),
          memory::desc(setup.geometry.weightDims(), kFloat, Tag::any), setup.descOf(piece.out, out),
          window.strides, window.begin, window.end, Hint(setup, piece), UserScratchpad());
      const memory::desc fresh = pd.diff_weights_desc();
      layout_.want(Layout::kFresh, fresh.get_size());
      Primitive primitive(pd, {{DNNL_ARG_SRC, pd.src_desc()}, {DNNL_ARG_DIFF_WEIGHTS, fresh}, {DNNL_ARG_DIFF_DST, pd.diff_dst_desc()}}, layout_);
      parts_.push_back({std::move(primitive), setup.inputOf(in, piece, layout_), setup.outputOf(out, piece, layout_)});
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

/** On tiles; null where the processor has none, and for maps and kernels that do not fill them. */
KernelPtr MakeOnTiles(const Operation& op, int threads) {
  const bool forward = op.kind == "convolution", data = op.kind == "convolutionBackwardData";
  const Tensor& in = op.at(data ? "inputGradient" : "input");
  const Tensor& out = op.at(forward ? "output" : "outputGradient");
  if (in.dtype != DType::kBf16 || out.dtype != DType::kBf16) return nullptr;
  const Geometry g(op, in, out);
  if (!forward && !data) return MakeTileWeightGradient({in, out, op.at("weightGradient"), g.kernel, g.stride, g.groups}, threads);
  return MakeTileConvolution({in, out, op.at("weight"), data, data ? op.optional("accumulate") : nullptr, g.kernel, g.stride, g.groups}, threads);
}

KernelPtr MakeEitherKernel(const Operation& op, bool widen, int threads) {
  if (KernelPtr tiles = MakeOnTiles(op, threads)) return tiles;
  if (op.kind == "convolution") {
    const Tensor &in = op.at("input"), &out = op.at("output");
    return std::make_unique<Forward>(Setup(op, in, out, widen), op.at("weight"), in, out, false, nullptr);
  }
  if (op.kind == "convolutionBackwardData") {
    const Tensor &in = op.at("inputGradient"), &out = op.at("outputGradient");
    const Setup setup(op, in, out, widen);
    if (!setup.geometry.pointwise()) return std::make_unique<BackwardData>(setup, op);
    return std::make_unique<Forward>(setup, op.at("weight"), out, in, true, op.optional("accumulate"));
  }
  const Tensor &in = op.at("input"), &out = op.at("outputGradient");
  const Setup setup(op, in, out, widen);
  if (KernelPtr pointwise = MakePointwiseBackwardWeights(setup, op)) return pointwise;
  return std::make_unique<BackwardWeights>(setup, op);
}

}  // namespace

KernelPtr MakeConvolutionKernel(const Operation& op, int threads) {
  const bool forward = op.kind == "convolution", data = op.kind == "convolutionBackwardData";
  if (!forward && !data && op.kind != "convolutionBackwardWeights") return nullptr;
  const auto make = [threads](const Operation& operation, bool widen) { return MakeEitherKernel(operation, widen, threads); };
  return make(op, WidensMaps(op, op.at(data ? "inputGradient" : "input").dtype, threads, make));
}

}  // namespace auspex
