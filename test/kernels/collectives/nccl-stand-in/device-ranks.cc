// Ranks as processes, without JavaScript, on memory of GPUs: of the stand-in's, where a host that followed its pointers would
// crash, or of real ones (npm run accept:gpu). `device-ranks SIZE` checks results and prints a line for each rank; anything
// unexpected ends a rank with another status. `device-ranks SIZE time MEGABYTES` prints what the first rank measured;
// `device-ranks 1 careless MISTAKE` does what the stand-in has to notice; `device-ranks SIZE stalled` expects that GPUs stop,
// and `device-ranks 2 lost` that the second rank is killed meanwhile.
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "../../../../kernels/collectives/device.h"
#include "../../../../kernels/collectives/exchanges.h"
#include "stand-in.h"

using namespace auspex;

namespace {

constexpr int kMostRanks = 64;  // GPUs of a machine

struct Board {  // where the ranks find each other's addresses
  std::atomic<int> written, computed, awaited, issued;
  size_t lengths[kMostRanks];
  char addresses[kMostRanks][4096];
};

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "device-ranks: %s\n", what);
  std::exit(1);
}

/** Floats on the GPU, and their way there and back on a stream of the caller's. */
class Floats {
 public:
  Floats(const NcclLibraries& api, cudaStream_t stream, size_t count)
      : api_(api), stream_(stream), count_(count), device_(MakeDeviceMemory(api, count * 4)), pinned_(MakePinnedMemory(api, count * 4)) {}
  float* device() const { return static_cast<float*>(device_.get()); }
  template <typename Value>
  void fill(const Value& value) {
    for (size_t i = 0; i < count_; ++i) host()[i] = value(i);
    api_.check(api_.cudaMemcpyAsync(device(), host(), count_ * 4, kMemcpyDefault, stream_), "fill");
  }
  void copyOut() { api_.check(api_.cudaMemcpyAsync(host(), device(), count_ * 4, kMemcpyDefault, stream_), "expect"); }
  template <typename Value>
  void expect(const char* what, const Value& value) {
    copyOut();
    api_.cudaStreamSynchronize(stream_);
    for (size_t i = 0; i < count_; ++i) Check(host()[i] == value(i), what);
  }

 private:
  float* host() const { return static_cast<float*>(pinned_.get()); }
  const NcclLibraries& api_;
  cudaStream_t stream_;
  size_t count_;
  Memory device_, pinned_;
};

void RunChannel(NcclTransport& ranks, Exchanges& exchanges, Channel channel, const NcclLibraries& api, int rank, int size) {
  api.check(api.cudaSetDevice(rank), "cudaSetDevice");
  const size_t n = 300'000;
  const Stream stream = MakeStream(api);
  // In the order of the stream: inputs are still on their way when a call is made, and its outputs when it returns.
  const auto exchange = [&](const Exchanges::Call& call) { exchanges.await(exchanges.start(channel, stream.get(), call), stream.get()); };
  Floats part(api, stream.get(), n), whole(api, stream.get(), n * size), own(api, stream.get(), n), sum(api, stream.get(), n);
  for (int round = 0; round < 5; ++round) {
    part.fill([&](size_t i) { return static_cast<float>(rank * 100 + round + static_cast<int>(i % 7)); });
    exchange([&](Transport& on) { on.allGather(channel, part.device(), whole.device(), n * 4); });
    whole.expect("all-gather", [&](size_t i) { return static_cast<float>(static_cast<int>(i / n) * 100 + round + static_cast<int>(i % n % 7)); });
    exchange([&](Transport& on) { on.reduceScatter(channel, whole.device(), own.device(), n, 0.5f); });
    own.expect("reduce-scatter", [&](size_t i) { return 0.5f * static_cast<float>(size * (rank * 100 + round + static_cast<int>(i % 7))); });
    sum.fill([&](size_t i) { return static_cast<float>(rank + static_cast<int>(i % 3)); });
    exchange([&](Transport& on) { on.allReduce(channel, sum.device(), n, Reduction::kSum, on.world()); });
    sum.expect("all-reduce", [&](size_t i) { return static_cast<float>(size * (size - 1) / 2 + size * static_cast<int>(i % 3)); });
    part.fill([&](size_t) { return static_cast<float>(rank); });
    exchange([&](Transport& on) { on.broadcast(channel, part.device(), n * 4, size - 1); });
    part.expect("broadcast", [&](size_t) { return static_cast<float>(size - 1); });
    exchanges.settle();
    // Some on the host, some on the GPU; bf16 and f16 travel as bytes.
    std::vector<uint16_t> halves(1000, static_cast<uint16_t>(0x3f80 + rank)), all(1000 * static_cast<size_t>(size));
    ranks.allGather(channel, halves.data(), all.data(), 2000);
    for (size_t i = 0; i < all.size(); ++i) Check(all[i] == 0x3f80 + i / 1000, "all-gather of the host");
    std::vector<float> shard(n);
    ranks.reduceScatter(channel, whole.device(), shard.data(), n, 1);
    Check(shard[1] == static_cast<float>(size * (rank * 100 + round + 1)), "reduce-scatter from the GPU to the host");
    ranks.barrier(channel);
  }
}

