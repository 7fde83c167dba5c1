// The CUDA runtime's part: memory, streams, events.
#include <stdarg.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "order.h"
#include "stand-in.h"

namespace stand_in {
namespace {

/** Pointers to a GPU's memory have it, so that a host that follows one crashes. */
constexpr uintptr_t kDeviceBit = uintptr_t{1} << 60;
constexpr int kDevices = 8;

struct Allocation {
  char* data;
  size_t bytes;
  int device;
  std::shared_ptr<int> uses = std::make_shared<int>(0);
};

struct Event {
  std::mutex mutex;
  std::condition_variable changed;
  uint64_t recorded = 0, reached = 0;
  Progress progress;  // of the stream when it was recorded
};

std::mutex g_mutex;  // for what follows
std::map<uintptr_t, Allocation> g_device, g_pinned;
std::set<Stream*> g_streams;
std::map<cudaEvent_t, std::shared_ptr<Event>> g_events;
thread_local int t_device = 0;

/** Held by every call of CUDA, also by one that waits until a stream has room. */
std::mutex g_driver;
using Driver = std::unique_lock<std::mutex>;

/** The GPUs that the process sees, by their numbers on the host: CUDA_VISIBLE_DEVICES, or all. */
const std::vector<int>& Visible() {
  static const std::vector<int> visible = [] {
    std::vector<int> devices;
    if (const char* listed = getenv("CUDA_VISIBLE_DEVICES")) {
      for (const char* at = listed; *at >= '0' && *at <= '9'; at += strspn(at, ",")) devices.push_back(static_cast<int>(strtol(at, const_cast<char**>(&at), 10)));
    } else {
      for (int device = 0; device < kDevices; ++device) devices.push_back(device);
    }
    return devices;
  }();
  return visible;
}

const Allocation* Find(const std::map<uintptr_t, Allocation>& allocations, const void* pointer, size_t bytes) {
  const auto at = reinterpret_cast<uintptr_t>(pointer);
  auto after = allocations.upper_bound(at);
  if (after == allocations.begin()) return nullptr;
  const auto& [begin, allocation] = *--after;
  return at - begin + bytes <= allocation.bytes ? &allocation : nullptr;
}

std::shared_ptr<Event> EventOf(cudaEvent_t event, const char* what) {
  std::lock_guard<std::mutex> lock(g_mutex);
  const auto found = g_events.find(event);
  if (found == g_events.end()) Complain("%s: there is no such event (any more)", what);
  return found->second;
}

__attribute__((destructor)) void ReportLeaks() {
  if (getenv("AUSPEX_STAND_IN_LEAKS") == nullptr) return;
  std::lock_guard<std::mutex> lock(g_mutex);
  const size_t left = g_device.size() + g_pinned.size() + g_streams.size() + g_events.size() + LivingComms() + LivingIds();
  if (left == 0) return;
  fprintf(stderr, "stand-in: left behind: %zu allocations, %zu pinned, %zu streams, %zu events, %d communicators, %d ids\n", g_device.size(), g_pinned.size(),
          g_streams.size(), g_events.size(), LivingComms(), LivingIds());
  _exit(71);
}

}  // namespace

void Complain(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char text[512];
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(stderr, "stand-in: %s\n", text);
  _exit(70);
}

int ChosenDevice() { return t_device; }

Use::Use(const void* pointer, size_t bytes, const Stream& stream, bool writes, const char* what) {
  std::lock_guard<std::mutex> lock(g_mutex);
  const Allocation* allocation = Find(g_device, pointer, bytes);
  if (allocation == nullptr) Complain("%s: %zu bytes at %p are not in memory of a GPU (any more)", what, bytes, pointer);
  if (allocation->device != stream.device) Complain("%s: memory of GPU %d, on GPU %d", what, allocation->device, stream.device);
  Touch(stream.number, pointer, bytes, writes, what);
  data_ = reinterpret_cast<char*>(reinterpret_cast<uintptr_t>(pointer) & ~kDeviceBit);
  held_ = allocation->uses;
}

Stream::Stream(int of)
    : device(of),
      number([] {
        static std::atomic<uint64_t> last{0};
        return ++last;
      }()),
      thread_([this] { loop(); }) {}

Stream::~Stream() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Stream::post(std::function<void()> job, bool ofNccl) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.size() < kMostPending; });
  jobs_.emplace_back(std::move(job), ofNccl);
  changed_.notify_all();
}

