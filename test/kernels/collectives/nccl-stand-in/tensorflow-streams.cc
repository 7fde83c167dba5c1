// Ranks as processes that run the kernels for GPUs of TensorFlow's collective operations, on a device of our own: its stream and
// its memory are the stand-in's, which ends the process at anything out of the order of streams, and its allocator gives memory
// away again at once, as TensorFlow's does. `tensorflow-streams LIBRARY SIZE` prints a line for each rank.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "../../../../kernels/collectives/bound-calls.h"
#include "../../../../kernels/collectives/nccl.h"
#include "tensorflow/core/framework/allocator.h"
#include "tensorflow/core/framework/device_base.h"
#include "tensorflow/core/framework/node_def_builder.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/public/version.h"
#include "xla/stream_executor/stream.h"

using namespace auspex;
namespace tf = tensorflow;
namespace se = stream_executor;

namespace {

struct Board {
  std::atomic<int> written, computed;
  size_t lengths[8];
  char addresses[8][4096];
};

void Check(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "tensorflow-streams: %s\n", what.c_str());
  std::exit(1);
}

/** Memory of the GPU; what was given back is given away first. */
class Pool final : public tf::Allocator {
 public:
  explicit Pool(const NcclLibraries& api) : api_(api) {}
  std::string Name() override { return "pool"; }
  void* AllocateRaw(size_t, size_t bytes) override {
    auto& free = free_[bytes];
    void* memory = nullptr;
    if (free.empty()) {
      owned_.push_back(MakeDeviceMemory(api_, bytes));
      memory = owned_.back().get();
    } else {
      memory = free.back();
      free.pop_back();
    }
    sizes_[memory] = bytes;
    return memory;
  }
  void DeallocateRaw(void* memory) override { free_[sizes_.at(memory)].push_back(memory); }

 private:
  const NcclLibraries& api_;
  std::map<size_t, std::vector<void*>> free_;
  std::map<void*, size_t> sizes_;
  std::vector<Memory> owned_;
};

absl::Status Unused() { return absl::UnimplementedError("not of this stream"); }

/** What operations may ask of a stream: its handle, and copies within the GPU. */
class ComputeStream final : public se::Stream {
 public:
  ComputeStream(const NcclLibraries& api, cudaStream_t stream) : api_(api), stream_(stream) {}
  PlatformSpecificHandle platform_specific_handle() const override { return {stream_}; }
  absl::Status Memcpy(se::DeviceMemoryBase* to, const se::DeviceMemoryBase& from, uint64_t bytes) override {
    api_.check(api_.cudaMemcpyAsync(to->opaque(), from.opaque(), bytes, kMemcpyDefault, stream_), "copy");
    return absl::OkStatus();
  }

  bool ok() const override { return true; }
  absl::StatusOr<Stream*> GetOrCreateSubStream() override { return Unused(); }
  void ReturnSubStream(Stream*) override {}
  absl::Status WaitFor(Stream*) override { return Unused(); }
  absl::Status WaitFor(se::Event*) override { return Unused(); }
  absl::Status RecordEvent(se::Event*) override { return Unused(); }
  absl::Status Memcpy(void*, const se::DeviceMemoryBase&, uint64_t) override { return Unused(); }
  absl::Status Memcpy(se::DeviceMemoryBase*, const void*, uint64_t) override { return Unused(); }
  absl::Status BlockHostUntilDone() override { return Unused(); }
  absl::Status DoHostCallbackWithStatus(absl::AnyInvocable<absl::Status() &&>) override { return Unused(); }
  se::StreamExecutor* parent() const override { return nullptr; }
  se::CudaComputeCapability GetCudaComputeCapability() const override { return {}; }
  se::RocmComputeCapability GetRocmComputeCapability() const override { return se::RocmComputeCapability(""); }
  std::variant<se::StreamPriority, int> priority() const override { return 0; }
  absl::string_view name() const override { return "compute"; }
  void set_name(absl::string_view) override {}

 private:
  const NcclLibraries& api_;
  cudaStream_t stream_;
};

class OnStream final : public tf::DeviceContext {
 public:
  explicit OnStream(se::Stream* stream) : stream_(stream) {}
  se::Stream* stream() const override { return stream_; }

 private:
  se::Stream* stream_;
};

class Gpu final : public tf::DeviceBase {
 public:
  explicit Gpu(const NcclLibraries& api) : DeviceBase(tf::Env::Default()), pool(api) {}
  tf::Allocator* GetAllocator(tf::AllocatorAttributes attributes) override { return attributes.on_host() ? tf::cpu_allocator() : &pool; }
  Pool pool;
};

