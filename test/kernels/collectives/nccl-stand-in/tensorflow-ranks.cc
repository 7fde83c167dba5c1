// Ranks as processes that run collectives as operations of TensorFlow, on its build for processors.
// `tensorflow-ranks LIBRARY SIZE TRANSPORT` prints a line for each rank; anything unexpected ends a rank with another status.
#include <sys/mman.h>
#include <sys/wait.h>
#include <tensorflow/c/c_api.h>
#include <tensorflow/c/eager/c_api.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "../../../../kernels/collectives/bound-calls.h"
#include "../../../../kernels/collectives/nccl.h"

using namespace auspex;

namespace {

struct Board {  // where the ranks find each other's addresses
  std::atomic<int> written;
  size_t lengths[8];
  char addresses[8][4096];
};

void Check(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "tensorflow-ranks: %s\n", what.c_str());
  std::exit(1);
}

class Session {
 public:
  Session() {
    TFE_ContextOptions* options = TFE_NewContextOptions();
    context_ = TFE_NewContext(options, status_);
    TFE_DeleteContextOptions(options);
    succeed("TFE_NewContext");
  }
  ~Session() {
    TFE_DeleteContext(context_);
    TF_DeleteStatus(status_);
  }

  /** The bytes of the result; `failure` is what it fails with, if it should. */
  std::vector<char> run(const char* name, TF_DataType type, const std::vector<char>& in, int64_t id, const std::function<void(TFE_Op*)>& set, const char* failure = nullptr) {
    const int64_t count = static_cast<int64_t>(in.size() / TF_DataTypeSize(type));
    TF_Tensor* tensor = TF_AllocateTensor(type, &count, 1, in.size());
    std::memcpy(TF_TensorData(tensor), in.data(), in.size());
    TFE_TensorHandle* input = TFE_NewTensorHandle(tensor, status_);
    succeed("TFE_NewTensorHandle");
    TFE_Op* op = TFE_NewOp(context_, name, status_);
    succeed(name);
    TFE_OpAddInput(op, input, status_);
    TFE_OpSetAttrInt(op, "communicator", id);
    set(op);
    TFE_TensorHandle* output = nullptr;
    int outputs = 1;
    TFE_Execute(op, &output, &outputs, status_);
    std::vector<char> bytes;
    if (failure != nullptr) {
      Check(TF_GetCode(status_) != TF_OK && std::string(TF_Message(status_)).find(failure) != std::string::npos, std::string("not the failure that was expected: ") + TF_Message(status_));
    } else {
      succeed(name);
      TF_Tensor* result = TFE_TensorHandleResolve(output, status_);
      succeed("TFE_TensorHandleResolve");
      const auto* data = static_cast<const char*>(TF_TensorData(result));
      bytes.assign(data, data + TF_TensorByteSize(result));
      TF_DeleteTensor(result);
      TFE_DeleteTensorHandle(output);
      // What came in is as it was: operations that work in place do so on a copy.
      Check(std::memcmp(TF_TensorData(tensor), in.data(), in.size()) == 0, std::string(name) + " changed its input");
    }
    TFE_DeleteOp(op);
    TFE_DeleteTensorHandle(input);
    TF_DeleteTensor(tensor);
    return bytes;
  }

 private:
  void succeed(const char* what) { Check(TF_GetCode(status_) == TF_OK, std::string(what) + ": " + TF_Message(status_)); }
  TF_Status* status_ = TF_NewStatus();
  TFE_Context* context_ = nullptr;
};

template <typename Value>
std::vector<char> BytesOf(const std::vector<Value>& values) {
  const auto* data = reinterpret_cast<const char*>(values.data());
  return {data, data + values.size() * sizeof(Value)};
}

