// Collectives among GPUs. The ranks have a second communicator besides, in shared memory or by Gloo, in which they meet: they
// agree there on every call before NCCL gets it, and learn there that one of them is gone, for NCCL itself would wait forever.
#include "nccl.h"

#include <cstring>
#include <mutex>
#include <thread>

#include "nccl-channel.h"
#include "process.h"

namespace auspex {
namespace {

using Clock = std::chrono::steady_clock;

/** How often a call that NCCL has looks for ranks that are gone. */
constexpr std::chrono::milliseconds kLookTime{50};
/** But not at first: a rank may leave when it has its outputs, a moment before the others have theirs. */
constexpr std::chrono::seconds kPatience{1};

/** Which GPU a rank has, and how it meets the others: the beginning of the payload of its address. */
struct Place {
  char boot[40];
  char bus[24];
  char meeting;  // s or g
  char unused[7];
};

std::string Rank(int rank) { return "rank " + std::to_string(rank); }

/** What ranks must agree on. */
struct Agreement {
  const char* name;
  char kind;
  size_t bytes;
  int detail = 0;

  /** Equal for equal calls. */
  double fingerprint() const {
    uint64_t hash = 1469598103934665603u;
    for (const uint64_t part : {static_cast<uint64_t>(kind), static_cast<uint64_t>(bytes), static_cast<uint64_t>(detail)}) hash = (hash ^ part) * 1099511628211u;
    return static_cast<double>(hash >> 16);
  }
  std::string text() const { return std::string(name) + " of " + std::to_string(bytes) + " bytes"; }
};

/** With the GPU chosen, for what is made on it. */
const NcclLibraries& Choose(int device) {
  const NcclLibraries& api = LoadNccl();
  int count = 0;
  const cudaError_t error = api.cudaGetDeviceCount(&count);
  if (error != kCudaSuccess || device < 0 || device >= count) {
    if (error != kCudaSuccess) count = 0;
    const std::string why = error != kCudaSuccess ? std::string(" (") + api.cudaGetErrorString(error) + ")" : "";
    throw NcclMissing("there is no GPU " + std::to_string(device) + " among the " + std::to_string(count) + " that this process sees" + why +
                      "; see 'nvidia-smi' and CUDA_VISIBLE_DEVICES, or take device: cpu");
  }
  api.check(api.cudaSetDevice(device), "cudaSetDevice");
  return api;
}

std::shared_ptr<Transport> OpenMeeting(TransportOptions options) {
  options.regionBytes = 0;
  return options.meetByGloo ? OpenGloo(options) : OpenSharedMemory(options);
}

class Nccl : public NcclTransport {
 public:
  explicit Nccl(const TransportOptions& options)
      : NcclTransport(options), api_(Choose(options.device)), meeting_(OpenMeeting(options)), region_(MakePinnedMemory(api_, std::max<size_t>(64, options.regionBytes))) {
    std::memset(region_.get(), 0, options.regionBytes);
    Place place{};
    const std::string boot = BootId();
    boot.copy(place.boot, sizeof place.boot - 1);
    api_.check(api_.cudaDeviceGetPCIBusId(place.bus, sizeof place.bus, options.device), "cudaDeviceGetPCIBusId");
    place.meeting = options.meetByGloo ? 'g' : 's';
    address_ = addressWith('n', std::string(reinterpret_cast<const char*>(&place), sizeof place) + meeting_->address());
    for (Side& side : sides_) {
      side.channel = std::make_unique<NcclChannel>(api_, options.device, options.timeoutSeconds, [this, &side] { watch(side); });
    }
  }
  ~Nccl() override {
    close();
    if (releasing_.joinable()) releasing_.join();
    for (Side& side : sides_) side.channel.reset();
  }

  std::string address() const override { return address_; }
  char* region() override { return static_cast<char*>(region_.get()); }
  void abort(const std::string& reason) noexcept override { meeting_->abort(reason); }
  void checkUsable() override { meeting_->checkUsable(); }
  void checkPeers() override { meeting_->checkPeers(); }
  void giveUp(CollectiveFailure failure, int rank, const std::string& message) noexcept override { meeting_->giveUp(failure, rank, message); }

  Event makeEvent() override {
    api_.check(api_.cudaSetDevice(options().device), "cudaSetDevice");
    return MakeEvent(api_);
  }

  Event mark(cudaStream_t stream) override {
    Event event = makeEvent();
    api_.check(api_.cudaEventRecord(event.get(), stream), "cudaEventRecord");
    return event;
  }