using Hold = void (*)(cudaStream_t stream, const std::atomic<int>* until);

/** The stand-in's way to keep a stream from going on; null on GPUs. */
Hold FindHold() {
  void* library = dlopen(std::getenv("AUSPEX_CUDART") != nullptr ? std::getenv("AUSPEX_CUDART") : "libcudart.so.12", RTLD_NOW | RTLD_LOCAL);
  return library != nullptr ? reinterpret_cast<Hold>(dlsym(library, "StandInHold")) : nullptr;
}

/**
 * An exchange and what is computed after it was started: the stream of the last rank stands still until the others have
 * computed and its own thread has gone on, so that an exchange that held up threads or streams would never end.
 */
void RunBeside(Board& board, Exchanges& exchanges, const NcclLibraries& api, int rank, int size) {
  api.check(api.cudaSetDevice(rank), "cudaSetDevice");
  const size_t n = 300'000;
  const Channel channel = Channel::kCommunication;
  const Stream stream = MakeStream(api);
  const bool isLast = rank == size - 1;
  Floats part(api, stream.get(), n), next(api, stream.get(), n), whole(api, stream.get(), n * size), whole2(api, stream.get(), n * size), other(api, stream.get(), n);
  exchanges.takeSpans();
  const Hold hold = FindHold();
  const auto until = [](const std::atomic<int>& flag) {
    while (flag.load() == 0) usleep(1000);
  };
  if (isLast && size > 1) {
    if (hold != nullptr) {
      hold(stream.get(), &board.computed);
    } else {
      until(board.computed);
    }
  }
  part.fill([&](size_t i) { return static_cast<float>(rank * 10 + static_cast<int>(i % 5)); });
  next.fill([&](size_t) { return static_cast<float>(rank); });
  // Two under way at once, as a step has a unit's gather and the next one's.
  const int64_t first = exchanges.start(channel, stream.get(), [&](Transport& on) { on.allGather(channel, part.device(), whole.device(), n * 4); });
  const int64_t second = exchanges.start(channel, stream.get(), [&](Transport& on) { on.allGather(channel, next.device(), whole2.device(), n * 4); });
  other.fill([&](size_t i) { return static_cast<float>(i % 11); });
  if (!isLast) {
    other.expect("what was computed meanwhile", [](size_t i) { return static_cast<float>(i % 11); });
    Check(exchanges.takeSpans().empty(), "the exchange was over before the last rank had come to it");
    // The last rank's thread awaits what its stream has not come to.
    if (hold != nullptr) until(board.awaited);
    if (rank == 0) board.computed.store(1);
  }
  exchanges.await(first, stream.get());
  if (isLast) board.awaited.store(1);
  // From here on the memory of what was sent may be another's, in the order of the stream.
  const auto overwrite = [&](const Floats& sent) { api.check(api.cudaMemcpyAsync(sent.device(), other.device(), n * 4, kMemcpyDefault, stream.get()), "copy"); };
  overwrite(part);
  whole.expect("all-gather beside work", [&](size_t i) { return static_cast<float>(static_cast<int>(i / n) * 10 + static_cast<int>(i % n % 5)); });
  exchanges.await(second, stream.get());
  overwrite(next);
  whole2.expect("the next all-gather", [&](size_t i) { return static_cast<float>(i / n); });
  exchanges.settle();
  Check(exchanges.takeSpans().size() == 2, "the spans of two exchanges");
}

