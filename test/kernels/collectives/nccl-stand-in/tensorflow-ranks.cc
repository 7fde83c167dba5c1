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
  std::atomic<int> written, computed;
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

  /** An exchange under way. */
  struct Started {
    TFE_TensorHandle *output, *ticket;
    TF_DataType type;
  };

  /** Starts an exchange of numbers whose tensor is deleted at once. */
  Started start(const char* name, TF_DataType type, const std::vector<char>& in, int64_t id, const std::function<void(TFE_Op*)>& set) {
    TFE_TensorHandle* input = handle(type, in);
    TFE_TensorHandle* outputs[2] = {nullptr, nullptr};
    execute(name, {input}, id, set, outputs, 2);
    succeed(name);
    TFE_DeleteTensorHandle(input);
    return {outputs[0], outputs[1], type};
  }

  /** The bytes of the output; `failure` is what it fails with, if it should. */
  std::vector<char> await(const Started& started, int64_t id, const char* failure = nullptr) {
    TFE_TensorHandle* same = nullptr;
    execute("AuspexAwait", {started.output, started.ticket}, id, [](TFE_Op*) {}, &same, 1);
    TFE_DeleteTensorHandle(started.output);
    TFE_DeleteTensorHandle(started.ticket);
    std::vector<char> bytes;
    if (failure != nullptr) {
      expect(failure);
    } else {
      succeed("AuspexAwait");
      bytes = read(same);
      settle(id);
    }
    return bytes;
  }

  std::vector<char> run(const char* name, TF_DataType type, const std::vector<char>& in, int64_t id, const std::function<void(TFE_Op*)>& set) {
    TFE_TensorHandle* input = handle(type, in);
    TFE_TensorHandle* outputs[2] = {nullptr, nullptr};
    execute(name, {input}, id, set, outputs, 2);
    succeed(name);
    const std::vector<char> bytes = await({outputs[0], outputs[1], type}, id);
    // What came in is as it was: operations that work in place do so on a copy.
    Check(read(input) == in, std::string(name) + " changed its input");
    return bytes;
  }

  /** Starting fails with the text. */
  void fail(const char* name, int64_t id, const char* failure) {
    TFE_TensorHandle* input = handle(TF_FLOAT, std::vector<char>(400));
    TFE_TensorHandle* outputs[2] = {nullptr, nullptr};
    execute(name, {input}, id, [](TFE_Op*) {}, outputs, 2);
    expect(failure);
    TFE_DeleteTensorHandle(input);
  }

  void settle(int64_t id) {
    execute("AuspexSettle", {}, id, [](TFE_Op*) {}, nullptr, 0);
    succeed("AuspexSettle");
  }

  /** Twice the numbers: what a step computes meanwhile. */
  std::vector<char> twice(const std::vector<char>& in) {
    TFE_TensorHandle *input = handle(TF_FLOAT, in), *sum = nullptr;
    TFE_Op* op = TFE_NewOp(context_, "AddV2", status_);
    for (int i = 0; i < 2; ++i) TFE_OpAddInput(op, input, status_);
    int outputs = 1;
    TFE_Execute(op, &sum, &outputs, status_);
    succeed("AddV2");
    TFE_DeleteOp(op);
    TFE_DeleteTensorHandle(input);
    return read(sum);
  }

 private:
  TFE_TensorHandle* handle(TF_DataType type, const std::vector<char>& in) {
    const int64_t count = static_cast<int64_t>(in.size() / TF_DataTypeSize(type));
    TF_Tensor* tensor = TF_AllocateTensor(type, &count, 1, in.size());
    std::memcpy(TF_TensorData(tensor), in.data(), in.size());
    TFE_TensorHandle* made = TFE_NewTensorHandle(tensor, status_);
    succeed("TFE_NewTensorHandle");
    TF_DeleteTensor(tensor);
    return made;
  }

  /** Deletes the handle. */
  std::vector<char> read(TFE_TensorHandle* of) {
    TF_Tensor* result = TFE_TensorHandleResolve(of, status_);
    succeed("TFE_TensorHandleResolve");
    const auto* data = static_cast<const char*>(TF_TensorData(result));
    std::vector<char> bytes(data, data + TF_TensorByteSize(result));
    TF_DeleteTensor(result);
    TFE_DeleteTensorHandle(of);
    return bytes;
  }

  void execute(const char* name, const std::vector<TFE_TensorHandle*>& inputs, int64_t id, const std::function<void(TFE_Op*)>& set, TFE_TensorHandle** outputs, int count) {
    TFE_Op* op = TFE_NewOp(context_, name, status_);
    succeed(name);
    for (TFE_TensorHandle* input : inputs) TFE_OpAddInput(op, input, status_);
    TFE_OpSetAttrInt(op, "communicator", id);
    set(op);
    TFE_Execute(op, outputs, &count, status_);
    TFE_DeleteOp(op);
  }

  void expect(const char* failure) {
    Check(TF_GetCode(status_) != TF_OK && std::string(TF_Message(status_)).find(failure) != std::string::npos, std::string("not the failure that was expected: ") + TF_Message(status_));
  }
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
    session.fail("AuspexAllReduce", id + 1, "no communicator has the number 8");

    // The last rank starts when the others have computed what they were given after they had started: an exchange that held
    // up its caller would never end. Memory that is given back meanwhile is not that of the exchange.
    const auto onCompute = [](TFE_Op* op) { TFE_OpSetAttrString(op, "channel", "compute", 7); };
    if (rank == size - 1) {
      while (board.computed.load() < size - 1) usleep(1000);
    }
    const Session::Started gather = session.start("AuspexAllGather", TF_FLOAT, BytesOf(own), id, [](TFE_Op* op) { TFE_OpSetAttrType(op, "T", TF_FLOAT); });
    const Session::Started beside = session.start("AuspexAllReduce", TF_FLOAT, BytesOf(own), id, onCompute);
    for (int i = 0; i < 20; ++i) {
      const std::vector<float> numbers(n, static_cast<float>(1000 + i));
      for (const float value : ValuesOf<float>(session.twice(BytesOf(numbers)))) Check(value == static_cast<float>(2000 + 2 * i), "what was computed meanwhile");
    }
    board.computed.fetch_add(1);
    for (const float value : ValuesOf<float>(session.await(beside, id))) Check(value == static_cast<float>(size * (size + 1) / 2), "all-reduce on the other channel");
    const auto gathered = ValuesOf<float>(session.await(gather, id));
    for (int i = 0; i < n * size; ++i) Check(gathered[i] == static_cast<float>(i / n + 1), "all-gather beside a computation");
    while (board.computed.load() < size) usleep(1000);

    if (rank == 0) ranks->abort("enough");
    session.await(session.start("AuspexAllReduce", TF_FLOAT, BytesOf(own), id, nothing), id, "ABORTED: rank 0 aborted: enough");
    // One that nobody awaits keeps nothing alive.
    const Session::Started forgotten = session.start("AuspexAllReduce", TF_FLOAT, BytesOf(own), id, nothing);
    ranks->close();
    TFE_DeleteTensorHandle(forgotten.output);
    TFE_DeleteTensorHandle(forgotten.ticket);
  }
  session.fail("AuspexAllReduce", id, "no communicator has the number 7");
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
