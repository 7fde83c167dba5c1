// One channel of a communicator on GPUs: its stream, the communicators of NCCL that it has made, and memory on the GPU for
// what callers keep on the host. NCCL's own waiting cannot be ended, so nothing here waits in it: every call is asynchronous
// and is looked at until it is done, its time is over, or `watch` throws.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "communicator.h"
#include "device.h"
#include "stream-order.h"

namespace auspex {

/** NCCL or CUDA reports an error: of another rank if `remote`. */
class NcclFailure : public std::runtime_error {
 public:
  NcclFailure(const std::string& message, bool remote) : std::runtime_error(message), remote(remote) {}
  const bool remote;
};

/** The time of a call is over. */
class NcclTimeout : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** All but the constructor by one thread at a time. Calls throw NcclFailure, NcclTimeout, and what `watch` throws. */
class NcclChannel {
 public:
  NcclChannel(const NcclLibraries&, int device, double timeoutSeconds, std::function<void()> watch);
  ~NcclChannel() { release(false); }

  ncclUniqueId makeId();
  bool has(Group group) const { return comms_.count({group.first, group.size}) > 0; }
  /** All ranks of the group come here with the same id. */
  void form(Group, int rank, const ncclUniqueId&);
  /** Before all calls: later, it would be made behind one that may hang. */
  void formAlone();

  // As in communicator.h, of memory on the host or on this GPU.
  void allGather(Group, int rank, const char* shard, char* whole, size_t bytes);
  void reduceScatter(Group, int rank, const float* whole, float* shard, size_t elements, float scale);
  void allReduce(Group, char* values, size_t count, ncclDataType_t, size_t elementBytes, Reduction);
  void broadcast(Group, char* data, size_t bytes, int root);

  /** The next call's, or null. */
  void place(StreamOrder*);

  /** Gives everything back: gently, together with the other ranks if they do so within a moment, or at once. */
  void release(bool gently) noexcept;

 private:
  void choose() const { api_.check(api_.cudaSetDevice(device_), "cudaSetDevice"); }
  bool onGpu(const void* memory) const;
  char* staging(size_t bytes);
  void copy(void* to, const void* from, size_t bytes);
  /** From the GPU, once the stream is done: a copy to memory that is not pinned waits for the stream, and cannot be ended. */
  void fetch(ncclComm_t, void* to, const void* from, size_t bytes);
  void scaleBy(float* values, size_t count, float scale);
  ncclComm_t make(int size, int rank, const ncclUniqueId&);
  ncclComm_t comm(Group group) const { return comms_.at({group.first, group.size}); }
  /** Until NCCL has taken what was asked of `comm`; `result` is what it said at first. */
  void taken(ncclComm_t, ncclResult_t result, const char* call);
  /** What the stream has come to: kCudaNotReady until it has done all that it has now. CUDA's own thread writes it. */
  using Reached = std::atomic<cudaError_t>;
  std::shared_ptr<Reached> reach();
  /** Until the stream has done all that it was given; `isThere` if outputs are then where they belong. */
  void finish(ncclComm_t, bool isThere);
  /** Ends those that the other ranks end as well within a moment, and takes them out. */
  void leave(std::vector<ncclComm_t>&) noexcept;
  /** All at once: each gives back memory, and so waits for all kernels of the GPU, those of the others as well. */
  void abort(const std::vector<ncclComm_t>&) noexcept;
  void poll(const std::function<bool()>& done, const char* call);
  [[noreturn]] void fail(ncclResult_t result, const char* call) const;

  const NcclLibraries& api_;
  const int device_;
  const std::chrono::duration<double> timeout_;
  const std::function<void()> watch_;
  Stream stream_;
  StreamOrder* order_ = nullptr;
  Memory staging_;
  size_t stagingBytes_ = 0;
  std::map<std::pair<int, int>, ncclComm_t> comms_;  // by first rank and size
  ncclComm_t alone_ = nullptr;                       // this rank only: multiplies
};

}  // namespace auspex
