// Collectives as operations of TensorFlow, on its tensors where they lie. Built apart from the addon, against the headers of the
// TensorFlow that is to load it (in its wheel), which the set-up of TensorFlow puts there:
//
//     c++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden -I$TF/include -o libauspex-tensorflow-ops.so
//         kernels/collectives/tensorflow-ops.cc -L$TF -l:libtensorflow_framework.so.2
//
// A collective's operation starts the exchange and returns, with an output that nobody may use and a ticket. AuspexAwait takes both,
// and gives the output as it is when the exchange is over: on a GPU, TensorFlow's stream waits for it then, and the thread does not.
// Input and output keep their memory until then, whoever deletes their tensors.
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

/** An operation on the communicator that its attribute names. */
class OnCommunicator : public tensorflow::OpKernel {
 public:
  explicit OnCommunicator(OpKernelConstruction* construction) : OpKernel(construction) {
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

 private:
  int64_t id_ = 0;
};

/** Starts a collective. */
class Collective : public OnCommunicator {
 public:
  explicit Collective(OpKernelConstruction* construction) : OnCommunicator(construction) {
    std::string channel;
    OP_REQUIRES_OK(construction, construction->GetAttr("channel", &channel));
    isOnCommunication_ = channel == "communication";
  }

 protected:
  /** Fills in the call. @return its output, or null if that cannot be: why is the context's status */
  virtual Tensor* prepare(OpKernelContext* context, const AuspexCollectives& calls, AuspexCall& call) = 0;

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
  /** An exchange's input and output. */
  using Operands = std::pair<Tensor, Tensor>;

  const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) final {
    AuspexCall call{};
    call.isOnCommunication = isOnCommunication_;
    Tensor* output = prepare(context, calls, call);
    if (output == nullptr) return nullptr;
    Tensor* ticket = nullptr;
    context->SetStatus(context->allocate_output(1, TensorShape({}), &ticket));
    if (!context->status().ok()) return nullptr;
    call.kept = new Operands(context->input(0), *output);
    call.release = [](void* kept) { delete static_cast<Operands*>(kept); };
    return calls.start(calls.self, stream, &call, &ticket->scalar<int64_t>()());
  }

  bool isOnCommunication_ = false;
};

class AllGather final : public Collective {
 public:
  using Collective::Collective;

 private:
  Tensor* prepare(OpKernelContext* context, const AuspexCollectives& calls, AuspexCall& call) override {
    const Tensor& shard = context->input(0);
    Tensor* whole = nullptr;
    context->SetStatus(context->allocate_output(0, TensorShape({shard.NumElements() * calls.size}), &whole));
    if (!context->status().ok()) return nullptr;
    call.collective = kAuspexAllGather;
    call.in = shard.data();
    call.out = whole->data();
    call.count = shard.TotalBytes();
    return whole;
  }
};