void Stream::drain() {
  const Progress progress = ProgressOf(number);
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty(); });
  HostKnows(progress);
}

bool Stream::idle() {
  std::lock_guard<std::mutex> lock(mutex_);
  return jobs_.empty();
}

bool Stream::hasNccl() {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [job, ofNccl] : jobs_) {
    if (ofNccl) return true;
  }
  return false;
}

void Stream::loop() {
  for (unsigned count = 0;; ++count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front().first);
    lock.unlock();
    if (count % 8 == 7) usleep(100);  // a GPU is late as well
    job();
    job = nullptr;
    lock.lock();
    jobs_.pop_front();
    lock.unlock();
    changed_.notify_all();
  }
}

Stream& StreamOf(cudaStream_t stream, const char* what) {
  std::lock_guard<std::mutex> lock(g_mutex);
  auto* found = reinterpret_cast<Stream*>(stream);
  if (g_streams.count(found) == 0) Complain("%s: there is no such stream (any more)", what);
  if (found->device != t_device) Complain("%s: a stream of GPU %d, while GPU %d is chosen", what, found->device, t_device);
  return *found;
}

}  // namespace stand_in

using namespace stand_in;

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  Driver driver(g_driver);
  *count = static_cast<int>(Visible().size());
  return 0;
}

cudaError_t cudaSetDevice(int device) {
  Driver driver(g_driver);
  if (device < 0 || device >= static_cast<int>(Visible().size())) return 101;
  t_device = device;
  return 0;
}

cudaError_t cudaDeviceGetPCIBusId(char* id, int length, int device) {
  Driver driver(g_driver);
  snprintf(id, static_cast<size_t>(length), "0000:%02x:00.0", Visible().at(device) + 1);
  return 0;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  Driver driver(g_driver);
  auto* data = static_cast<char*>(aligned_alloc(256, (bytes + 255) / 256 * 256));
  memset(data, 0xff, bytes);  // NaN
  *memory = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(data) | kDeviceBit);
  std::lock_guard<std::mutex> lock(g_mutex);
  g_device.emplace(reinterpret_cast<uintptr_t>(*memory), Allocation{data, bytes, t_device});
  return 0;
}

cudaError_t cudaFree(void* memory) {
  Driver driver(g_driver);
  std::lock_guard<std::mutex> lock(g_mutex);
  const auto found = g_device.find(reinterpret_cast<uintptr_t>(memory));
  if (found == g_device.end()) Complain("cudaFree: %p was not allocated, or is free already", memory);
  if (found->second.uses.use_count() > 1) Complain("cudaFree: a stream still uses %p", memory);
  ForgetUses(memory, found->second.bytes);
  free(found->second.data);
  g_device.erase(found);
  return 0;
}

cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) {
  Driver driver(g_driver);
  *memory = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  memset(*memory, 0xff, bytes);
  std::lock_guard<std::mutex> lock(g_mutex);
  g_pinned.emplace(reinterpret_cast<uintptr_t>(*memory), Allocation{static_cast<char*>(*memory), bytes, t_device});
  return 0;
}

