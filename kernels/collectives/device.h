// What a communicator owns of a GPU, freed with the object. Every thread that makes or uses one has chosen the GPU before.
#pragma once
#include <utility>

#include "nccl-libraries.h"

namespace auspex {

/** Something of CUDA's that is freed by `free_`. */
template <typename Handle>
class Owned {
 public:
  using Free = cudaError_t (*)(Handle);
  Owned() = default;
  Owned(Handle handle, Free free) : handle_(handle), free_(free) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)), free_(other.free_) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(free_, other.free_);
    return *this;
  }
  ~Owned() {
    if (handle_ != nullptr) free_(handle_);
  }
  Handle get() const { return handle_; }

 private:
  Handle handle_ = nullptr;
  Free free_ = nullptr;
};

using Stream = Owned<cudaStream_t>;
using Event = Owned<cudaEvent_t>;
using Memory = Owned<void*>;

inline Stream MakeStream(const NcclLibraries& api) {
  cudaStream_t stream = nullptr;
  api.check(api.cudaStreamCreateWithFlags(&stream, kStreamNonBlocking), "cudaStreamCreateWithFlags");
  return {stream, api.cudaStreamDestroy};
}

inline Event MakeEvent(const NcclLibraries& api) {
  cudaEvent_t event = nullptr;
  api.check(api.cudaEventCreateWithFlags(&event, kEventDisableTiming), "cudaEventCreateWithFlags");
  return {event, api.cudaEventDestroy};
}

inline Memory MakeDeviceMemory(const NcclLibraries& api, size_t bytes) {
  void* memory = nullptr;
  api.check(api.cudaMalloc(&memory, bytes), "cudaMalloc");
  return {memory, api.cudaFree};
}

/** Of the host, at a place that copies to and from GPUs need not ask the system for. */
inline Memory MakePinnedMemory(const NcclLibraries& api, size_t bytes) {
  void* memory = nullptr;
  api.check(api.cudaHostAlloc(&memory, bytes, kHostAllocDefault), "cudaHostAlloc");
  return {memory, api.cudaFreeHost};
}

}  // namespace auspex