/** What the stand-in must not let pass, on one rank whose stream never goes on. */
void RunCareless(Exchanges& exchanges, const NcclLibraries& api, const std::string& mistake) {
  api.check(api.cudaSetDevice(0), "cudaSetDevice");
  const size_t n = 1000;
  const Channel channel = Channel::kCommunication;
  const Stream stream = MakeStream(api);
  const std::atomic<int> never{0};
  Floats part(api, stream.get(), n), whole(api, stream.get(), n);
  const Hold hold = FindHold();
  Check(hold != nullptr, "this needs the stand-in");
  hold(stream.get(), &never);
  part.fill([](size_t) { return 1.0f; });
  const bool isMarked = mistake != "no mark";
  const int64_t number = exchanges.start(channel, isMarked ? stream.get() : nullptr, [&](Transport& on) { on.allGather(channel, part.device(), whole.device(), n * 4); });
  if (mistake == "used early") whole.copyOut();
  if (mistake == "given back early") part.fill([](size_t) { return 2.0f; });
  exchanges.await(number, mistake == "used early" || isMarked ? stream.get() : nullptr);
  exchanges.settle();
}

std::string Failure(const std::function<void()>& body) {
  try {
    body();
    return "nothing";
  } catch (const CollectiveError& error) {
    return error.code();
  }
}

/** A GPU that stops in a call which was awaited already: whoever settles learns of it, and the caller's stream goes on. */
void RunStalled(Exchanges& exchanges, const NcclLibraries& api, int rank, int size) {
  api.check(api.cudaSetDevice(rank), "cudaSetDevice");
  const size_t n = 1000;
  const Channel channel = Channel::kCommunication;
  const Stream stream = MakeStream(api);
  Floats part(api, stream.get(), n), whole(api, stream.get(), n * size);
  const auto gather = [&] {
    exchanges.await(exchanges.start(channel, stream.get(), [&](Transport& on) { on.allGather(channel, part.device(), whole.device(), n * 4); }), stream.get());
  };
  part.fill([](size_t) { return 1.0f; });
  Check(Failure(gather) == "nothing", "an exchange was over before its GPU came to it");
  Check(Failure([&] { exchanges.settle(); }) == "TIMED_OUT", "nobody said that a GPU has stopped");
  api.cudaStreamSynchronize(stream.get());
  Check(Failure(gather) == "TIMED_OUT", "a call after a failure");
}

/**
 * The second rank is killed in a call that the first has awaited, and behind which its thread gives the stream more than that takes: it
 * then waits within CUDA, which keeps every other thread out of CUDA, until NCCL gives up.
 */
void RunLost(Board& board, Exchanges& exchanges, const NcclLibraries& api, int rank) {
  api.check(api.cudaSetDevice(rank), "cudaSetDevice");
  const size_t n = 1000;
  const int most = static_cast<int>(stand_in::kMostPending);
  const Channel channel = Channel::kCommunication;
  const Stream stream = MakeStream(api);
  Floats part(api, stream.get(), n), whole(api, stream.get(), n * 2);
  part.fill([](size_t) { return 1.0f; });
  api.cudaStreamSynchronize(stream.get());
  exchanges.await(exchanges.start(channel, stream.get(), [&](Transport& on) { on.allGather(channel, part.device(), whole.device(), n * 4); }), stream.get());
  if (rank == 1) {
    while (board.issued.load() < most - 1) usleep(1000);
    raise(SIGKILL);
  }
  for (int i = 0; i < 2 * most; ++i) {
    part.copyOut();
    board.issued.store(i + 1);
  }
  Check(Failure([&] { exchanges.settle(); }) == "PEER_LOST", "nobody said that a rank is gone");
  api.cudaStreamSynchronize(stream.get());
}

/** Seconds of the body, the least of five runs after one that does not count. */
template <typename Body>
double Seconds(const Body& body) {
  double least = 1e9;
  for (int run = 0; run < 6; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    if (run > 0) least = std::min(least, time.count());
  }
  return least;
}

