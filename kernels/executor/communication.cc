// What runs on the communication queue: units are gathered and gradients reduced while the compute thread goes on.
#include <cstring>

#include "dnnl-helpers.h"
#include "kernel.h"
#include "parallel.h"
#include "ranks.h"

namespace auspex {
namespace {

class AllGather final : public Kernel {
 public:
  explicit AllGather(const Operation& op) : input_(op.at("input")), output_(op.at("output")), ranks_(op.ranks) {}
  bool communicates() const override { return true; }
  void run(char*) override { ranks_->get().allGather(Channel::kCommunication, input_.data, output_.data, input_.bytes()); }

 private:
  const Tensor &input_, &output_;
  Ranks* ranks_;
};

class ReduceScatter final : public Kernel {
 public:
  explicit ReduceScatter(const Operation& op)
      : input_(op.at("input")), output_(op.at("output")), ranks_(op.ranks), scale_(static_cast<float>(op.number("scale"))) {}
  bool communicates() const override { return true; }
  void run(char*) override {
    ranks_->get().reduceScatter(Channel::kCommunication, input_.f32(), output_.f32(), static_cast<size_t>(output_.elements()), scale_);
  }

 private:
  const Tensor &input_, &output_;
  Ranks* ranks_;
  float scale_;
};

class AllReduce final : public Kernel {
 public:
  explicit AllReduce(const Operation& op)
      : input_(op.at("input")), output_(op.at("output")), ranks_(op.ranks), scale_(static_cast<float>(op.number("scale"))) {}
  bool communicates() const override { return true; }
  void run(char*) override {
    float* values = output_.f32();
    std::memcpy(values, input_.data, input_.bytes());
    ranks_->get().allReduce(Channel::kCommunication, values, static_cast<size_t>(output_.elements()), Reduction::kSum);
    for (int64_t i = 0; i < output_.elements(); ++i) values[i] *= scale_;
  }

 private:
  const Tensor &input_, &output_;
  Ranks* ranks_;
  float scale_;
};

class Convert final : public Kernel {
 public:
  explicit Convert(const Operation& op) : input_(op.at("input")), output_(op.at("output")) {}
  void run(char*) override {
    if (output_.dtype == DType::kBf16) Narrow(input_.f32(), reinterpret_cast<Bf16*>(output_.data), input_.elements());
    else Widen(reinterpret_cast<const Bf16*>(input_.data), output_.f32(), input_.elements());
  }

 private:
  const Tensor &input_, &output_;
};

/** The executor waits in its place. */
class Await final : public Kernel {
 public:
  void run(char*) override {}
};

}  // namespace

KernelPtr MakeCommunicationKernel(const Operation& op, int) {
  if (op.kind == "allGather") return std::make_unique<AllGather>(op);
  if (op.kind == "reduceScatter") return std::make_unique<ReduceScatter>(op);
  if (op.kind == "allReduce") return std::make_unique<AllReduce>(op);
  if (op.kind == "convert") return std::make_unique<Convert>(op);
  if (op.kind == "await") return std::make_unique<Await>();
  return nullptr;
}

}  // namespace auspex
