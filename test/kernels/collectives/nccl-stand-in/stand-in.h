// A library in place of NCCL and the CUDA runtime, for tests without a GPU. It works on the host's memory, on threads that
// stand for streams, between processes, and is stricter than the originals: whatever a GPU might forgive ends the process
// with a line that says what was wrong. What is still there when the process ends is a complaint, too.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "../../../../kernels/collectives/nccl-api.h"

namespace stand_in {

[[noreturn]] void Complain(const char* format, ...) __attribute__((format(printf, 1, 2)));

/** The GPU that this thread has chosen. */
int ChosenDevice();

class Stream;

/** Where bytes of a GPU's memory are, which nobody may free until the use is over. */
class Use {
 public:
  Use() = default;
  /** By work of a stream. Complains unless all of the bytes belong to one living allocation of its device, and the use is in order. */
  Use(const void* pointer, size_t bytes, const Stream& stream, bool writes, const char* what);
  char* data() const { return data_; }

 private:
  char* data_ = nullptr;
  std::shared_ptr<void> held_;
};

/** What a stream takes before calls wait until it has done some of it: about as many as CUDA's. */
constexpr size_t kMostPending = 1024;

/** A row of jobs on a thread of its own. */
class Stream {
 public:
  explicit Stream(int device);
  ~Stream();
  void post(std::function<void()> job, bool ofNccl = false);
  void drain();
  bool idle();
  /** Whether a job of NCCL's is still to be done. */
  bool hasNccl();
  const int device;
  /** No other stream has it, not even later. */
  const uint64_t number;

 private:
  void loop();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::function<void()>, bool>> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

/** The living stream, of the chosen GPU. */
Stream& StreamOf(cudaStream_t stream, const char* what);

/** What NCCL still has, for the last complaint. */
int LivingComms();
int LivingIds();

}  // namespace stand_in
