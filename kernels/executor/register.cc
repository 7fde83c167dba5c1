// The executor's face to JavaScript: a program is compiled from plain objects, bound to memory, and run on a thread of its
// own. JavaScript values are touched on the JavaScript thread alone.
#include "register.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "arena.h"
#include "dnnl-helpers.h"
#include "initialise.h"
#include "kernel.h"
#include "parallel.h"

namespace auspex {

KernelPtr MakeKernel(const Operation& operation, int threads) {
  for (auto make : {MakeConvolutionKernel, MakeNormForwardKernel, MakeNormBackwardKernel, MakeLinearKernel, MakeElementwiseKernel, MakeLossKernel, MakeOptimizerKernel}) {
    if (KernelPtr kernel = make(operation, threads)) return kernel;
  }
  throw std::runtime_error("no kernel for the operation " + operation.kind);
}

namespace {

/** Runs one job after another; all programs share it, so that two never compete for the processor. */
class ComputeThread {
 public:
  static ComputeThread& shared() {
    static auto* thread = new ComputeThread();  // lives as long as the process: jobs may outlast static destruction
    return *thread;
  }
  void post(std::function<void()> job) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    ready_.notify_one();
  }
  /** Runs the job there and waits for it; what it throws is thrown here. */
  void call(const std::function<void()>& job) {
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
    std::exception_ptr failure;
    post([&] {
      try {
        job();
      } catch (...) {
        failure = std::current_exception();
      }
      std::lock_guard<std::mutex> lock(mutex);
      done = true;
      finished.notify_one();
    });
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, [&] { return done; });
    if (failure) std::rethrow_exception(failure);
  }

 private:
  ComputeThread() {
    std::thread([this] { loop(); }).detach();
  }
  void loop() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      ready_.wait(lock, [this] { return !jobs_.empty(); });
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
};

/** A compiled program. Shared with the jobs that run it, so that it outlives a collected JavaScript object. */
struct Compiled {
  std::vector<std::unique_ptr<Tensor>> tensors;
  std::vector<Operation> operations;
  std::vector<KernelPtr> kernels;
  std::vector<char*> workspaces;
  std::unique_ptr<Arena> arena, persistent;
  int threads = 1;
  bool running = false;  // JavaScript thread only

  std::vector<double> run(bool timed) {
    omp_set_num_threads(threads);
    std::vector<double> seconds(timed ? kernels.size() : 0);
    for (size_t i = 0; i < kernels.size(); ++i) {
      const double begin = timed ? omp_get_wtime() : 0;
      kernels[i]->run(workspaces[i]);
      if (timed) seconds[i] = omp_get_wtime() - begin;
    }
    return seconds;
  }
};

DType ParseDType(const std::string& word) {
  if (word == "f32") return DType::kF32;
  if (word == "bf16") return DType::kBf16;
  if (word == "u8") return DType::kU8;
  throw std::runtime_error("unknown dtype " + word);
}

std::unique_ptr<Tensor> ParseTensor(const Napi::Object& value) {
  auto tensor = std::make_unique<Tensor>();
  tensor->name = value.Get("name").ToString();
  tensor->dtype = ParseDType(value.Get("dtype").ToString());
  const std::string role = value.Get("role").ToString();
  tensor->persistent = role == "parameter" || role == "momentum" || role == "state";
  const auto shape = value.Get("shape").As<Napi::Array>();
  for (uint32_t i = 0; i < shape.Length(); ++i) tensor->shape.push_back(shape.Get(i).ToNumber().Int64Value());
  if (value.Get("grids").IsArray()) {
    const auto grids = value.Get("grids").As<Napi::Array>();
    for (uint32_t i = 0; i < grids.Length(); ++i) {
      const auto grid = grids.Get(i).As<Napi::Object>();
      auto side = [&](const char* name) { return grid.Get(name).ToNumber().Int64Value(); };
      tensor->grids.push_back({side("images"), side("height"), side("width")});
    }
  }
  return tensor;
}