  void wait(cudaStream_t stream, const Event& event) override {
    api_.check(api_.cudaSetDevice(options().device), "cudaSetDevice");
    api_.check(api_.cudaStreamWaitEvent(stream, event.get(), 0), "cudaStreamWaitEvent");
  }

  void place(Channel channel, StreamOrder* order) override {
    Side& side = sides_[static_cast<int>(channel)];
    std::lock_guard<std::mutex> lock(side.mutex);
    if (order != nullptr) checkUsable();
    side.channel->place(order);
  }

  void close() noexcept override {
    if (closed_.exchange(true)) return;
    bool healthy = connected();
    try {
      if (healthy) meeting_->checkUsable();
    } catch (const std::exception&) {
      healthy = false;
    }
    meeting_->close();
    try {
      // On a thread of its own: it waits for a call under way, and a moment for the other ranks.
      releasing_ = std::thread([this, healthy] {
        for (Side& side : sides_) {
          std::lock_guard<std::mutex> lock(side.mutex);
          side.channel->release(healthy);
        }
      });
    } catch (const std::exception&) {
      // The destructor gives everything back.
    }
  }

 protected:
  bool servesOne() const override { return true; }

  void join(const std::vector<std::string>& payloads) override {
    std::vector<Place> places(size());
    std::vector<std::string> addresses;
    for (int peer = 0; peer < size(); ++peer) {
      if (payloads[peer].size() < sizeof(Place)) throw ConnectError("the address of " + Rank(peer) + " is cut off");
      std::memcpy(&places[peer], payloads[peer].data(), sizeof(Place));
      if (places[peer].meeting != (options().meetByGloo ? 'g' : 's')) throw ConnectError(Rank(peer) + " was opened with another transport");
      for (int other = 0; other < peer; ++other) {
        if (std::memcmp(&places[other], &places[peer], offsetof(Place, meeting)) != 0) continue;
        throw ConnectError(Rank(other) + " and " + Rank(peer) + " have the same GPU (" + places[peer].bus + "); give each its own, by `device` or CUDA_VISIBLE_DEVICES");
      }
      addresses.push_back(payloads[peer].substr(sizeof(Place)));
    }
    meeting_->connect(addresses);
    for (int channel = 0; channel < kNumChannels; ++channel) {
      run(channel, {"the first meeting", 'f', 0}, world(), [](NcclChannel& on) { on.formAlone(); });
    }
  }

  void gather(int channel, const char* shard, char* whole, size_t bytes) override {
    run(channel, {"an all-gather", 'g', bytes}, world(), [&](NcclChannel& on) { on.allGather(world(), rank(), shard, whole, bytes); });
    countBytes(channel, (size() - 1) * bytes);
  }

  void scatter(int channel, const float* whole, float* shard, size_t elements, float scale) override {
    run(channel, {"a reduce-scatter", 's', elements * sizeof(float)}, world(),
        [&](NcclChannel& on) { on.reduceScatter(world(), rank(), whole, shard, elements, scale); });
    countBytes(channel, (size() - 1) * elements * sizeof(float));
  }

  void reduce(int channel, float* values, size_t count, Reduction reduction, Group group) override { reduceAny(channel, values, count, kNcclFloat32, reduction, group); }
  void reduce(int channel, double* values, size_t count, Reduction reduction, Group group) override { reduceAny(channel, values, count, kNcclFloat64, reduction, group); }

  void send(int channel, char* data, size_t bytes, int root) override {
    run(channel, {"a broadcast", 'b', bytes, root}, world(), [&](NcclChannel& on) { on.broadcast(world(), data, bytes, root); });
    if (rank() != root) countBytes(channel, bytes);
  }

  void meet(int channel) override {
    const auto begin = Clock::now();
    meeting_->barrier(static_cast<Channel>(channel));
    countWaiting(channel, Clock::now() - begin);
  }

 private:
  struct Side {
    std::mutex mutex;  // held by a call, and by close() while it gives everything back
    std::unique_ptr<NcclChannel> channel;
    Clock::time_point nextLook;  // at the other ranks
  };

  template <typename Element>
  void reduceAny(int channel, Element* values, size_t count, ncclDataType_t type, Reduction reduction, Group group) {
    const Agreement call{"an all-reduce", 'r', count * sizeof(Element), 2 * type + static_cast<int>(reduction)};
    run(channel, call, group, [&](NcclChannel& on) {
      if (group.size > 1) on.allReduce(group, reinterpret_cast<char*>(values), count, type, sizeof(Element), reduction);
    });
    countBytes(channel, (group.size - 1) * count * sizeof(Element));
  }

