#include "bound-calls.h"

#include <dlfcn.h>

#include "nccl.h"

namespace auspex {
namespace {

/** Runs the body on the transport behind `self`, after what `stream` holds, and turns what it throws into a text. */
template <typename Body>
const char* Run(void* self, void* stream, const Body& body) noexcept {
  thread_local std::string failure;
  try {
    auto& transport = *static_cast<Transport*>(self);
    if (auto* nccl = dynamic_cast<NcclTransport*>(&transport); nccl != nullptr && stream != nullptr) {
      nccl->after(Channel::kCommunication, static_cast<cudaStream_t>(stream));
    }
    body(transport);
    return nullptr;
  } catch (const CollectiveError& error) {
    failure = std::string(error.code()) + ": " + error.what();
  } catch (const std::exception& error) {
    failure = std::string("INVALID_CALL: ") + error.what();
  }
  return failure.c_str();
}

const char* AllGather(void* self, void* stream, const void* shard, void* whole, size_t bytesPerRank) {
  return Run(self, stream, [&](Transport& on) { on.allGather(Channel::kCommunication, shard, whole, bytesPerRank); });
}

const char* ReduceScatter(void* self, void* stream, const float* whole, float* shard, size_t elementsPerRank, float scale) {
  return Run(self, stream, [&](Transport& on) { on.reduceScatter(Channel::kCommunication, whole, shard, elementsPerRank, scale); });
}

const char* AllReduce(void* self, void* stream, float* values, size_t count, int isMaximum, int firstOfGroup, int sizeOfGroup) {
  const Reduction reduction = isMaximum != 0 ? Reduction::kMax : Reduction::kSum;
  return Run(self, stream, [&](Transport& on) { on.allReduce(Channel::kCommunication, values, count, reduction, {firstOfGroup, sizeOfGroup}); });
}

const char* Broadcast(void* self, void* stream, void* data, size_t bytes, int root) {
  return Run(self, stream, [&](Transport& on) { on.broadcast(Channel::kCommunication, data, bytes, root); });
}

}  // namespace

BoundCalls::BoundCalls(std::shared_ptr<Transport> transport, const std::string& library, int64_t id)
    : transport_(std::move(transport)),
      id_(id),
      calls_{kAuspexCollectivesVersion, transport_->rank(), transport_->size(), transport_.get(), AllGather, ReduceScatter, AllReduce, Broadcast} {
  // It stays loaded: TensorFlow keeps the operations that it has registered.
  void* loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) throw std::runtime_error(std::string("the library of TensorFlow's operations cannot be loaded: ") + dlerror());
  set_ = reinterpret_cast<AuspexSetCollectives>(dlsym(loaded, "AuspexTensorFlowSetCollectives"));
  if (set_ == nullptr || !set_(id_, &calls_)) throw std::runtime_error(library + " is not the library of operations that belongs to this Auspex; build it again");
}

BoundCalls::~BoundCalls() { set_(id_, nullptr); }

}  // namespace auspex
