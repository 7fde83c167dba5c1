#include "nccl-channel.h"

#include <algorithm>
#include <cstdio>
#include <thread>

namespace auspex {
namespace {

using Clock = std::chrono::steady_clock;

/** How long a rank that takes its leave waits until the others do. */
constexpr std::chrono::seconds kLeaveTime{1};
constexpr std::chrono::microseconds kBriefly{50};
/** Looks without a pause before there are pauses: most calls are over by then. */
constexpr int kEagerLooks = 200;

}  // namespace

NcclChannel::NcclChannel(const NcclLibraries& api, int device, double timeoutSeconds, std::function<void()> watch)
    : api_(api), device_(device), timeout_(timeoutSeconds), watch_(std::move(watch)) {
  choose();
  stream_ = MakeStream(api_);
}

void NcclChannel::fail(ncclResult_t result, const char* call) const {
  const bool remote = result == kNcclRemoteError || result == kNcclSystemError;
  throw NcclFailure(std::string("NCCL cannot complete ") + call + ": " + api_.ncclGetErrorString(result), remote);
}

void NcclChannel::poll(const std::function<bool()>& done, const char* call) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(timeout_);
  for (int looks = 0; !done(); ++looks) {
    watch_();
    if (Clock::now() >= deadline) {
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%g", timeout_.count());
      throw NcclTimeout(std::string("waited ") + seconds + " s for NCCL to complete " + call);
    }
    if (looks < kEagerLooks) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(kBriefly);
    }
  }
}

void NcclChannel::taken(ncclComm_t comm, ncclResult_t result, const char* call) {
  poll(
      [&] {
        if (result == kNcclInProgress && api_.ncclCommGetAsyncError(comm, &result) != kNcclSuccess) fail(result, call);
        if (result != kNcclSuccess && result != kNcclInProgress) fail(result, call);
        return result == kNcclSuccess;
      },
      call);
}

std::shared_ptr<NcclChannel::Reached> NcclChannel::reach() {
  auto reached = std::make_shared<Reached>(kCudaNotReady);
  auto kept = std::make_unique<std::shared_ptr<Reached>>(reached);  // the callback's, whoever is gone by then
  const cudaStreamCallback_t callback = [](cudaStream_t, cudaError_t error, void* data) {
    const std::unique_ptr<std::shared_ptr<Reached>> of(static_cast<std::shared_ptr<Reached>*>(data));
    (*of)->store(error);
  };
  api_.check(api_.cudaStreamAddCallback(stream_.get(), callback, kept.get(), 0), "cudaStreamAddCallback");
  kept.release();
  return reached;
}

void NcclChannel::finish(ncclComm_t comm, bool isThere) {
  const bool isOrdered = isThere && order_ != nullptr;
  if (isOrdered) api_.check(api_.cudaEventRecord(order_->there.get(), stream_.get()), "cudaEventRecord");
  const std::shared_ptr<Reached> reached = reach();
  // From here on nothing of CUDA: whoever awaits may fill streams behind this one until calls block, for as long as NCCL hangs.
  if (isOrdered) std::exchange(order_, nullptr)->issued();
  poll(
      [&] {
        const cudaError_t error = reached->load();
        if (error == kCudaSuccess) return true;
        if (error != kCudaNotReady) throw NcclFailure(std::string("the GPU cannot complete a call: ") + api_.cudaGetErrorString(error), false);
        ncclResult_t result = kNcclSuccess;
        const ncclResult_t asked = api_.ncclCommGetAsyncError(comm, &result);
        if (asked != kNcclSuccess) fail(asked, "a call");
        if (result != kNcclSuccess && result != kNcclInProgress) fail(result, "a call");
        return false;
      },
      "a call");
}

ncclUniqueId NcclChannel::makeId() {
  choose();
  ncclUniqueId id{};
  if (const ncclResult_t result = api_.ncclGetUniqueId(&id); result != kNcclSuccess) fail(result, "ncclGetUniqueId");
  return id;
}