cudaError_t cudaFreeHost(void* memory) {
  Driver driver(g_driver);
  std::lock_guard<std::mutex> lock(g_mutex);
  const auto found = g_pinned.find(reinterpret_cast<uintptr_t>(memory));
  if (found == g_pinned.end()) Complain("cudaFreeHost: %p was not allocated, or is free already", memory);
  if (found->second.uses.use_count() > 1) Complain("cudaFreeHost: a stream still uses %p", memory);
  g_pinned.erase(found);
  free(memory);
  return 0;
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  Driver driver(g_driver);
  std::lock_guard<std::mutex> lock(g_mutex);
  const Allocation* found = Find(g_device, pointer, 0);
  *attributes = {found ? 2 : Find(g_pinned, pointer, 0) ? 1 : 0, found ? found->device : 0, nullptr, nullptr};
  if (!found && (reinterpret_cast<uintptr_t>(pointer) & kDeviceBit)) Complain("cudaPointerGetAttributes: %p is of no GPU (any more)", pointer);
  return 0;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, int kind, cudaStream_t handle) {
  Driver driver(g_driver);
  Stream& stream = StreamOf(handle, "cudaMemcpyAsync");
  if (kind != 4) Complain("cudaMemcpyAsync: of kind %d", kind);
  bool pageable = false;
  const auto place = [&](const void* pointer, bool writes, std::shared_ptr<void>& held) -> char* {
    if (reinterpret_cast<uintptr_t>(pointer) & kDeviceBit) {
      auto use = std::make_shared<Use>(pointer, bytes, stream, writes, "cudaMemcpyAsync");
      held = use;
      return use->data();
    }
    std::lock_guard<std::mutex> lock(g_mutex);
    if (const Allocation* pinned = Find(g_pinned, pointer, bytes)) {
      held = pinned->uses;
    } else {
      pageable = true;
    }
    return static_cast<char*>(const_cast<void*>(pointer));
  };
  std::shared_ptr<void> heldTo, heldFrom;
  char *in = place(from, false, heldFrom), *out = place(to, true, heldTo);
  if (pageable && stream.hasNccl()) Complain("cudaMemcpyAsync: with memory that is not pinned it waits for NCCL, and nothing can end that");
  stream.post([=, heldTo = std::move(heldTo), heldFrom = std::move(heldFrom)] { memmove(out, in, bytes); });
  driver.unlock();
  if (pageable) stream.drain();
  return 0;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  Driver driver(g_driver);
  if (flags != 1) Complain("cudaStreamCreateWithFlags: a stream that waits for the null stream");
  auto* made = new Stream(t_device);
  *stream = reinterpret_cast<cudaStream_t>(made);
  std::lock_guard<std::mutex> lock(g_mutex);
  g_streams.insert(made);
  return 0;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  Driver driver(g_driver);
  Stream& waited = StreamOf(stream, "cudaStreamSynchronize");
  driver.unlock();
  waited.drain();
  return 0;
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  Driver driver(g_driver);
  Stream& stream = StreamOf(handle, "cudaStreamDestroy");
  if (!stream.idle()) Complain("cudaStreamDestroy: the stream still has work");
  {
    std::lock_guard<std::mutex> lock(g_mutex);
    g_streams.erase(&stream);
  }
  delete &stream;
  return 0;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  Driver driver(g_driver);
  if (flags != 2) Complain("cudaEventCreateWithFlags: an event that takes times");
  auto made = std::make_shared<Event>();
  *event = reinterpret_cast<cudaEvent_t>(made.get());
  std::lock_guard<std::mutex> lock(g_mutex);
  g_events.emplace(*event, std::move(made));
  return 0;
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t stream) {
  Driver driver(g_driver);
  auto event = EventOf(handle, "cudaEventRecord");
  uint64_t number;
  {
    std::lock_guard<std::mutex> lock(event->mutex);
    number = ++event->recorded;
    event->progress = ProgressOf(StreamOf(stream, "cudaEventRecord").number);
  }
  StreamOf(stream, "cudaEventRecord").post([event, number] {
    std::lock_guard<std::mutex> lock(event->mutex);
    event->reached = number;
    event->changed.notify_all();
  });
  return 0;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t handle, unsigned) {
  Driver driver(g_driver);
  auto event = EventOf(handle, "cudaStreamWaitEvent");
  Stream& waiting = StreamOf(stream, "cudaStreamWaitEvent");
  uint64_t number;
  {
    std::lock_guard<std::mutex> lock(event->mutex);
    number = event->recorded;
    WaitFor(waiting.number, event->progress);
  }
  waiting.post([event, number] {
    std::unique_lock<std::mutex> lock(event->mutex);
    event->changed.wait(lock, [&] { return event->reached >= number; });
  });
  return 0;
}

cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t callback, void* data, unsigned flags) {
  Driver driver(g_driver);
  if (flags != 0) Complain("cudaStreamAddCallback: with flags, of which there are none");
  Stream& stream = StreamOf(handle, "cudaStreamAddCallback");
  stream.post([=, progress = ProgressOf(stream.number)] {
    HostKnows(progress);
    callback(handle, 0, data);
  });
  return 0;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  Driver driver(g_driver);
  EventOf(event, "cudaEventDestroy");
  std::lock_guard<std::mutex> lock(g_mutex);
  g_events.erase(event);
  return 0;
}

/** Not of CUDA: the stream stands still until the number is not 0, as if it were slow. For tests. */
void StandInHold(cudaStream_t stream, const std::atomic<int>* until) {
  StreamOf(stream, "StandInHold").post([until] {
    while (until->load() == 0) usleep(100);
  });
}

const char* cudaGetErrorString(cudaError_t) { return "an error of the stand-in"; }
}
