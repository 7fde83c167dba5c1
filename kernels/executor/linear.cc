// Fully connected layers as matrix products: (rows, in) x (out, in)^T + bias, and both gradients; in f32, or in bf16 where the
// operation says so and the processor has AMX. Weights that came from other ranks in bf16 are widened in the workspace.
#include "dnnl-helpers.h"
#include "kernel.h"
#include "parallel.h"
#include "tiles/linear.h"
#include "tiles/weight-gradient.h"

namespace auspex {
namespace {

using dnnl::memory;

/** A row-major matrix, or its transpose without moving a byte. */
memory::desc Matrix(int64_t rows, int64_t columns, bool transposed = false) {
  return {{rows, columns}, memory::data_type::f32, transposed ? memory::format_tag::ba : memory::format_tag::ab};
}

class MatrixProduct final : public Kernel {
 public:
  MatrixProduct(const Tensor& left, memory::desc leftDesc, const Tensor& right, memory::desc rightDesc, const Tensor& result,
                memory::desc resultDesc, const Tensor* bias)
      : left_(left), right_(right), result_(result), bias_(bias) {
    const memory::desc biasDesc = bias == nullptr ? memory::desc() : Matrix(1, bias->elements());
    const auto attributes = UserScratchpad();
    const auto pd = bias == nullptr
                        ? dnnl::matmul::primitive_desc(Engine(), leftDesc, rightDesc, resultDesc, attributes)
                        : dnnl::matmul::primitive_desc(Engine(), leftDesc, rightDesc, biasDesc, resultDesc, attributes);
    std::vector<std::pair<int, memory::desc>> arguments{
        {DNNL_ARG_SRC, leftDesc}, {DNNL_ARG_WEIGHTS, rightDesc}, {DNNL_ARG_DST, resultDesc}};
    if (bias != nullptr) arguments.push_back({DNNL_ARG_BIAS, biasDesc});
    primitive_ = std::make_unique<Primitive>(pd, arguments, layout_);
    if (right.dtype == DType::kBf16) layout_.want(Layout::kWeights, right.elements() * sizeof(float));
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }
  void run(char* workspace) override {
    void* right = right_.data;
    if (right_.dtype == DType::kBf16) {
      right = layout_.at(workspace, Layout::kWeights);
      Widen(reinterpret_cast<const Bf16*>(right_.data), static_cast<float*>(right), right_.elements());
    }
    if (bias_ == nullptr) {
      primitive_->run(layout_, workspace, {{DNNL_ARG_SRC, left_.data}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, result_.data}});
    } else {
      primitive_->run(layout_, workspace, {{DNNL_ARG_SRC, left_.data}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_BIAS, bias_->data}, {DNNL_ARG_DST, result_.data}});
    }
  }

 private:
  const Tensor &left_, &right_, &result_;
  const Tensor* bias_;
  Layout layout_;
  std::unique_ptr<Primitive> primitive_;
};

/** The gradient of the bias is the sum over rows. */
class LinearBackwardWeights final : public Kernel {
 public:
  LinearBackwardWeights(KernelPtr weights, const Tensor& dy, const Tensor* bias) : weights_(std::move(weights)), dy_(dy), bias_(bias) {}
  size_t workspaceBytes() const override { return weights_->workspaceBytes(); }
  void run(char* workspace) override {
    weights_->run(workspace);
    if (bias_ == nullptr) return;
    const int64_t columns = dy_.channels();
    ForRanges(columns, 64, [&](int64_t begin, int64_t end) {
      float* sums = bias_->f32();
      std::fill(sums + begin, sums + end, 0.0f);
      for (int64_t row = 0; row < dy_.rows(); ++row) {
        for (int64_t c = begin; c < end; ++c) sums[c] += dy_.f32()[row * columns + c];
      }
    });
  }

 private:
  KernelPtr weights_;
  const Tensor& dy_;
  const Tensor* bias_;
};

}  // namespace

KernelPtr MakeLinearKernel(const Operation& op, int threads) {
  if (op.kind != "linear" && op.kind != "linearBackwardData" && op.kind != "linearBackwardWeights") return nullptr;
  const bool bf16 = op.words.at("factors") == "bf16";
  if (op.kind == "linear") {
    const Tensor &x = op.at("input"), &w = op.at("weight"), &y = op.at("output");
    if (KernelPtr tiles = bf16 ? MakeTileLinear({x, w, op.optional("bias"), y, false}, threads) : nullptr) return tiles;
    const int64_t rows = x.rows(), in = x.channels(), out = y.channels();
    return std::make_unique<MatrixProduct>(x, Matrix(rows, in), w, Matrix(in, out, true), y, Matrix(rows, out), op.optional("bias"));
  }
  if (op.kind == "linearBackwardData") {
    const Tensor &dy = op.at("outputGradient"), &w = op.at("weight"), &dx = op.at("inputGradient");
    if (KernelPtr tiles = bf16 ? MakeTileLinear({dy, w, nullptr, dx, true}, threads) : nullptr) return tiles;
    const int64_t rows = dy.rows(), in = dx.channels(), out = dy.channels();
    return std::make_unique<MatrixProduct>(dy, Matrix(rows, out), w, Matrix(out, in), dx, Matrix(rows, in), nullptr);
  }
  const Tensor &dy = op.at("outputGradient"), &x = op.at("input"), &dw = op.at("weightGradient");
  const int64_t rows = dy.rows(), in = x.channels(), out = dy.channels();
  KernelPtr weights = bf16 ? MakeTileWeightGradient({x, dy, dw}, threads) : nullptr;
  if (!weights) weights = std::make_unique<MatrixProduct>(dy, Matrix(out, rows, true), x, Matrix(rows, in), dw, Matrix(out, in), nullptr);
  return std::make_unique<LinearBackwardWeights>(std::move(weights), dy, op.optional("biasGradient"));
}

}  // namespace auspex