class Session {
 public:
  Session(const NcclLibraries& api, cudaStream_t stream) : api_(api), stream_(stream), computes_(api, stream), context_(new OnStream(&computes_)), gpu_(api) {}
  ~Session() { context_->Unref(); }

  using Attributes = std::function<void(tf::NodeDefBuilder&)>;

  /** Outputs of an operation on the GPU. */
  std::vector<tf::Tensor> run(const char* name, const std::vector<tf::Tensor>& inputs, const Attributes& attributes, const char* device = "GPU") {
    tf::NodeDefBuilder builder(name, name);
    for (const tf::Tensor& input : inputs) builder.Input("x", 0, input.dtype());
    builder.Attr("communicator", 7);
    attributes(builder);
    tf::NodeDef node;
    succeed(builder.Finalize(&node), name);
    tf::Status status;
    const auto kernel = tf::CreateOpKernel(tf::DeviceType(device), &gpu_, gpu_.GetAllocator({}), node, TF_GRAPH_DEF_VERSION, &status);
    succeed(status, name);
    std::vector<tf::Tensor> given = inputs;
    std::vector<tf::TensorValue> values;
    for (tf::Tensor& input : given) values.emplace_back(&input);
    tf::OpKernelContext::Params params;
    std::vector<tf::AllocatorAttributes> inAttributes(given.size()), outAttributes(kernel->num_outputs());
    for (size_t i = 0; i < given.size(); ++i) inAttributes[i].set_on_host(kernel->input_memory_types()[i] == tf::HOST_MEMORY);
    for (int i = 0; i < kernel->num_outputs(); ++i) outAttributes[i].set_on_host(kernel->output_memory_types()[i] == tf::HOST_MEMORY);
    params.op_kernel = kernel.get();
    params.device = &gpu_;
    params.inputs = values;
    params.input_alloc_attrs = inAttributes;
    params.output_attr_array = outAttributes.data();
    params.op_device_context = context_;
    tf::OpKernelContext context(&params, kernel->num_outputs());
    kernel->Compute(&context);
    succeed(context.status(), name);
    std::vector<tf::Tensor> outputs;
    for (int i = 0; i < kernel->num_outputs(); ++i) {
      const std::unique_ptr<tf::Tensor> output(context.release_output(i).tensor);
      outputs.push_back(*output);
    }
    return outputs;
  }

  tf::Tensor await(std::vector<tf::Tensor> started) { return run("AuspexAwait", started, [&](auto& builder) { builder.Attr("T", started[0].dtype()); })[0]; }

  void settle() { run("AuspexSettle", {}, [](auto&) {}, "CPU"); }

  /** Numbers on the GPU, which the stream brings there. */
  template <typename Value>
  tf::Tensor make(int64_t count, const Value& value) {
    tf::Tensor tensor(&gpu_.pool, tf::DT_FLOAT, tf::TensorShape({count}));
    pinned_.push_back(MakePinnedMemory(api_, count * 4));
    auto* numbers = static_cast<float*>(pinned_.back().get());
    for (int64_t i = 0; i < count; ++i) numbers[i] = value(i);
    api_.check(api_.cudaMemcpyAsync(tensor.data(), numbers, count * 4, kMemcpyDefault, stream_), "fill");
    return tensor;
  }

  template <typename Value>
  void expect(const char* what, const tf::Tensor& tensor, int64_t count, const Value& value) {
    Check(tensor.NumElements() == count, std::string(what) + ": the number of elements");
    const Memory memory = MakePinnedMemory(api_, count * 4);
    api_.check(api_.cudaMemcpyAsync(memory.get(), tensor.data(), count * 4, kMemcpyDefault, stream_), "read");
    api_.cudaStreamSynchronize(stream_);
    for (int64_t i = 0; i < count; ++i) Check(static_cast<float*>(memory.get())[i] == value(i), what);
  }

 private:
  void succeed(const tf::Status& status, const char* what) { Check(status.ok(), std::string(what) + ": " + status.ToString()); }
  const NcclLibraries& api_;
  cudaStream_t stream_;
  ComputeStream computes_;
  OnStream* context_;
  Gpu gpu_;
  std::vector<Memory> pinned_;
};

using Hold = void (*)(cudaStream_t stream, const std::atomic<int>* until);