/** Bus bandwidth as NCCL's own tests count it: what each link carries, so that numbers of different sizes compare. */
void Time(NcclTransport& ranks, const NcclLibraries& api, int rank, int size, size_t megabytes) {
  api.check(api.cudaSetDevice(rank), "cudaSetDevice");
  const size_t part = (megabytes << 20) / static_cast<size_t>(size) / 4;
  const Stream stream = MakeStream(api);
  Floats own(api, stream.get(), part), whole(api, stream.get(), part * size), copied(api, stream.get(), part * size);
  own.fill([](size_t) { return 1.0f; });
  whole.fill([](size_t) { return 1.0f; });
  copied.fill([](size_t) { return 1.0f; });
  api.cudaStreamSynchronize(stream.get());
  const double bytes = static_cast<double>(part) * 4 * size, links = static_cast<double>(size - 1) / size;
  const auto print = [&](const char* what, double seconds, double bus) {
    if (rank == 0) std::printf("%s %.6f %.3f\n", what, seconds, bus * bytes / seconds * 1e-9);
  };
  const auto gather = [&] { ranks.allGather(Channel::kCommunication, own.device(), whole.device(), part * 4); };
  const double gathers = Seconds(gather);
  print("all-gather", gathers, links);
  print("reduce-scatter", Seconds([&] { ranks.reduceScatter(Channel::kCommunication, whole.device(), own.device(), part, 1); }), links);
  print("all-reduce", Seconds([&] { ranks.allReduce(Channel::kCommunication, whole.device(), part * size, Reduction::kMax, ranks.world()); }), 2 * links);
  print("broadcast", Seconds([&] { ranks.broadcast(Channel::kCommunication, whole.device(), part * size * 4, 0); }), 1);
  // Whether work on another stream goes on meanwhile: copies within the GPU stand for a step's computation.
  const auto compute = [&] {
    for (int i = 0; i < 20; ++i) api.check(api.cudaMemcpyAsync(copied.device(), copied.device() + part * (size - 1), part * 4, kMemcpyDefault, stream.get()), "copy");
  };
  print("copies", Seconds([&] { compute(); api.cudaStreamSynchronize(stream.get()); }), 40.0 / size);
  print("copies-and-all-gather", Seconds([&] { compute(); gather(); api.cudaStreamSynchronize(stream.get()); }), links);
}

void RunRank(Board& board, int rank, int size, size_t timedMegabytes, const std::string& mistake) {
  TransportOptions options;
  options.rank = options.device = rank;
  options.size = size;
  options.regionBytes = 4096;
  if (mistake == "stalled") options.timeoutSeconds = 1;
  const auto ranks = OpenNccl(options);
  const std::string address = ranks->address();
  board.lengths[rank] = address.copy(board.addresses[rank], sizeof board.addresses[rank]);
  board.written.fetch_add(1);
  while (board.written.load() < size) usleep(1000);
  std::vector<std::string> addresses;
  for (int peer = 0; peer < size; ++peer) addresses.emplace_back(board.addresses[peer], board.lengths[peer]);
  std::thread([&] { ranks->connect(addresses); }).join();  // on another thread than opened it, which has chosen no GPU
  if (timedMegabytes > 0) {
    Time(*ranks, LoadNccl(), rank, size, timedMegabytes);
    ranks->close();
    return;
  }
  {
    Exchanges exchanges(ranks);
    if (mistake == "stalled") {
      RunStalled(exchanges, LoadNccl(), rank, size);
      return ranks->close();
    }
    if (mistake == "lost") {
      RunLost(board, exchanges, LoadNccl(), rank);
      return ranks->close();
    }
    if (!mistake.empty()) return RunCareless(exchanges, LoadNccl(), mistake);
    std::thread computes([&] { RunChannel(*ranks, exchanges, Channel::kCompute, LoadNccl(), rank, size); });
    RunChannel(*ranks, exchanges, Channel::kCommunication, LoadNccl(), rank, size);
    computes.join();
    RunBeside(board, exchanges, LoadNccl(), rank, size);
    ranks->close();
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string mode = count > 2 ? arguments[2] : "";
  const std::string mistake = mode == "stalled" || mode == "lost" ? mode : count > 3 && mode == "careless" ? arguments[3] : "";
  const size_t timedMegabytes = count > 3 && mistake.empty() ? static_cast<size_t>(std::atol(arguments[3])) : 0;
  const int size = std::atoi(arguments[1]);
  Check(size <= kMostRanks, "there is no room for so many ranks");
  auto* board = static_cast<Board*>(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  for (int rank = 0; rank < size; ++rank) {
    if (fork() != 0) continue;
    RunRank(*board, rank, size, timedMegabytes, mistake);
    if (timedMegabytes == 0) std::printf("as expected\n");
    std::fflush(stdout);
    std::exit(0);
  }
  int failed = 0;
  for (int rank = 0; rank < size; ++rank) {
    int status = 0;
    wait(&status);
    const bool isLost = mode == "lost" && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (status != 0 && !isLost) failed = 1;
  }
  return failed;
}