void ParseOperands(const Napi::Object& operands, const std::vector<std::unique_ptr<Tensor>>& tensors, Operation& operation) {
  const auto names = operands.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString();
    const Napi::Value operand = operands.Get(name);
    if (operand.IsUndefined()) continue;
    auto& list = operation.operands[name];
    auto add = [&](const Napi::Value& id) { list.push_back(tensors.at(id.ToNumber().Uint32Value()).get()); };
    if (!operand.IsArray()) {
      add(operand);
      continue;
    }
    const auto ids = operand.As<Napi::Array>();
    for (uint32_t k = 0; k < ids.Length(); ++k) add(ids.Get(k));
  }
}

Operation ParseOperation(const Napi::Object& object, const std::vector<std::unique_ptr<Tensor>>& tensors) {
  Operation operation;
  operation.kind = object.Get("kind").ToString();
  for (const char* group : {"inputs", "outputs", "updates"}) ParseOperands(object.Get(group).As<Napi::Object>(), tensors, operation);
  const auto attributes = object.Get("attributes").As<Napi::Object>();
  const auto names = attributes.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString();
    const Napi::Value attribute = attributes.Get(name);
    if (attribute.IsString()) {
      operation.words[name] = attribute.ToString();
    } else if (attribute.IsArray()) {
      auto& numbers = operation.numbers[name];
      const auto array = attribute.As<Napi::Array>();
      for (uint32_t k = 0; k < array.Length(); ++k) numbers.push_back(array.Get(k).ToNumber());
    } else {
      operation.numbers[name] = {attribute.ToNumber().DoubleValue()};
    }
  }
  return operation;
}

