// The executor's face to JavaScript: a program is compiled from plain objects, bound to memory, and run on a thread of its
// own. JavaScript values are touched on the JavaScript thread alone.
#include "register.h"

#include "../collectives/register.h"
#include "compiled.h"
#include "dnnl-helpers.h"
#include "initialise.h"
#include "precision-choice.h"
#include "job-thread.h"
#include "parallel.h"

namespace auspex {
namespace {

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
                       {InstanceMethod("workspaceBytes", &NativeProgram::WorkspaceBytes), InstanceMethod("bind", &NativeProgram::Bind), InstanceMethod("free", &NativeProgram::Free),
                        InstanceMethod("write", &NativeProgram::Write), InstanceMethod("read", &NativeProgram::Read), InstanceMethod("view", &NativeProgram::View),
                        InstanceMethod("initialise", &NativeProgram::InitialiseValue), InstanceMethod("run", &NativeProgram::Run),
                        InstanceMethod("cancel", &NativeProgram::Cancel)});
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
      JobThread::compute().call([this] { compiled_->compile(); });
    });
  }

 private:
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

  /** (offsets, regions, workspaceOffsets, arenaBytes, persistentBytes, communicator or null); regions: 0 arena, 1 persistent, 2 shared */
  Napi::Value Bind(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      const auto offsets = info[0].As<Napi::Float64Array>(), workspaces = info[2].As<Napi::Float64Array>();
      const auto regions = info[1].As<Napi::Uint8Array>();
      Compiled& program = *compiled_;
      if (!info[5].IsNull()) program.ranks.communicator = CommunicatorOf(info[5]);
      program.arena = std::make_unique<Arena>(static_cast<size_t>(info[3].ToNumber().Int64Value()));
      program.persistent = std::make_shared<Arena>(static_cast<size_t>(info[4].ToNumber().Int64Value()));
      char* const bases[] = {program.arena->data(), program.persistent->data(),
                             program.ranks.communicator ? program.ranks.communicator->region() : nullptr};
      for (size_t i = 0; i < program.tensors.size(); ++i) {
        program.tensors[i]->data = bases[regions[i]] + static_cast<int64_t>(offsets[i]);
      }
      program.workspaces.clear();
      for (size_t i = 0; i < program.kernels.size(); ++i) {
        program.workspaces.push_back(program.arena->data() + static_cast<int64_t>(workspaces[i]));
      }
    });
    return info.Env().Undefined();
  }

  /** Gives the memory back, and lets go of the communicator. */
  Napi::Value Free(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      if (compiled_->running) throw std::runtime_error("the program is running; await its run first");
      for (const auto& tensor : compiled_->tensors) tensor->data = nullptr;
      compiled_->arena.reset();
      compiled_->persistent.reset();
      compiled_->ranks.communicator.reset();
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
      char* const to = place(info, bytes.ByteLength());
      std::memcpy(to, bytes.Data(), bytes.ByteLength());
      compiled_->written |= compiled_->persistent->holds(to);
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

  /** The bytes of a value (id) in the persistent region: they stay there for as long as JavaScript looks at them. */
  Napi::Value View(const Napi::CallbackInfo& info) {
    Napi::Value view = info.Env().Undefined();
    guarded(info.Env(), [&] {
      const Tensor& tensor = *compiled_->tensors.at(info[0].ToNumber().Uint32Value());
      const std::shared_ptr<Arena>& memory = compiled_->persistent;
      if (compiled_->running || memory == nullptr) throw std::runtime_error("the program is running or not bound to memory");
      if (!memory->holds(tensor.data)) throw std::runtime_error(tensor.name + " is not in the persistent region");
      compiled_->written = true;
      const auto letGo = [](Napi::Env, void*, std::shared_ptr<Arena>* held) { delete held; };
      const auto buffer = Napi::ArrayBuffer::New(info.Env(), tensor.data, tensor.bytes(), letGo, new std::shared_ptr<Arena>(memory));
      view = Napi::Uint8Array::New(info.Env(), tensor.bytes(), buffer, 0);
    });
    return view;
  }

  /** (id, name, firstElement, distribution, amount, seed) */
  Napi::Value InitialiseValue(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] {
      if (compiled_->running || compiled_->persistent == nullptr) throw std::runtime_error("the program is running or not bound to memory");
      const Tensor& tensor = *compiled_->tensors.at(info[0].ToNumber().Uint32Value());
      compiled_->written = true;
      const std::string name = info[1].ToString(), word = info[3].ToString();
      const auto firstElement = static_cast<uint64_t>(info[2].ToNumber().Int64Value());
      const auto distribution = word == "normal" ? Distribution::kNormal : word == "uniform" ? Distribution::kUniform : Distribution::kConstant;
      const float amount = info[4].ToNumber().FloatValue();
      const auto seed = static_cast<uint64_t>(info[5].ToNumber().Int64Value());
      JobThread::compute().call([&] {
        omp_set_num_threads(compiled_->threads);
        Initialise(tensor, name, firstElement, distribution, amount, seed);
      });
    });
    return info.Env().Undefined();
  }

  /** (first, end, timed, callback(error, {computed, communicated, communicating, awaiting} in seconds)); spans as (operations, 2) */
  Napi::Value Run(const Napi::CallbackInfo& info) {
    const auto first = static_cast<size_t>(info[0].ToNumber().Int64Value());
    const auto end = std::min(static_cast<size_t>(info[1].ToNumber().Int64Value()), compiled_->kernels.size());
    const bool timed = info[2].ToBoolean();
    guarded(info.Env(), [&] {
      if (compiled_->running) throw std::runtime_error("the program is running already");
      if (compiled_->arena == nullptr) throw std::runtime_error("the program is not bound to memory");
      compiled_->running = true;
      compiled_->cancelled = false;
      auto done = Napi::ThreadSafeFunction::New(info.Env(), info[3].As<Napi::Function>(), "auspex.run", 0, 1);
      JobThread::compute().post([program = compiled_, first, end, timed, done]() mutable {
        auto outcome = std::make_shared<Outcome>();
        try {
          outcome->times = program->run(first, end, timed);
        } catch (const CollectiveError& error) {
          *outcome = {{}, error.what(), error.code()};
        } catch (const std::exception& error) {
          *outcome = {{}, error.what(), ""};
        }
        done.NonBlockingCall([program, outcome](Napi::Env env, Napi::Function callback) {
          program->running = false;
          callback.Call({outcome->error(env), outcome->seconds(env)});
        });
        done.Release();
      });
    });
    return info.Env().Undefined();
  }

  Napi::Value Cancel(const Napi::CallbackInfo& info) {
    compiled_->cancelled = true;
    return info.Env().Undefined();
  }

  /** How a run ended. */
  struct Outcome {
    RunTimes times;
    std::string failure, code;

    Napi::Value error(Napi::Env env) const {
      if (failure.empty()) return env.Null();
      const Napi::Error error = Napi::Error::New(env, failure);
      if (!code.empty()) error.Value().Set("code", code);
      return error.Value();
    }
    Napi::Value seconds(Napi::Env env) const {
      auto result = Napi::Object::New(env);
      result.Set("computed", spans(env, times.computed));
      result.Set("communicated", spans(env, times.communicated));
      result.Set("communicating", times.communicating);
      result.Set("awaiting", times.awaiting);
      return result;
    }
    static Napi::Value spans(Napi::Env env, const std::vector<Span>& list) {
      auto result = Napi::Float64Array::New(env, 2 * list.size());
      for (size_t i = 0; i < list.size(); ++i) {
        result[2 * i] = list[i].begin;
        result[2 * i + 1] = list[i].end;
      }
      return result;
    }
  };

  std::shared_ptr<Compiled> compiled_;
};

}  // namespace

void RegisterExecutor(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeProgram", NativeProgram::Define(env));
  exports.Set("hasBf16", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                return Napi::Boolean::New(info.Env(), IsQuickInBf16());
              }));
  exports.Set("precisionChoices", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                auto choices = Napi::Object::New(info.Env());
                for (const auto& [shape, widens] : PrecisionChoices()) choices.Set(shape, Napi::Boolean::New(info.Env(), widens));
                return choices;
              }));
  // (shape -> whether it widens)
  exports.Set("addPrecisionChoices", Napi::Function::New(env, [](const Napi::CallbackInfo& info) {
                std::map<std::string, bool> choices;
                const auto given = info[0].As<Napi::Object>();
                const Napi::Array names = given.GetPropertyNames();
                for (uint32_t i = 0; i < names.Length(); ++i) {
                  const std::string shape = names.Get(i).ToString();
                  choices[shape] = given.Get(shape).ToBoolean();
                }
                AddPrecisionChoices(choices);
              }));
}

}  // namespace auspex
