// The communicators' face to JavaScript. Calls run on threads of the communicator, one per channel; JavaScript values are
// touched on the JavaScript thread alone, and no C++ exception leaves the addon.
#include "register.h"

#include <functional>

#include "bound-calls.h"
#include "nccl-libraries.h"
#include "nccl.h"
#include "worker.h"

namespace auspex {
namespace {

constexpr napi_type_tag kCommunicatorTag = {0x6c1f0a5be2d94733, 0x9b0e57c8a1f34d26};

/** What went wrong, on its way to JavaScript. */
struct Failure {
  std::string code, message;
  int rank = -1;
};

/** Runs the body; what it throws is returned. */
std::unique_ptr<Failure> Attempt(const std::function<void()>& body) {
  try {
    body();
    return nullptr;
  } catch (const CollectiveError& error) {
    return std::make_unique<Failure>(Failure{error.code(), error.what(), error.rank()});
  } catch (const ConnectError& error) {
    return std::make_unique<Failure>(Failure{"CANNOT_CONNECT", error.what()});
  } catch (const GlooMissing& error) {
    return std::make_unique<Failure>(Failure{"GLOO_MISSING", error.what()});
  } catch (const NcclMissing& error) {
    return std::make_unique<Failure>(Failure{"NCCL_MISSING", error.what()});
  } catch (const std::logic_error& error) {
    return std::make_unique<Failure>(Failure{"INVALID_CALL", error.what()});
  } catch (const std::exception& error) {
    return std::make_unique<Failure>(Failure{"CANNOT_OPEN", error.what()});
  }
}

Napi::Error ErrorOf(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  if (failure.rank >= 0) error.Set("rank", Napi::Number::New(env, failure.rank));
  return error;
}

struct Bytes {
  char* data;
  size_t length;
};

class NativeCommunicator : public Napi::ObjectWrap<NativeCommunicator> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeCommunicator",
                       {InstanceMethod("address", &NativeCommunicator::Address), InstanceMethod("connect", &NativeCommunicator::Connect),
                        InstanceMethod("region", &NativeCommunicator::Region), InstanceMethod("allGather", &NativeCommunicator::AllGather),
                        InstanceMethod("reduceScatter", &NativeCommunicator::ReduceScatter), InstanceMethod("allReduce", &NativeCommunicator::AllReduce),
                        InstanceMethod("broadcast", &NativeCommunicator::Broadcast), InstanceMethod("barrier", &NativeCommunicator::Barrier),
                        InstanceMethod("bind", &NativeCommunicator::Bind), InstanceMethod("abort", &NativeCommunicator::Abort), InstanceMethod("close", &NativeCommunicator::Close),
                        InstanceMethod("statistics", &NativeCommunicator::StatisticsOf),
                        InstanceMethod("takeSpans", &NativeCommunicator::TakeSpans)});
  }

  /** (transport, rank, size, regionBytes, timeoutSeconds, host, device, meetByGloo) */
  explicit NativeCommunicator(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeCommunicator>(info) {
    info.This().As<Napi::Object>().TypeTag(&kCommunicatorTag);
    guarded(info.Env(), [&] {
      TransportOptions options;
      const std::string transport = info[0].ToString();
      options.rank = info[1].ToNumber().Int32Value();
      options.size = info[2].ToNumber().Int32Value();
      options.regionBytes = static_cast<size_t>(info[3].ToNumber().Int64Value());
      options.timeoutSeconds = info[4].ToNumber().DoubleValue();
      options.host = info[5].ToString();
      options.device = info[6].ToNumber().Int32Value();
      options.meetByGloo = info[7].ToBoolean();
      transport_ = transport == "nccl" ? OpenNccl(options) : transport == "gloo" ? OpenGloo(options) : OpenSharedMemory(options);
    });
  }

  ~NativeCommunicator() override {
    if (bound_) transport_->close();
  }

  const std::shared_ptr<Transport>& transport() const { return transport_; }

 private:
  static void guarded(Napi::Env env, const std::function<void()>& body) {
    if (auto failure = Attempt(body)) ErrorOf(env, *failure).ThrowAsJavaScriptException();
  }

  /** Runs the body on the channel's thread, then calls `done` with null or an error; the arrays live until then. */
  void post(const Napi::CallbackInfo& info, int channel, std::initializer_list<Napi::Value> arrays, const Napi::Value& done, std::function<void(Transport&)> body) {
    auto kept = std::make_shared<std::vector<Napi::ObjectReference>>();
    for (const Napi::Value& array : arrays) kept->push_back(Napi::Persistent(array.As<Napi::Object>()));
    // Freed by the callback, on the JavaScript thread: if the environment ends first, they are not freed at all.
    auto* references = new std::shared_ptr<std::vector<Napi::ObjectReference>>(std::move(kept));
    auto callback = Napi::ThreadSafeFunction::New(info.Env(), done.As<Napi::Function>(), "auspex.collective", 0, 1);
    workers_[channel].post([transport = transport_, callback, references, body = std::move(body)]() mutable {
      auto* failure = Attempt([&] { body(*transport); }).release();
      callback.NonBlockingCall([references, failure](Napi::Env env, Napi::Function function) {
        std::unique_ptr<Failure> owned(failure);
        delete references;
        function.Call({owned ? ErrorOf(env, *owned).Value() : env.Null()});
      });
      callback.Release();
    });
  }

  static int ChannelOf(const Napi::Value& value) {
    const int channel = value.ToNumber().Int32Value();
    if (channel < 0 || channel >= kNumChannels) throw std::logic_error("there is no such channel");
    return channel;
  }

  static Bytes BytesOf(const Napi::Value& value) {
    if (!value.IsTypedArray()) throw std::logic_error("a typed array is missing");
    const auto array = value.As<Napi::TypedArray>();
    return {static_cast<char*>(array.ArrayBuffer().Data()) + array.ByteOffset(), array.ByteLength()};
  }

  static bool HoldsDoubles(const Napi::Value& value) { return value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array; }
  static float* Floats(const Napi::Value& value) {
    if (value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) throw std::logic_error("an array of f32 is needed");
    return reinterpret_cast<float*>(BytesOf(value).data);
  }

  Napi::Value Address(const Napi::CallbackInfo& info) {
    std::string address;
    guarded(info.Env(), [&] { address = transport_->address(); });
    return Napi::Buffer<char>::Copy(info.Env(), address.data(), address.size());
  }

  /** (addresses, done) */
  Napi::Value Connect(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      std::vector<std::string> addresses;
      const auto array = info[0].As<Napi::Array>();
      for (uint32_t i = 0; i < array.Length(); ++i) {
        const Bytes bytes = BytesOf(array.Get(i));
        addresses.emplace_back(bytes.data, bytes.length);
      }
      post(info, static_cast<int>(Channel::kCommunication), {}, info[1], [addresses](Transport& transport) { transport.connect(addresses); });
    });
    return info.Env().Undefined();
  }

  /** The region as an ArrayBuffer, which keeps the memory for as long as it lives itself. */
  Napi::Value Region(const Napi::CallbackInfo& info) {
    if (transport_->regionBytes() == 0) return Napi::ArrayBuffer::New(info.Env(), 0);
    auto* owner = new std::shared_ptr<Transport>(transport_);
    return Napi::ArrayBuffer::New(info.Env(), transport_->region(), transport_->regionBytes(), [owner](Napi::Env, void*) { delete owner; });
  }

  /** (channel, shard, whole, done) */
  Napi::Value AllGather(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const int channel = ChannelOf(info[0]);
      const Bytes shard = BytesOf(info[1]), whole = BytesOf(info[2]);
      if (whole.length != shard.length * transport_->size()) throw std::logic_error("the whole needs the bytes of all shards");
      post(info, channel, {info[1], info[2]}, info[3],
           [=](Transport& transport) { transport.allGather(static_cast<Channel>(channel), shard.data, whole.data, shard.length); });
    });
    return info.Env().Undefined();
  }

  /** (channel, whole, shard, scale, done) */
  Napi::Value ReduceScatter(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const int channel = ChannelOf(info[0]);
      const Bytes whole = BytesOf(info[1]), shard = BytesOf(info[2]);
      float *from = Floats(info[1]), *to = Floats(info[2]);
      const float scale = info[3].ToNumber().FloatValue();
      if (whole.length != shard.length * transport_->size()) throw std::logic_error("the whole needs the elements of all shards");
      post(info, channel, {info[1], info[2]}, info[4],
           [=](Transport& transport) { transport.reduceScatter(static_cast<Channel>(channel), from, to, shard.length / sizeof(float), scale); });
    });
    return info.Env().Undefined();
  }

  /** (channel, values, isMaximum, firstOfGroup, sizeOfGroup, done) */
  Napi::Value AllReduce(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const auto channel = static_cast<Channel>(ChannelOf(info[0]));
      const Bytes values = BytesOf(info[1]);
      const bool doubles = HoldsDoubles(info[1]);
      if (!doubles) Floats(info[1]);
      const Reduction reduction = info[2].ToBoolean() ? Reduction::kMax : Reduction::kSum;
      const Group group{info[3].ToNumber().Int32Value(), info[4].ToNumber().Int32Value()};
      post(info, static_cast<int>(channel), {info[1]}, info[5], [=](Transport& transport) {
        if (doubles) {
          transport.allReduce(channel, reinterpret_cast<double*>(values.data), values.length / sizeof(double), reduction, group);
        } else {
          transport.allReduce(channel, reinterpret_cast<float*>(values.data), values.length / sizeof(float), reduction, group);
        }
      });
    });
    return info.Env().Undefined();
  }

  /** (channel, data, root, done) */
  Napi::Value Broadcast(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const int channel = ChannelOf(info[0]);
      const Bytes data = BytesOf(info[1]);
      const int root = info[2].ToNumber().Int32Value();
      post(info, channel, {info[1]}, info[3], [=](Transport& transport) { transport.broadcast(static_cast<Channel>(channel), data.data, data.length, root); });
    });
    return info.Env().Undefined();
  }

  /** (channel, done) */
  Napi::Value Barrier(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const int channel = ChannelOf(info[0]);
      post(info, channel, {}, info[1], [channel](Transport& transport) { transport.barrier(static_cast<Channel>(channel)); });
    });
    return info.Env().Undefined();
  }

  /** (library, id) */
  Napi::Value Bind(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      bound_ = nullptr;
      bound_ = std::make_unique<BoundCalls>(transport_, info[0].ToString(), info[1].ToNumber().Int64Value());
    });
    return info.Env().Undefined();
  }

  Napi::Value Abort(const Napi::CallbackInfo& info) {
    transport_->abort(info[0].ToString());
    return info.Env().Undefined();
  }

  Napi::Value Close(const Napi::CallbackInfo& info) {
    transport_->close();
    bound_ = nullptr;
    return info.Env().Undefined();
  }

  /** [calls, bytes, seconds] of each channel */
  Napi::Value StatisticsOf(const Napi::CallbackInfo& info) {
    auto result = Napi::Float64Array::New(info.Env(), 3 * kNumChannels);
    const Statistics statistics = transport_->statistics();
    for (int i = 0; i < kNumChannels; ++i) {
      result[3 * i] = static_cast<double>(statistics.channels[i].calls);
      result[3 * i + 1] = static_cast<double>(statistics.channels[i].bytes);
      result[3 * i + 2] = statistics.channels[i].waitingSeconds;
    }
    return result;
  }

  /** Begin and end, in seconds, of each exchange of TensorFlow's operations on the communication channel since the last call. */
  Napi::Value TakeSpans(const Napi::CallbackInfo& info) {
    const auto spans = bound_ ? bound_->exchanges().takeSpans() : std::vector<ExchangeSpan>();
    auto result = Napi::Float64Array::New(info.Env(), 2 * spans.size());
    for (size_t i = 0; i < spans.size(); ++i) {
      result[2 * i] = spans[i].begin;
      result[2 * i + 1] = spans[i].end;
    }
    return result;
  }

  std::shared_ptr<Transport> transport_;
  std::unique_ptr<BoundCalls> bound_;
  Worker workers_[kNumChannels];
};

}  // namespace