class NativeProgram : public Napi::ObjectWrap<NativeProgram> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeProgram",
                       {InstanceMethod("workspaceBytes", &NativeProgram::WorkspaceBytes), InstanceMethod("bind", &NativeProgram::Bind),
                        InstanceMethod("write", &NativeProgram::Write), InstanceMethod("read", &NativeProgram::Read),
                        InstanceMethod("initialise", &NativeProgram::InitialiseValue), InstanceMethod("run", &NativeProgram::Run)});
  }

  /** (values, operations, threads) */
  explicit NativeProgram(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeProgram>(info), compiled_(std::make_shared<Compiled>()) {
    guarded(info.Env(), [&] {
      const auto values = info[0].As<Napi::Array>(), operations = info[1].As<Napi::Array>();
      compiled_->threads = info[2].ToNumber().Int32Value();
      for (uint32_t i = 0; i < values.Length(); ++i) compiled_->tensors.push_back(ParseTensor(values.Get(i).As<Napi::Object>()));
      for (uint32_t i = 0; i < operations.Length(); ++i) {
        compiled_->operations.push_back(ParseOperation(operations.Get(i).As<Napi::Object>(), compiled_->tensors));
      }
      // Where the primitives are made: oneDNN remembers the number of threads of that place.
      ComputeThread::shared().call([this] {
        omp_set_num_threads(compiled_->threads);
        for (const Operation& operation : compiled_->operations) make(operation);
      });
    });
  }

 private:
  void make(const Operation& operation) {
    try {
      compiled_->kernels.push_back(MakeKernel(operation, compiled_->threads));
    } catch (const std::exception& error) {
      std::string names;
      for (const auto& [name, tensors] : operation.operands) names += " " + name + "=" + tensors.at(0)->name;
      throw std::runtime_error(operation.kind + ":" + names + ": " + error.what());
    }
  }

  /** No C++ exception leaves the addon: it becomes a JavaScript one. */
  template <typename Body>
  static void guarded(Napi::Env env, const Body& body) {
    try {
      body();
    } catch (const std::exception& error) {
      Napi::Error::New(env, error.what()).ThrowAsJavaScriptException();
    }
  }

  Napi::Value WorkspaceBytes(const Napi::CallbackInfo& info) {
    auto result = Napi::Float64Array::New(info.Env(), compiled_->kernels.size());
    for (size_t i = 0; i < compiled_->kernels.size(); ++i) result[i] = static_cast<double>(compiled_->kernels[i]->workspaceBytes());
    return result;
  }

  /** (offsets, workspaceOffsets, arenaBytes, persistentBytes) */
  Napi::Value Bind(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const auto offsets = info[0].As<Napi::Float64Array>(), workspaces = info[1].As<Napi::Float64Array>();
      Compiled& program = *compiled_;
      program.arena = std::make_unique<Arena>(static_cast<size_t>(info[2].ToNumber().Int64Value()));
      program.persistent = std::make_unique<Arena>(static_cast<size_t>(info[3].ToNumber().Int64Value()));
      for (size_t i = 0; i < program.tensors.size(); ++i) {
        Tensor& tensor = *program.tensors[i];
        tensor.data = (tensor.persistent ? program.persistent : program.arena)->data() + static_cast<int64_t>(offsets[i]);
      }
      program.workspaces.clear();
      for (size_t i = 0; i < program.kernels.size(); ++i) {
        program.workspaces.push_back(program.arena->data() + static_cast<int64_t>(workspaces[i]));
      }
    });
    return info.Env().Undefined();
  }

  /** The bytes of (id, Uint8Array, byteOffset), checked. */
  char* place(const Napi::CallbackInfo& info, size_t count) {
    if (compiled_->running) throw std::runtime_error("the program is running; await its run first");
    Tensor& tensor = *compiled_->tensors.at(info[0].ToNumber().Uint32Value());
    const auto offset = static_cast<size_t>(info[2].ToNumber().Int64Value());
    if (tensor.data == nullptr) throw std::runtime_error("the program is not bound to memory");
    if (offset + count > tensor.bytes()) {
      throw std::runtime_error(tensor.name + " has " + std::to_string(tensor.bytes()) + " bytes, not " + std::to_string(offset + count));
    }
    return tensor.data + offset;
  }
  Napi::Value Write(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const auto bytes = info[1].As<Napi::Uint8Array>();
      std::memcpy(place(info, bytes.ByteLength()), bytes.Data(), bytes.ByteLength());
    });
    return info.Env().Undefined();
  }
  Napi::Value Read(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      auto bytes = info[1].As<Napi::Uint8Array>();
      std::memcpy(bytes.Data(), place(info, bytes.ByteLength()), bytes.ByteLength());
    });
    return info.Env().Undefined();
  }

  /** (id, distribution, amount, seed) */
  Napi::Value InitialiseValue(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      if (compiled_->running || compiled_->persistent == nullptr) throw std::runtime_error("the program is running or not bound to memory");
      const Tensor& tensor = *compiled_->tensors.at(info[0].ToNumber().Uint32Value());
      const std::string word = info[1].ToString();
      const auto distribution = word == "normal" ? Distribution::kNormal : word == "uniform" ? Distribution::kUniform : Distribution::kConstant;
      const float amount = info[2].ToNumber().FloatValue();
      const auto seed = static_cast<uint64_t>(info[3].ToNumber().Int64Value());
      ComputeThread::shared().call([&] {
        omp_set_num_threads(compiled_->threads);
        Initialise(tensor, distribution, amount, seed);
      });
    });
    return info.Env().Undefined();
  }

  /** (timed, callback(error, seconds per operation)) */
  Napi::Value Run(const Napi::CallbackInfo& info) {
    const bool timed = info[0].ToBoolean();
    guarded(info.Env(), [&] {
      if (compiled_->running) throw std::runtime_error("the program is running already");
      if (compiled_->arena == nullptr) throw std::runtime_error("the program is not bound to memory");
      compiled_->running = true;
      auto done = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "auspex.run", 0, 1);
      ComputeThread::shared().post([program = compiled_, timed, done]() mutable {
        std::string failure;
        auto seconds = std::make_shared<std::vector<double>>();
        try {
          *seconds = program->run(timed);
        } catch (const std::exception& error) {
          failure = error.what();
        }
        done.NonBlockingCall([program, failure, seconds](Napi::Env env, Napi::Function callback) {
          program->running = false;
          auto times = Napi::Float64Array::New(env, seconds->size());
          std::copy(seconds->begin(), seconds->end(), times.Data());
          const Napi::Value error = failure.empty() ? env.Null() : Napi::Error::New(env, failure).Value();
          callback.Call({error, times});
        });
        done.Release();
      });
    });
    return info.Env().Undefined();
  }

  std::shared_ptr<Compiled> compiled_;
};

}  // namespace

void RegisterExecutor(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeProgram", NativeProgram::Define(env));
  exports.Set("hasBf16", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return Napi::Boolean::New(info.Env(), HasBf16());
              }));
}

}  // namespace auspex
