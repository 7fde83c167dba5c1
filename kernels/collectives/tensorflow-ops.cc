// Collectives as operations of TensorFlow, on its tensors where they lie. Built apart from the addon, against the headers of the
// TensorFlow that is to load it (in its wheel), which the set-up of TensorFlow puts there:
//
//     c++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -I$TF/include -o libauspex-tensorflow-ops.so
//         kernels/collectives/tensorflow-ops.cc -L$TF -l:libtensorflow_framework.so.2
//
// An operation returns when its exchange is over. On a GPU it waits for nothing else: work that TensorFlow's stream has goes on.
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "collective-calls.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"
#include "xla/stream_executor/stream.h"

namespace auspex {
namespace {

using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;
using tensorflow::shape_inference::DimensionHandle;
using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::ShapeHandle;

std::shared_mutex g_mutex;  // shared by calls under way
std::map<int64_t, const AuspexCollectives*> g_collectives;

/** The stream on a GPU, null on a processor. */
stream_executor::Stream* StreamOf(OpKernelContext* context) {
  const auto* device = context->op_device_context();
  return device != nullptr ? device->stream() : nullptr;
}

/** An operation of the communicator that its attribute names. */
class Collective : public tensorflow::OpKernel {
 public:
  explicit Collective(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("communicator", &id_));
  }

  void Compute(OpKernelContext* context) final {
    std::shared_lock<std::shared_mutex> lock(g_mutex);
    const auto found = g_collectives.find(id_);
    OP_REQUIRES(context, found != g_collectives.end(), absl::FailedPreconditionError("no communicator has the number " + std::to_string(id_)));
    stream_executor::Stream* stream = StreamOf(context);
    const char* failure = run(context, *found->second, stream != nullptr ? stream->platform_specific_handle().stream : nullptr);
    OP_REQUIRES(context, failure == nullptr, absl::AbortedError(failure));
  }

 protected:
  /** What went wrong, or null; what goes wrong in TensorFlow is the context's. */
  virtual const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) = 0;

  /** The input, or a copy of it where somebody else needs it; null if there is no memory. */
  static Tensor* inPlace(OpKernelContext* context) {
    const Tensor& input = context->input(0);
    Tensor* output = nullptr;
    context->SetStatus(context->forward_input_or_allocate_output({0}, 0, input.shape(), &output));
    if (!context->status().ok()) return nullptr;
    const size_t bytes = input.TotalBytes();
    if (output->data() == input.data() || bytes == 0) return output;
    if (stream_executor::Stream* stream = StreamOf(context)) {
      stream_executor::DeviceMemoryBase to(output->data(), bytes);
      context->SetStatus(stream->Memcpy(&to, stream_executor::DeviceMemoryBase(input.data(), bytes), bytes));
    } else {
      std::memcpy(output->data(), input.data(), bytes);
    }
    return context->status().ok() ? output : nullptr;
  }

 private:
  int64_t id_ = 0;
};

class AllGather final : public Collective {
 public:
  using Collective::Collective;

 private:
  const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) override {
    const Tensor& shard = context->input(0);
    Tensor* whole = nullptr;
    context->SetStatus(context->allocate_output(0, TensorShape({shard.NumElements() * calls.size}), &whole));
    if (!context->status().ok()) return nullptr;
    return calls.allGather(calls.self, stream, shard.data(), whole->data(), shard.TotalBytes());
  }
};

class ReduceScatter final : public Collective {
 public:
  explicit ReduceScatter(OpKernelConstruction* construction) : Collective(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("scale", &scale_));
  }

 private:
  const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) override {
    const Tensor& whole = context->input(0);
    if (whole.NumElements() % calls.size != 0) return "the elements of a reduce-scatter are no multiple of the ranks";
    const int64_t elements = whole.NumElements() / calls.size;
    Tensor* shard = nullptr;
    context->SetStatus(context->allocate_output(0, TensorShape({elements}), &shard));
    if (!context->status().ok()) return nullptr;
    const auto* in = static_cast<const float*>(whole.data());
    return calls.reduceScatter(calls.self, stream, in, static_cast<float*>(shard->data()), static_cast<size_t>(elements), scale_);
  }
  float scale_ = 1;
};

