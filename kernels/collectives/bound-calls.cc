#include "bound-calls.h"

#include <dlfcn.h>

namespace auspex {
namespace {

/** Runs the body, and turns what it throws into a text. */
template <typename Body>
const char* Attempt(const Body& body) noexcept {
  thread_local std::string failure;
  try {
    body();
    return nullptr;
  } catch (const CollectiveError& error) {
    failure = std::string(error.code()) + ": " + error.what();
  } catch (const std::exception& error) {
    failure = std::string("INVALID_CALL: ") + error.what();
  }
  return failure.c_str();
}

void Perform(Transport& on, Channel channel, const AuspexCall& call) {
  switch (call.collective) {
    case kAuspexAllGather: return on.allGather(channel, call.in, call.out, call.count);
    case kAuspexReduceScatter: return on.reduceScatter(channel, static_cast<const float*>(call.in), static_cast<float*>(call.out), call.count, call.scale);
    case kAuspexAllReduce:
      return on.allReduce(channel, static_cast<float*>(call.out), call.count, call.isMaximum != 0 ? Reduction::kMax : Reduction::kSum,
                          {call.firstOfGroup, call.sizeOfGroup});
    case kAuspexBroadcast: return on.broadcast(channel, call.out, call.count, call.root);
    default: throw std::logic_error("there is no collective " + std::to_string(call.collective));
  }
}

const char* Start(void* self, void* stream, const AuspexCall* call, int64_t* number) {
  return Attempt([&] {
    const std::shared_ptr<void> kept(call->kept, call->release);
    const Channel channel = call->isOnCommunication != 0 ? Channel::kCommunication : Channel::kCompute;
    *number = static_cast<Exchanges*>(self)->start(channel, static_cast<cudaStream_t>(stream), [channel, call = *call](Transport& on) { Perform(on, channel, call); }, kept);
  });
}

const char* Await(void* self, void* stream, int64_t number) {
  return Attempt([&] { static_cast<Exchanges*>(self)->await(number, static_cast<cudaStream_t>(stream)); });
}

const char* Settle(void* self) {
  return Attempt([&] { static_cast<Exchanges*>(self)->settle(); });
}

}  // namespace

BoundCalls::BoundCalls(std::shared_ptr<Transport> transport, const std::string& library, int64_t id)
    : id_(id), exchanges_(std::make_unique<Exchanges>(transport)), calls_{kAuspexCollectivesVersion, transport->rank(), transport->size(), exchanges_.get(), Start, Await, Settle} {
  // It stays loaded: TensorFlow keeps the operations that it has registered.
  void* loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) throw std::runtime_error(std::string("the library of TensorFlow's operations cannot be loaded: ") + dlerror());
  set_ = reinterpret_cast<AuspexSetCollectives>(dlsym(loaded, "AuspexTensorFlowSetCollectives"));
  if (set_ == nullptr || !set_(id_, &calls_)) throw std::runtime_error(library + " is not the library of operations that belongs to this Auspex; build it again");
}

BoundCalls::~BoundCalls() {
  set_(id_, nullptr);  // before the exchanges go: an operation may await one
}

}  // namespace auspex
