// The gradient of the weights of 1x1 convolutions as one matrix product over all pixels, (out, P) x (P, in), straight into the
// gradient: oneDNN's own kernel for it shares its work among images and sums up afterwards, which is several times slower,
// the more so where something else wants the processor. With a stride, the pixels that the convolution sees are copied
// together first.
#include "convolution.h"

namespace auspex {
namespace {

/** The pixels of a map that a strided 1x1 convolution sees, one after another in the workspace. */
class SeenPixels {
 public:
  SeenPixels(const Tensor& in, const Tensor& out, int64_t stride, Layout& layout) : in_(in), out_(out), stride_(stride) {
    layout.want(Layout::kInput, static_cast<size_t>(out.rows()) * rowBytes());
  }
  void* gather(const Layout& layout, char* workspace) const {
    char* seen = layout.at(workspace, Layout::kInput);
    int64_t inputRow = 0, outputRow = 0;
    for (size_t i = 0; i < in_.grids.size(); ++i) {
      const Grid &from = in_.grids[i], &to = out_.grids[i];
      ForRanges(to.images * to.height, 1, [&](int64_t begin, int64_t end) {
        for (int64_t line = begin; line < end; ++line) {
          const int64_t first = inputRow + (line / to.height * from.height + line % to.height * stride_) * from.width;
          for (int64_t x = 0; x < to.width; ++x) {
            std::memcpy(seen + (outputRow + line * to.width + x) * rowBytes(), in_.data + (first + x * stride_) * rowBytes(), rowBytes());
          }
        }
      });
      inputRow += from.pixels();
      outputRow += to.pixels();
    }
    return seen;
  }

 private:
  size_t rowBytes() const { return static_cast<size_t>(in_.channels()) * SizeOf(in_.dtype); }
  const Tensor &in_, &out_;
  int64_t stride_;
};

class PointwiseBackwardWeights final : public Kernel {
 public:
  PointwiseBackwardWeights(const Setup& setup, const Operation& op) : gradient_(op.at("weightGradient")) {
    const Tensor &in = op.at("input"), &out = op.at("outputGradient");
    const memory::desc to({out.channels(), in.channels()}, kFloat, Tag::ab);
    if (setup.geometry.stride > 1) seen_.emplace(in, out, setup.geometry.stride, layout_);
    for (const Piece& piece : seen_ ? std::vector<Piece>{WholeOf(out)} : setup.pieces) {
      const int64_t rows = piece.out.pixels();
      const memory::desc left({out.channels(), rows}, setup.type, Tag::ba), right({rows, in.channels()}, setup.type, Tag::ab);
      dnnl::primitive_attr attributes = UserScratchpad();
      if (!parts_.empty()) {
        dnnl::post_ops add;
        add.append_sum();
        attributes.set_post_ops(add);
      }
      const dnnl::matmul::primitive_desc pd(Engine(), left, right, to, attributes);
      Primitive primitive(pd, {{DNNL_ARG_SRC, left}, {DNNL_ARG_WEIGHTS, right}, {DNNL_ARG_DST, to}}, layout_);
      parts_.push_back({std::move(primitive), setup.inputOf(in, piece, layout_), setup.outputOf(out, piece, layout_)});
    }
  }
  size_t workspaceBytes() const override { return layout_.bytes(); }
  void run(char* workspace) override {
    for (Part& part : parts_) {
      void* in = seen_ ? seen_->gather(layout_, workspace) : part.in.read(layout_, workspace);
      part.primitive.run(layout_, workspace, {{DNNL_ARG_SRC, part.out.read(layout_, workspace)},
                                              {DNNL_ARG_WEIGHTS, in},
                                              {DNNL_ARG_DST, gradient_.data}});
    }
  }

 private:
  static Piece WholeOf(const Tensor& map) {
    const Grid all{1, map.rows(), 1};
    return {all, all, 0, 0};
  }
  const Tensor& gradient_;
  std::optional<SeenPixels> seen_;
  Layout layout_;
  std::vector<Part> parts_;
};

}  // namespace

KernelPtr MakePointwiseBackwardWeights(const Setup& setup, const Operation& op) {
  const Geometry& g = setup.geometry;
  if (g.kernel != 1 || g.groups != 1) return nullptr;
  // In f32 oneDNN's own kernel is as quick with a stride, and rounds less.
  if (g.stride > 1 && setup.type == kFloat) return nullptr;
  return std::make_unique<PointwiseBackwardWeights>(setup, op);
}

}  // namespace auspex
