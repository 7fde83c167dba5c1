#include "register.h"

#include <memory>

#include "read-pieces.h"

namespace auspex {
namespace {

using files::Piece;
using files::PieceReader;

// Keeps the JavaScript memory that the pieces go to, and reports bytes as they are read.
class ReadWork : public Napi::AsyncProgressQueueWorker<int64_t> {
 public:
  ReadWork(Napi::Env env, std::unique_ptr<PieceReader> reader, size_t num_parts, const Napi::Array& into, const Napi::Function& on_bytes)
      : Napi::AsyncProgressQueueWorker<int64_t>(env),
        deferred(Napi::Promise::Deferred::New(env)),
        reader_(std::move(reader)),
        num_parts_(num_parts),
        into_(Napi::Persistent(into.As<Napi::Object>())),
        on_bytes_(Napi::Persistent(on_bytes)) {}

  void Execute(const ExecutionProgress& progress) override {
    reader_->on_bytes = [&](int64_t bytes) { progress.Send(&bytes, 1); };
    const std::string failure = reader_->Run();
    if (!failure.empty()) SetError(failure);
  }
  void OnProgress(const int64_t* bytes, size_t) override { on_bytes_.Call({Napi::Number::New(Env(), static_cast<double>(*bytes))}); }
  void OnOK() override {
    const std::vector<uint32_t> sums = reader_->PartSums(num_parts_);
    auto result = Napi::Float64Array::New(Env(), sums.size());
    for (size_t i = 0; i < sums.size(); i++) result[i] = sums[i];
    deferred.Resolve(result);
  }
  void OnError(const Napi::Error& error) override { deferred.Reject(error.Value()); }

  const Napi::Promise::Deferred deferred;

 private:
  const std::unique_ptr<PieceReader> reader_;
  const size_t num_parts_;
  const Napi::ObjectReference into_;
  const Napi::FunctionReference on_bytes_;
};

// (path, positions, lengths, parts: Float64Array, into: (Uint8Array | null)[], parts in all, threads, onBytes) -> CRC-32 by part
Napi::Value ReadPieces(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto positions = info[1].As<Napi::Float64Array>(), lengths = info[2].As<Napi::Float64Array>();
  const auto parts = info[3].As<Napi::Float64Array>();
  const auto into = info[4].As<Napi::Array>();
  const auto num_parts = static_cast<size_t>(info[5].ToNumber().Int64Value());
  std::vector<Piece> pieces(into.Length());
  for (uint32_t i = 0; i < pieces.size(); i++) {
    Piece& piece = pieces[i];
    piece.position = static_cast<int64_t>(positions[i]);
    piece.bytes = static_cast<int64_t>(lengths[i]);
    piece.part = static_cast<uint32_t>(parts[i]);
    const Napi::Value memory = into.Get(i);
    if (memory.IsTypedArray()) {
      auto bytes = memory.As<Napi::Uint8Array>();
      if (bytes.ByteLength() == static_cast<size_t>(piece.bytes)) piece.into = bytes.Data();
    }
    if (piece.part >= num_parts || (!piece.into && !memory.IsNull())) {
      Napi::RangeError::New(env, "a piece does not fit its part or its memory").ThrowAsJavaScriptException();
      return env.Undefined();
    }
  }
  auto reader = std::make_unique<PieceReader>(info[0].ToString(), std::move(pieces), info[6].ToNumber().Int32Value());
  // Deletes itself when it is done.
  auto* const work = new ReadWork(env, std::move(reader), num_parts, into, info[7].As<Napi::Function>());
  work->Queue();
  return work->deferred.Promise();
}

}  // namespace

void RegisterFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("filesReadPieces", Napi::Function::New<ReadPieces>(env, "filesReadPieces"));
}

}  // namespace auspex