class AllReduce final : public Collective {
 public:
  explicit AllReduce(OpKernelConstruction* construction) : Collective(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("maximum", &maximum_));
    OP_REQUIRES_OK(construction, construction->GetAttr("first", &first_));
    OP_REQUIRES_OK(construction, construction->GetAttr("ranks", &ranks_));
  }

 private:
  const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) override {
    Tensor* values = inPlace(context);
    if (values == nullptr) return nullptr;
    const int size = ranks_ == 0 ? calls.size : ranks_;
    return calls.allReduce(calls.self, stream, static_cast<float*>(values->data()), static_cast<size_t>(values->NumElements()), maximum_, first_, size);
  }
  bool maximum_ = false;
  int first_ = 0, ranks_ = 0;
};

class Broadcast final : public Collective {
 public:
  explicit Broadcast(OpKernelConstruction* construction) : Collective(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("root", &root_));
  }

 private:
  const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) override {
    Tensor* data = inPlace(context);
    if (data == nullptr) return nullptr;
    return calls.broadcast(calls.self, stream, data->data(), data->TotalBytes(), root_);
  }
  int root_ = 0;
};

/** A vector of a length that is known when it runs. */
absl::Status VectorShape(InferenceContext* context) {
  context->set_output(0, context->Vector(InferenceContext::kUnknownDim));
  return absl::OkStatus();
}

// Stateful, so that equal calls are not made once for all.
REGISTER_OP("AuspexAllGather")
    .Input("shard: T")
    .Output("whole: T")
    .Attr("T: {float, half, bfloat16}")
    .Attr("communicator: int")
    .SetIsStateful()
    .SetShapeFn(VectorShape);
REGISTER_OP("AuspexReduceScatter")
    .Input("whole: float")
    .Output("shard: float")
    .Attr("communicator: int")
    .Attr("scale: float = 1")
    .SetIsStateful()
    .SetShapeFn(VectorShape);
REGISTER_OP("AuspexAllReduce")
    .Input("values: float")
    .Output("reduced: float")
    .Attr("communicator: int")
    .Attr("maximum: bool = false")
    .Attr("first: int = 0")
    .Attr("ranks: int = 0")  // of the group; 0 for all
    .SetIsStateful()
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape);
REGISTER_OP("AuspexBroadcast")
    .Input("data: T")
    .Output("same: T")
    .Attr("T: {float, half, bfloat16}")
    .Attr("communicator: int")
    .Attr("root: int = 0")
    .SetIsStateful()
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape);

#define AUSPEX_KERNEL(device)                                                                 \
  REGISTER_KERNEL_BUILDER(Name("AuspexAllGather").Device(device), AllGather);                 \
  REGISTER_KERNEL_BUILDER(Name("AuspexReduceScatter").Device(device), ReduceScatter);         \
  REGISTER_KERNEL_BUILDER(Name("AuspexAllReduce").Device(device), AllReduce);                 \
  REGISTER_KERNEL_BUILDER(Name("AuspexBroadcast").Device(device), Broadcast);
AUSPEX_KERNEL(tensorflow::DEVICE_CPU)
AUSPEX_KERNEL(tensorflow::DEVICE_GPU)

}  // namespace
}  // namespace auspex

extern "C" __attribute__((visibility("default"))) bool AuspexTensorFlowSetCollectives(int64_t id, const AuspexCollectives* calls) {
  std::unique_lock<std::shared_mutex> lock(auspex::g_mutex);
  if (calls != nullptr && calls->version != kAuspexCollectivesVersion) return false;
  if (calls == nullptr) {
    auspex::g_collectives.erase(id);
  } else {
    auspex::g_collectives[id] = calls;
  }
  return true;
}