void RunRank(Board& board, const std::string& library, int rank, int size) {
  TransportOptions options;
  options.rank = options.device = rank;
  options.size = size;
  const auto ranks = OpenNccl(options);
  const std::string address = ranks->address();
  board.lengths[rank] = address.copy(board.addresses[rank], sizeof board.addresses[rank]);
  board.written.fetch_add(1);
  while (board.written.load() < size) usleep(1000);
  std::vector<std::string> addresses;
  for (int peer = 0; peer < size; ++peer) addresses.emplace_back(board.addresses[peer], board.lengths[peer]);
  ranks->connect(addresses);

  const NcclLibraries& api = LoadNccl();
  api.check(api.cudaSetDevice(rank), "cudaSetDevice");
  const Stream stream = MakeStream(api);
  void* standIn = dlopen(std::getenv("AUSPEX_CUDART"), RTLD_NOW | RTLD_LOCAL);
  const auto hold = reinterpret_cast<Hold>(dlsym(standIn, "StandInHold"));
  const int64_t n = 10'000;
  const auto nothing = [](tf::NodeDefBuilder&) {};
  const auto floats = [](tf::NodeDefBuilder& builder) { builder.Attr("T", tf::DT_FLOAT); };
  {
    Session session(api, stream.get());
    const BoundCalls bound(ranks, library, 7);
    // The last rank's stream stands still until the others have computed what came after the exchanges' start.
    if (size > 1 && rank == size - 1) hold(stream.get(), &board.computed);
    std::vector<tf::Tensor> gather, scatter;
    const void* sent = nullptr;
    {
      const tf::Tensor shard = session.make(n, [&](int64_t i) { return static_cast<float>(rank * 100 + i % 7); });
      const tf::Tensor whole = session.make(n * size, [&](int64_t i) { return static_cast<float>(rank + i / n * 10); });
      sent = shard.data();
      gather = session.run("AuspexAllGather", {shard}, floats);
      scatter = session.run("AuspexReduceScatter", {whole}, [](auto& builder) { builder.Attr("scale", 0.25f); });
    }
    // Nobody else has the inputs any more; the exchanges do.
    const tf::Tensor meanwhile = session.make(n, [](int64_t i) { return static_cast<float>(i % 11); });
    Check(meanwhile.data() != sent, "the memory of an input was given away while the exchange was under way");
    const std::vector<tf::Tensor> beside = session.run("AuspexAllReduce", {meanwhile}, [](auto& builder) { builder.Attr("channel", "compute"); });
    if (rank != size - 1) {
      session.expect("what was computed meanwhile", meanwhile, n, [](int64_t i) { return static_cast<float>(i % 11); });
      if (rank == 0) board.computed.store(1);
    }
    const tf::Tensor gathered = session.await(gather);
    // Now it is given away, in the order of the stream.
    const tf::Tensor next = session.make(n, [](int64_t) { return -1.0f; });
    Check(next.data() == sent, "the memory of an input was kept after the exchange was awaited");
    session.expect("all-gather", gathered, n * size, [&](int64_t i) { return static_cast<float>(i / n * 100 + i % n % 7); });
    session.expect("reduce-scatter", session.await(scatter), n, [&](int64_t) { return 0.25f * static_cast<float>(size * (size - 1) / 2 + size * rank * 10); });
    session.expect("all-reduce", session.await(beside), n, [&](int64_t i) { return static_cast<float>(size * (i % 11)); });
    // It works in place on a copy of what others have.
    session.expect("what was reduced", meanwhile, n, [](int64_t i) { return static_cast<float>(i % 11); });
    session.settle();

    const tf::Tensor own = session.make(n, [&](int64_t) { return static_cast<float>(rank); });
    const auto sentAround = session.run("AuspexBroadcast", {own}, [&](auto& builder) { builder.Attr("T", tf::DT_FLOAT).Attr("root", size - 1); });
    session.expect("broadcast", session.await(sentAround), n, [&](int64_t) { return static_cast<float>(size - 1); });
    session.run("AuspexAllReduce", {own}, nothing);  // that nobody awaits
    ranks->barrier(Channel::kCompute);
    ranks->close();
    api.cudaStreamSynchronize(stream.get());
  }
}

}  // namespace

int main(int, char** arguments) {
  const int size = std::atoi(arguments[2]);
  auto* board = static_cast<Board*>(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (int rank = 0; rank < size; ++rank) {
    if (fork() != 0) continue;
    RunRank(*board, arguments[1], rank, size);
    std::printf("as expected\n");
    std::fflush(stdout);
    std::exit(0);
  }
  int failed = 0;
  for (int rank = 0; rank < size; ++rank) {
    int status = 0;
    wait(&status);
    if (status != 0) failed = 1;
  }
  return failed;
}