ncclComm_t NcclChannel::make(int size, int rank, const ncclUniqueId& id) {
  choose();
  ncclConfig_t config{sizeof(ncclConfig_t), kNcclConfigMagic, kNcclConfigVersion, 0};
  ncclComm_t comm = nullptr;
  const ncclResult_t result = api_.ncclCommInitRankConfig(&comm, size, id, rank, &config);
  if (result != kNcclSuccess && result != kNcclInProgress) fail(result, "ncclCommInitRankConfig");
  try {
    taken(comm, result, "the ranks' coming together");
  } catch (...) {
    api_.ncclCommAbort(comm);
    throw;
  }
  return comm;
}

void NcclChannel::form(Group group, int rank, const ncclUniqueId& id) {
  comms_[{group.first, group.size}] = make(group.size, rank - group.first, id);
}

void NcclChannel::formAlone() { alone_ = make(1, 0, makeId()); }

bool NcclChannel::onGpu(const void* memory) const {
  cudaPointerAttributes attributes{};
  api_.check(api_.cudaPointerGetAttributes(&attributes, memory), "cudaPointerGetAttributes");
  return attributes.type == kMemoryTypeDevice || attributes.type == kMemoryTypeManaged;
}

char* NcclChannel::staging(size_t bytes) {
  if (bytes > stagingBytes_) {
    staging_ = Memory();
    stagingBytes_ = 0;
    staging_ = MakeDeviceMemory(api_, bytes);
    stagingBytes_ = bytes;
  }
  return static_cast<char*>(staging_.get());
}

void NcclChannel::copy(void* to, const void* from, size_t bytes) {
  api_.check(api_.cudaMemcpyAsync(to, from, bytes, kMemcpyDefault, stream_.get()), "cudaMemcpyAsync");
}

void NcclChannel::fetch(ncclComm_t comm, void* to, const void* from, size_t bytes) {
  copy(to, from, bytes);
  finish(comm, false);
}

void NcclChannel::scaleBy(float* values, size_t count, float scale) {
  if (scale == 1) return;
  // NCCL multiplies what goes into a sum; the sum of one rank is then a product, and needs no kernel of our own.
  ncclRedOp_t product = 0;
  taken(alone_, api_.ncclRedOpCreatePreMulSum(&product, &scale, kNcclFloat32, kNcclScalarHostImmediate, alone_), "a product");
  const ncclResult_t result = api_.ncclAllReduce(values, values, count, kNcclFloat32, product, alone_, stream_.get());
  taken(alone_, result, "a product");
  taken(alone_, api_.ncclRedOpDestroy(product, alone_), "a product");
}

void NcclChannel::allGather(Group group, int rank, const char* shard, char* whole, size_t bytes) {
  choose();
  const bool shardThere = onGpu(shard), wholeThere = onGpu(whole);
  char* out = wholeThere ? whole : staging(group.size * bytes);
  const char* in = shard;
  if (!shardThere) {
    in = out + (rank - group.first) * bytes;
    copy(const_cast<char*>(in), shard, bytes);
  }
  taken(comm(group), api_.ncclAllGather(in, out, bytes, kNcclInt8, comm(group), stream_.get()), "an all-gather");
  finish(comm(group), wholeThere);
  if (!wholeThere) fetch(comm(group), whole, out, group.size * bytes);
}