class ReduceScatter final : public Collective {
 public:
  explicit ReduceScatter(OpKernelConstruction* construction) : Collective(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("scale", &scale_));
  }

 private:
  Tensor* prepare(OpKernelContext* context, const AuspexCollectives& calls, AuspexCall& call) override {
    const Tensor& whole = context->input(0);
    const int64_t elements = whole.NumElements() / calls.size;
    if (elements * calls.size != whole.NumElements()) {
      context->SetStatus(absl::InvalidArgumentError("the elements of a reduce-scatter are no multiple of the ranks"));
      return nullptr;
    }
    Tensor* shard = nullptr;
    context->SetStatus(context->allocate_output(0, TensorShape({elements}), &shard));
    if (!context->status().ok()) return nullptr;
    call.collective = kAuspexReduceScatter;
    call.in = whole.data();
    call.out = shard->data();
    call.count = static_cast<uint64_t>(elements);
    call.scale = scale_;
    return shard;
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
  Tensor* prepare(OpKernelContext* context, const AuspexCollectives& calls, AuspexCall& call) override {
    Tensor* values = inPlace(context);
    if (values == nullptr) return nullptr;
    call.collective = kAuspexAllReduce;
    call.out = values->data();
    call.count = static_cast<uint64_t>(values->NumElements());
    call.isMaximum = maximum_;
    call.firstOfGroup = first_;
    call.sizeOfGroup = ranks_ == 0 ? calls.size : ranks_;
    return values;
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
  Tensor* prepare(OpKernelContext* context, const AuspexCollectives&, AuspexCall& call) override {
    Tensor* data = inPlace(context);
    if (data == nullptr) return nullptr;
    call.collective = kAuspexBroadcast;
    call.out = data->data();
    call.count = data->TotalBytes();
    call.root = root_;
    return data;
  }
  int root_ = 0;
};

/** The output of an exchange, once it may be used. */
class Await final : public OnCommunicator {
 public:
  using OnCommunicator::OnCommunicator;

 private:
  const char* run(OpKernelContext* context, const AuspexCollectives& calls, void* stream) override {
    const char* failure = calls.await(calls.self, stream, context->input(1).scalar<int64_t>()());
    if (failure == nullptr) context->set_output(0, context->input(0));
    return failure;
  }
};

/** Returns when all exchanges that were awaited are over on the GPU as well, and fails if one of them did. */
class Settle final : public OnCommunicator {
 public:
  using OnCommunicator::OnCommunicator;

 private:
  const char* run(OpKernelContext*, const AuspexCollectives& calls, void*) override { return calls.settle(calls.self); }
};

/** A vector of a length that is known when it runs. */
absl::Status VectorShape(InferenceContext* context) {
  context->set_output(0, context->Vector(InferenceContext::kUnknownDim));
  context->set_output(1, context->Scalar());
  return absl::OkStatus();
}

absl::Status SameShape(InferenceContext* context) {
  context->set_output(0, context->input(0));
  context->set_output(1, context->Scalar());
  return absl::OkStatus();
}

// Stateful, so that equal calls are not made once for all.
REGISTER_OP("AuspexAllGather")
    .Input("shard: T")
    .Output("whole: T")
    .Attr("T: {float, half, bfloat16}")
    .Output("ticket: int64")
    .Attr("communicator: int")
    .Attr("channel: {'compute', 'communication'} = 'communication'")
    .SetIsStateful()
    .SetShapeFn(VectorShape);
REGISTER_OP("AuspexReduceScatter")
    .Input("whole: float")
    .Output("shard: float")
    .Output("ticket: int64")
    .Attr("communicator: int")
    .Attr("channel: {'compute', 'communication'} = 'communication'")
    .Attr("scale: float = 1")
    .SetIsStateful()
    .SetShapeFn(VectorShape);
REGISTER_OP("AuspexAllReduce")
    .Input("values: float")
    .Output("reduced: float")
    .Output("ticket: int64")
    .Attr("communicator: int")
    .Attr("channel: {'compute', 'communication'} = 'communication'")
    .Attr("maximum: bool = false")
    .Attr("first: int = 0")
    .Attr("ranks: int = 0")  // of the group; 0 for all
    .SetIsStateful()
    .SetShapeFn(SameShape);
REGISTER_OP("AuspexBroadcast")
    .Input("data: T")
    .Output("same: T")
    .Attr("T: {float, half, bfloat16}")
    .Output("ticket: int64")
    .Attr("communicator: int")
    .Attr("channel: {'compute', 'communication'} = 'communication'")
    .Attr("root: int = 0")
    .SetIsStateful()
    .SetShapeFn(SameShape);
REGISTER_OP("AuspexAwait")
    .Input("output: T")
    .Input("ticket: int64")
    .Output("same: T")
    .Attr("T: {float, half, bfloat16}")
    .Attr("communicator: int")
    .SetIsStateful()
    .SetShapeFn(tensorflow::shape_inference::UnchangedShape);
REGISTER_OP("AuspexSettle").Attr("communicator: int").SetIsStateful().SetShapeFn(tensorflow::shape_inference::NoOutputs);

// Tickets are numbers on the host, wherever the rest is.
#define AUSPEX_KERNEL(device)                                                                                   \
  REGISTER_KERNEL_BUILDER(Name("AuspexAllGather").Device(device).HostMemory("ticket"), AllGather);              \
  REGISTER_KERNEL_BUILDER(Name("AuspexReduceScatter").Device(device).HostMemory("ticket"), ReduceScatter);      \
  REGISTER_KERNEL_BUILDER(Name("AuspexAllReduce").Device(device).HostMemory("ticket"), AllReduce);              \
  REGISTER_KERNEL_BUILDER(Name("AuspexBroadcast").Device(device).HostMemory("ticket"), Broadcast);              \
  REGISTER_KERNEL_BUILDER(Name("AuspexAwait").Device(device).HostMemory("ticket"), Await);
AUSPEX_KERNEL(tensorflow::DEVICE_CPU)
AUSPEX_KERNEL(tensorflow::DEVICE_GPU)
REGISTER_KERNEL_BUILDER(Name("AuspexSettle").Device(tensorflow::DEVICE_CPU), Settle);

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