template <typename Value>
std::vector<Value> ValuesOf(const std::vector<char>& bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void RunRank(Board& board, const std::string& library, const std::string& kind, int rank, int size) {
  TransportOptions options;
  options.rank = options.device = rank;
  options.size = size;
  std::shared_ptr<Transport> ranks = kind == "nccl" ? OpenNccl(options) : OpenSharedMemory(options);
  const std::string address = ranks->address();
  board.lengths[rank] = address.copy(board.addresses[rank], sizeof board.addresses[rank]);
  board.written.fetch_add(1);
  while (board.written.load() < size) usleep(1000);
  std::vector<std::string> addresses;
  for (int peer = 0; peer < size; ++peer) addresses.emplace_back(board.addresses[peer], board.lengths[peer]);
  ranks->connect(addresses);

  Session session;
  const int64_t id = 7;
  const auto nothing = [](TFE_Op*) {};
  const int n = 10'000;
  {
    const BoundCalls bound(ranks, library, id);
    for (const TF_DataType type : {TF_HALF, TF_BFLOAT16}) {
      const std::vector<uint16_t> shard(n, static_cast<uint16_t>(0x3c00 + rank));
      const auto whole = ValuesOf<uint16_t>(session.run("AuspexAllGather", type, BytesOf(shard), id, [&](TFE_Op* op) { TFE_OpSetAttrType(op, "T", type); }));
      Check(whole.size() == static_cast<size_t>(n * size), "the length of an all-gather");
      for (int i = 0; i < n * size; ++i) Check(whole[i] == 0x3c00 + i / n, "all-gather");
    }
    std::vector<float> parts(static_cast<size_t>(n * size));
    for (int i = 0; i < n * size; ++i) parts[i] = static_cast<float>(rank + i / n * 10);
    const auto shard = ValuesOf<float>(session.run("AuspexReduceScatter", TF_FLOAT, BytesOf(parts), id, [](TFE_Op* op) { TFE_OpSetAttrFloat(op, "scale", 0.25f); }));
    Check(shard.size() == static_cast<size_t>(n), "the length of a reduce-scatter");
    for (const float value : shard) Check(value == 0.25f * static_cast<float>(size * (size - 1) / 2 + size * rank * 10), "reduce-scatter");
    const std::vector<float> own(n, static_cast<float>(rank + 1));
    for (const float value : ValuesOf<float>(session.run("AuspexAllReduce", TF_FLOAT, BytesOf(own), id, nothing))) Check(value == static_cast<float>(size * (size + 1) / 2), "all-reduce");
    const auto largest = [&](TFE_Op* op) {
      TFE_OpSetAttrBool(op, "maximum", 1);
      TFE_OpSetAttrInt(op, "first", rank / 2 * 2);
      TFE_OpSetAttrInt(op, "ranks", 2);
    };
    for (const float value : ValuesOf<float>(session.run("AuspexAllReduce", TF_FLOAT, BytesOf(own), id, largest))) Check(value == static_cast<float>(rank / 2 * 2 + 2), "maximum within a group");
    const auto fromLast = [&](TFE_Op* op) { TFE_OpSetAttrInt(op, "root", size - 1); };
    for (const float value : ValuesOf<float>(session.run("AuspexBroadcast", TF_FLOAT, BytesOf(own), id, fromLast))) Check(value == static_cast<float>(size), "broadcast");
    session.run("AuspexAllReduce", TF_FLOAT, BytesOf(own), id + 1, nothing, "no communicator has the number 8");
    ranks->barrier(Channel::kCommunication);
    if (rank == 0) ranks->abort("enough");
    session.run("AuspexAllReduce", TF_FLOAT, BytesOf(own), id, nothing, "ABORTED: rank 0 aborted: enough");
    ranks->close();
  }
  session.run("AuspexAllReduce", TF_FLOAT, BytesOf(std::vector<float>(n)), id, nothing, "no communicator has the number 7");
}

}  // namespace

int main(int, char** arguments) {
  const int size = std::atoi(arguments[2]);
  auto* board = static_cast<Board*>(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (int rank = 0; rank < size; ++rank) {
    if (fork() != 0) continue;
    RunRank(*board, arguments[1], arguments[3], rank, size);
    std::printf("as expected\n");
    std::fflush(stdout);
    std::exit(0);
  }
  int failed = 0;
  for (int rank = 0; rank < size; ++rank) {
    int status = 0;
    wait(&status);
    if (status != 0) failed = 1;
  }
  return failed;
}
