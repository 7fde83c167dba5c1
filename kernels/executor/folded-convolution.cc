// Convolutions of an encoder that no longer learns: batch normalisation by running statistics is folded into their weights and
// a bias, and the residual and the activation are applied while the output is in the processor:
//
//     y = f(conv(x, w * a) + b + residual)      a = scale / sqrt(variance + epsilon), b = shift - mean * a
//
// Weights are folded and packed once, and again after they were written; that memory belongs to the kernel.
#include "arena.h"
#include "convolution.h"
#include "precision-choice.h"
#include "tiles/convolution.h"
#include "vector/batch-norm.h"

namespace auspex {

using namespace AUSPEX_VARIANT;

namespace {

using ForwardDesc = dnnl::convolution_forward::primitive_desc;
constexpr int kResidual = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;

/** Weights times their factors, and the bias. */
void Fold(const Coefficients& coefficients, const Tensor& weight, float* folded, float* bias) {
  const int64_t channels = coefficients.channels, perChannel = weight.elements() / channels;
  std::vector<float> factors(channels);
  coefficients.affine(0, factors.data(), bias);
  ForRanges(channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      for (int64_t i = c * perChannel; i < (c + 1) * perChannel; ++i) folded[i] = weight.f32()[i] * factors[c];
    }
  });
}

/** On tiles, which have ReLU and no other activation. */
class FoldedOnTiles final : public Kernel {
 public:
  FoldedOnTiles(const Operation& op, int threads) : weight_(op.at("weight")), folded_(weight_), coefficients_(op), bias_(op.at("output").channels()) {
    const Tensor &in = op.at("input"), &out = op.at("output");
    coefficients_.channels = out.channels();
    const Geometry g(op, in, out);
    convolution_ = MakeTileConvolution({in, out, folded_, false, op.optional("residual"), g.kernel, g.stride, g.groups, true, bias_.data(), ActOf(op) == Act::kRelu}, threads);
  }
  bool fits() const { return convolution_ != nullptr; }
  /** Folded in the workspace, and packed from there. */
  size_t workspaceBytes() const override { return std::max(convolution_->workspaceBytes(), folded_.bytes()); }
  void prepare(char* workspace) override {
    folded_.data = workspace;
    Fold(coefficients_, weight_, folded_.f32(), bias_.data());
    convolution_->prepare(nullptr);
  }
  void run(char* workspace) override { convolution_->run(workspace); }

 private:
  const Tensor& weight_;
  Tensor folded_;
  Coefficients coefficients_;
  std::vector<float> bias_;
  KernelPtr convolution_;
};

class FoldedConvolution final : public Kernel {
 public:
  FoldedConvolution(const Operation& op, bool widen)
      : setup_(op, op.at("input"), op.at("output"), widen),
        weight_(op.at("weight")),
        coefficients_(op),
        plain_(setup_.geometry.plainWeights(kFloat)),
        bias_(setup_.geometry.outputChannels) {
    const Tensor &in = op.at("input"), &out = op.at("output");
    const Tensor* residual = op.optional("residual");
    coefficients_.channels = out.channels();
    const memory::desc any(setup_.geometry.weightDims(), setup_.type, Tag::any);
    const memory::desc bias({setup_.geometry.outputChannels}, kFloat, Tag::a);
    // Weights are folded in a slot of the workspace, and packed from there.
    layout_.want(Layout::kWeights, weight_.bytes());
    for (const Piece& piece : setup_.pieces) {
      const memory::desc to = setup_.descOf(piece.out, out);
      const Window window(setup_.geometry, piece);
      const ForwardDesc pd(Engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                           setup_.descOf(piece.in, in), any, bias, to, window.strides, window.begin, window.end,
                           attributes(ActOf(op), residual != nullptr ? &to : nullptr));
      std::vector<std::pair<int, memory::desc>> arguments = {
          {DNNL_ARG_SRC, pd.src_desc()}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, pd.dst_desc()}};
      if (residual != nullptr) arguments.emplace_back(kResidual, to);
      Primitive primitive(pd, arguments, layout_);
      parts_.push_back({{std::move(primitive), setup_.inputOf(in, piece, layout_), setup_.outputOf(out, piece, layout_), packedFor(pd.weights_desc())}, {}});
      if (residual != nullptr) parts_.back().residual = setup_.outputOf(*residual, piece, layout_, Layout::kFresh);
    }
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }

  void prepare(char* workspace) override {
    auto* folded = reinterpret_cast<float*>(layout_.at(workspace, Layout::kWeights));
    Fold(coefficients_, weight_, folded, bias_.data());
    for (Packed& packed : packed_) packed.reorder.run(layout_, workspace, {{DNNL_ARG_FROM, folded}, {DNNL_ARG_TO, packed.weights->data()}});
  }

  void run(char* workspace) override {
    for (FoldedPart& part : parts_) {
      void* weights = packed_[part.part.weights].weights->data();
      void* from = part.part.in.read(layout_, workspace);
      void* to = part.part.out.write(layout_, workspace);
      if (part.residual) {
        part.part.primitive.run(layout_, workspace, {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_BIAS, bias_.data()},
                                                     {kResidual, part.residual->read(layout_, workspace)}, {DNNL_ARG_DST, to}});
      } else {
        part.part.primitive.run(layout_, workspace, {{DNNL_ARG_SRC, from}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_BIAS, bias_.data()}, {DNNL_ARG_DST, to}});
      }
      part.part.out.written(layout_, workspace);
    }
  }

 private:
  struct FoldedPart {
    Part part;
    std::optional<Map> residual;
  };
  /** Weights in the layout of some parts' kernels. */
  struct Packed {
    memory::desc desc;
    Primitive reorder;
    std::unique_ptr<Arena> weights;
  };

  /** @param residual what is added before the activation. */
  static dnnl::primitive_attr attributes(Act act, const memory::desc* residual) {
    dnnl::primitive_attr attributes = UserScratchpad();
    dnnl::post_ops after;
    if (residual != nullptr) after.append_binary(dnnl::algorithm::binary_add, *residual);
    if (act == Act::kRelu) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    if (act == Act::kSilu) after.append_eltwise(dnnl::algorithm::eltwise_swish, 1.0f, 0.0f);
    attributes.set_post_ops(after);
    return attributes;
  }

  size_t packedFor(const memory::desc& desc) {
    for (size_t i = 0; i < packed_.size(); ++i) {
      if (packed_[i].desc == desc) return i;
    }
    packed_.push_back({desc, MakeReorder(plain_, desc, false, layout_), std::make_unique<Arena>(desc.get_size())});
    return packed_.size() - 1;
  }

  Setup setup_;
  const Tensor& weight_;
  Coefficients coefficients_;
  memory::desc plain_;
  std::vector<float> bias_;
  Layout layout_;
  std::vector<Packed> packed_;
  std::vector<FoldedPart> parts_;
};

}  // namespace

KernelPtr MakeFoldedConvolutionKernel(const Operation& op, int threads) {
  if (op.kind != "foldedConvolution") return nullptr;
  if (op.at("weight").dtype != DType::kF32) throw std::runtime_error("weights are folded in f32");
  if (op.at("input").dtype == DType::kBf16 && op.at("output").dtype == DType::kBf16 && ActOf(op) != Act::kSilu) {
    auto tiles = std::make_unique<FoldedOnTiles>(op, threads);
    if (tiles->fits()) return tiles;
  }
  const auto make = [](const Operation& operation, bool widen) { return std::make_unique<FoldedConvolution>(operation, widen); };
  return make(op, WidensMaps(op, op.at("input").dtype, threads, make));
}

}  // namespace auspex