  /** The call, once all ranks of the group have come with it. Whatever it throws, the others are told. */
  void run(int channel, const Agreement& call, Group group, const std::function<void(NcclChannel&)>& body) {
    Side& side = sides_[channel];
    std::lock_guard<std::mutex> lock(side.mutex);
    const auto begin = Clock::now();
    try {
      agree(channel, *side.channel, call, group);
      body(*side.channel);
      countWaiting(channel, Clock::now() - begin);
    } catch (const NcclTimeout& timeout) {
      failed(side, CollectiveFailure::kTimedOut, -1, Rank(rank()) + " " + timeout.what());
    } catch (const NcclFailure& failure) {
      // Of another rank that is gone, its own process is told best by where the ranks meet.
      if (failure.remote) lookForTheLost(side);
      failed(side, failure.remote ? CollectiveFailure::kPeerLost : CollectiveFailure::kAborted, failure.remote ? -1 : rank(), Rank(rank()) + ": " + failure.what());
    } catch (const CollectiveError&) {
      side.channel->release(false);
      throw;
    } catch (const std::exception& error) {
      failed(side, CollectiveFailure::kAborted, rank(), Rank(rank()) + ": " + error.what());
    }
  }

  [[noreturn]] void failed(Side& side, CollectiveFailure failure, int rank, const std::string& message) {
    giveUp(failure, rank, message);
    side.channel->release(false);
    meeting_->checkUsable();  // throws what was recorded first
    throw CollectiveError(failure, rank, message);
  }

  void lookForTheLost(Side& side) {
    try {
      for (int look = 0; look < 4; ++look) {
        meeting_->checkUsable();
        meeting_->checkPeers();
        std::this_thread::sleep_for(kLookTime);
      }
    } catch (...) {
      side.channel->release(false);
      throw;
    }
  }

  /**
   * Meets the ranks of the group, and throws MISMATCHED if they came for another call. All ranks of the world meet equally
   * often, in whatever groups. If it is the group's first call, NCCL's communicator of the group is made as well, by an id of
   * its first rank.
   */
  void agree(int channel, NcclChannel& on, const Agreement& call, Group group) {
    const double fingerprint = call.fingerprint();
    const bool isWorld = group.size == size();
    const bool first = !on.has(group) && (group.size > 1 || isWorld);
    ncclUniqueId id{};
    if (first && rank() == group.first) id = on.makeId();
    double agreed[2 + sizeof id.internal] = {fingerprint, -fingerprint};
    for (size_t i = 0; i < sizeof id.internal; ++i) agreed[2 + i] = static_cast<unsigned char>(id.internal[i]);
    // The world's is made by the first call of all, so that most calls need not carry an id.
    const size_t count = isWorld && on.has(group) ? 2 : 2 + sizeof id.internal;
    meeting_->allReduce(static_cast<Channel>(channel), agreed, count, Reduction::kMax, group);
    if (agreed[0] != fingerprint || agreed[1] != -fingerprint) {
      const std::string message = "ranks came with different calls; that of " + Rank(rank()) + " was " + call.text();
      giveUp(CollectiveFailure::kMismatched, -1, message);
      meeting_->checkUsable();
      throw CollectiveError(CollectiveFailure::kMismatched, -1, message);
    }
    sides_[channel].nextLook = Clock::now() + kPatience;
    if (!first) return;
    for (size_t i = 0; i < sizeof id.internal; ++i) id.internal[i] = static_cast<char>(static_cast<unsigned char>(agreed[2 + i]));
    on.form(group, rank(), id);
  }

  /** Throws if a call that NCCL has is in vain. */
  void watch(Side& side) {
    meeting_->checkUsable();
    const auto now = Clock::now();
    if (now < side.nextLook) return;
    side.nextLook = now + kLookTime;
    meeting_->checkPeers();
  }

  const NcclLibraries& api_;
  std::shared_ptr<Transport> meeting_;
  Memory region_;
  std::string address_;
  Side sides_[kNumChannels];
  std::atomic<bool> closed_{false};
  std::thread releasing_;
};

}  // namespace

std::shared_ptr<NcclTransport> OpenNccl(const TransportOptions& options) { return std::make_shared<Nccl>(options); }

}  // namespace auspex
