#include "register.h"

#include <sys/mman.h>

#include <cstdlib>
#include <memory>

#include "alignment.h"
#include "checksums.h"
#include "read-pieces.h"

namespace auspex {
namespace {

using files::Checksums;
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
  auto reader = std::make_unique<PieceReader>(info[0].ToString(), pieces, info[6].ToNumber().Int32Value());
  // Deletes itself when it is done.
  auto* const work = new ReadWork(env, std::move(reader), num_parts, into, info[7].As<Napi::Function>());
  work->Queue();
  return work->deferred.Promise();
}

// (descriptor, whether to pass by the page cache) -> whether the file system does
Napi::Value PassByCache(const Napi::CallbackInfo& info) {
  const int descriptor = info[0].ToNumber().Int32Value();
  return Napi::Boolean::New(info.Env(), files::PassByCache(descriptor, info[1].ToBoolean()));
}

// (bytes) -> memory that reads and writes past the page cache can use. A disk is faster where it finds large pages of it.
Napi::Value AlignedMemory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto bytes = static_cast<size_t>(info[0].ToNumber().Int64Value());
  const bool large = bytes >= files::kLargePage;
  void* const memory =
      bytes % files::kAlignment == 0 ? std::aligned_alloc(large ? files::kLargePage : files::kAlignment, bytes) : nullptr;
  if (!memory) {
    Napi::RangeError::New(env, "no aligned memory of " + std::to_string(bytes) + " bytes").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  if (large) madvise(memory, bytes, MADV_HUGEPAGE);
  auto buffer = Napi::ArrayBuffer::New(env, memory, bytes, [](Napi::Env, void* data) { std::free(data); });
  return Napi::Uint8Array::New(env, bytes, buffer, 0);
}

// Takes the checksums of some bytes, which it keeps, off the JavaScript thread.
class ChecksumWork : public Napi::AsyncWorker {
 public:
  ChecksumWork(Napi::Env env, std::shared_ptr<Checksums> checksums, const Napi::Uint8Array& bytes)
      : Napi::AsyncWorker(env),
        deferred(Napi::Promise::Deferred::New(env)),
        checksums_(std::move(checksums)),
        kept_(Napi::Persistent(bytes.As<Napi::Object>())),
        bytes_(bytes.Data()),
        count_(bytes.ByteLength()) {}

  void Execute() override {
    if (!checksums_->Update(bytes_, count_)) SetError("OpenSSL cannot take a SHA-256");
  }
  void OnOK() override { deferred.Resolve(Env().Undefined()); }
  void OnError(const Napi::Error& error) override { deferred.Reject(error.Value()); }

  const Napi::Promise::Deferred deferred;

 private:
  const std::shared_ptr<Checksums> checksums_;
  const Napi::ObjectReference kept_;
  const uint8_t* const bytes_;
  const size_t count_;
};

// Whoever uses it awaits one update before the next call.
class NativeChecksums : public Napi::ObjectWrap<NativeChecksums> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "NativeChecksums",
                       {InstanceMethod("update", &NativeChecksums::Update), InstanceMethod("crc32", &NativeChecksums::Crc32),
                        InstanceMethod("restartCrc32", &NativeChecksums::RestartCrc32), InstanceMethod("sha256", &NativeChecksums::Sha256)});
  }
  explicit NativeChecksums(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeChecksums>(info), checksums_(std::make_shared<Checksums>()) {}

 private:
  Napi::Value Update(const Napi::CallbackInfo& info) {
    auto* const work = new ChecksumWork(info.Env(), checksums_, info[0].As<Napi::Uint8Array>());
    work->Queue();
    return work->deferred.Promise();
  }
  Napi::Value Crc32(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), checksums_->crc()); }
  Napi::Value RestartCrc32(const Napi::CallbackInfo& info) {
    checksums_->RestartCrc();
    return info.Env().Undefined();
  }
  Napi::Value Sha256(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), checksums_->Sha256()); }

  const std::shared_ptr<Checksums> checksums_;
};

}  // namespace

void RegisterFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("filesReadPieces", Napi::Function::New<ReadPieces>(env, "filesReadPieces"));
  exports.Set("filesPassByCache", Napi::Function::New<PassByCache>(env, "filesPassByCache"));
  exports.Set("filesAlignedMemory", Napi::Function::New<AlignedMemory>(env, "filesAlignedMemory"));
  exports.Set("NativeChecksums", NativeChecksums::Define(env));
}

}  // namespace auspex