std::shared_ptr<Communicator> CommunicatorOf(const Napi::Value& handle) {
  if (!handle.IsObject() || !handle.As<Napi::Object>().CheckTypeTag(&kCommunicatorTag)) throw std::runtime_error("this is no communicator");
  const auto& transport = NativeCommunicator::Unwrap(handle.As<Napi::Object>())->transport();
  if (!transport || !transport->connected()) throw std::runtime_error("the communicator is not connected yet");
  return transport;
}

void RegisterCollectives(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeCommunicator", NativeCommunicator::Define(env));
  // What there is for collectives on GPUs: {nccl: version, gpus: count}, or {missing: why}.
  exports.Set("ncclHere", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
    Napi::Object here = Napi::Object::New(info.Env());
    std::string version;
    int count = 0;
    const auto failure = Attempt([&] {
      version = NcclVersion();
      count = CountGpus();
    });
    if (failure) {
      here.Set("missing", Napi::String::New(info.Env(), failure->message));
    } else {
      here.Set("nccl", Napi::String::New(info.Env(), version));
      here.Set("gpus", Napi::Number::New(info.Env(), count));
    }
    return here;
  }));
  exports.Set("hasGloo", Napi::Function::New(env, [](const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), HasGloo()); }));
}

}  // namespace auspex