void NcclChannel::reduceScatter(Group group, int rank, const float* whole, float* shard, size_t elements, float scale) {
  choose();
  const bool wholeThere = onGpu(whole), shardThere = onGpu(shard);
  const float* in = whole;
  float* out = shard;
  if (!wholeThere) {
    float* staged = reinterpret_cast<float*>(staging(group.size * elements * sizeof(float)));
    copy(staged, whole, group.size * elements * sizeof(float));
    in = staged;
    if (!shardThere) out = staged + (rank - group.first) * elements;  // where NCCL sums in place
  } else if (!shardThere) {
    out = reinterpret_cast<float*>(staging(elements * sizeof(float)));
  }
  taken(comm(group), api_.ncclReduceScatter(in, out, elements, kNcclFloat32, kNcclSum, comm(group), stream_.get()), "a reduce-scatter");
  scaleBy(out, elements, scale);
  finish(comm(group), shardThere);
  if (!shardThere) fetch(comm(group), shard, out, elements * sizeof(float));
}

void NcclChannel::allReduce(Group group, char* values, size_t count, ncclDataType_t type, size_t elementBytes, Reduction reduction) {
  choose();
  const bool there = onGpu(values);
  char* in = there ? values : staging(count * elementBytes);
  if (!there) copy(in, values, count * elementBytes);
  const ncclRedOp_t op = reduction == Reduction::kMax ? kNcclMax : kNcclSum;
  taken(comm(group), api_.ncclAllReduce(in, in, count, type, op, comm(group), stream_.get()), "an all-reduce");
  finish(comm(group), there);
  if (!there) fetch(comm(group), values, in, count * elementBytes);
}

void NcclChannel::broadcast(Group group, char* data, size_t bytes, int root) {
  choose();
  const bool there = onGpu(data);
  char* in = there ? data : staging(bytes);
  if (!there) copy(in, data, bytes);
  taken(comm(group), api_.ncclBroadcast(in, in, bytes, kNcclInt8, root - group.first, comm(group), stream_.get()), "a broadcast");
  finish(comm(group), there);
  if (!there) fetch(comm(group), data, in, bytes);
}

void NcclChannel::place(StreamOrder* order) {
  order_ = order;
  if (order == nullptr) return;
  choose();
  api_.check(api_.cudaStreamWaitEvent(stream_.get(), order->before.get(), 0), "cudaStreamWaitEvent");
}

void NcclChannel::leave(std::vector<ncclComm_t>& comms) noexcept {
  const auto deadline = Clock::now() + kLeaveTime;
  for (const ncclComm_t comm : comms) api_.ncclCommFinalize(comm);
  const auto left = [&](ncclComm_t comm) {
    ncclResult_t result = kNcclInProgress;
    while (api_.ncclCommGetAsyncError(comm, &result) == kNcclSuccess && result == kNcclInProgress && Clock::now() < deadline) {
      std::this_thread::sleep_for(kBriefly);
    }
    if (result == kNcclSuccess) api_.ncclCommDestroy(comm);
    return result == kNcclSuccess;
  };
  comms.erase(std::remove_if(comms.begin(), comms.end(), left), comms.end());
}

void NcclChannel::abort(const std::vector<ncclComm_t>& comms) noexcept {
  std::vector<std::thread> aborting;
  for (const ncclComm_t comm : comms) {
    try {
      aborting.emplace_back([this, comm] { api_.ncclCommAbort(comm); });
    } catch (const std::exception&) {
      api_.ncclCommAbort(comm);
    }
  }
  for (std::thread& thread : aborting) thread.join();
}

void NcclChannel::release(bool gently) noexcept {
  if (stream_.get() == nullptr) return;
  std::vector<ncclComm_t> comms;
  for (const auto& [group, comm] : comms_) comms.push_back(comm);
  if (alone_ != nullptr) comms.push_back(alone_);
  comms_.clear();
  alone_ = nullptr;
  if (gently) leave(comms);
  abort(comms);  // before anything of CUDA, which may block until it is done
  if (api_.cudaSetDevice(device_) != kCudaSuccess) return;
  // After the communicators, whose kernels would keep the stream busy. Nothing may still write into a caller's memory.
  api_.cudaStreamSynchronize(stream_.get());
  staging_ = Memory();
  stagingBytes_ = 0;
  stream_ = Stream();
}

}  // namespace auspex
