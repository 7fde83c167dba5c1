// What both transports share: how they are opened and connected, the checks of every call, and counting.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "communicator.h"

namespace auspex {

struct TransportOptions {
  int rank = 0, size = 1;
  size_t regionBytes = 0;
  double timeoutSeconds = 30;
  std::string host;  // Gloo: the name or address that the other ranks reach this one by
  int device = 0;    // NCCL: the GPU, as the process counts them
  bool meetByGloo = false;  // NCCL: where the ranks meet; in shared memory otherwise
};

/** Ranks that cannot become one communicator: other sizes, another version, an address that leads nowhere. */
class ConnectError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/** Auspex was built without Gloo. */
class GlooMissing : public std::runtime_error {
 public:
  GlooMissing()
      : std::runtime_error(
            "this Auspex was built without Gloo, which ranks on several hosts need; install it with 'sudo apt-get install -y libgloo-dev', then run "
            "'npm run build:native'") {}
};

/** A communicator of one transport: open, exchange the addresses by whatever means, connect, call. */
class Transport : public Communicator {
 public:
  explicit Transport(const TransportOptions& options);

  /** What the other ranks need to know of this one. */
  virtual std::string address() const = 0;
  /** Blocks until all ranks can be reached. Throws ConnectError, or CollectiveError for one that does not answer. */
  void connect(const std::vector<std::string>& addresses);
  bool connected() const { return connected_.load(std::memory_order_acquire); }

  size_t regionBytes() const final { return options_.regionBytes; }
  using Communicator::allReduce;
  void allGather(Channel, const void* shard, void* whole, size_t bytesPerRank) final;
  void reduceScatter(Channel, const float* whole, float* shard, size_t elementsPerRank, float scale) final;
  void allReduce(Channel, float* values, size_t count, Reduction, Group) final;
  void allReduce(Channel, double* values, size_t count, Reduction, Group) final;
  void broadcast(Channel, void* data, size_t bytes, int root) final;
  void barrier(Channel) final;
  Statistics statistics() const final;

  /** Throws if no call is possible (any more). */
  virtual void checkUsable() = 0;
  /** Throws PEER_LOST if a rank has ended or closed its communicator. Looks, and does not wait. */
  virtual void checkPeers() = 0;
  /** Every pending and later call throws this, on every rank that can be reached. The first failure counts. */
  virtual void giveUp(CollectiveFailure, int rank, const std::string& message) noexcept = 0;

 protected:
  using Clock = std::chrono::steady_clock;

  /** `addresses` without what CheckAddresses has looked at. */
  virtual void join(const std::vector<std::string>& payloads) = 0;
  /** Whether calls of a single rank come to the functions below, too: its memory may be where the host cannot copy it. */
  virtual bool servesOne() const { return false; }
  // With at least two ranks, and at least one byte. Elements of an all-reduce are `Element`.
  virtual void gather(int channel, const char* shard, char* whole, size_t bytes) = 0;
  virtual void scatter(int channel, const float* whole, float* shard, size_t elements, float scale) = 0;
  virtual void reduce(int channel, float* values, size_t count, Reduction, Group) = 0;
  virtual void reduce(int channel, double* values, size_t count, Reduction, Group) = 0;
  virtual void send(int channel, char* data, size_t bytes, int root) = 0;
  virtual void meet(int channel) = 0;

  /** The first bytes of an address, and what the transport adds. */
  std::string addressWith(char transport, const std::string& payload) const;
  void countBytes(int channel, size_t bytes) { counters_[channel].bytes.fetch_add(bytes, std::memory_order_relaxed); }
  void countWaiting(int channel, Clock::duration time) {
    counters_[channel].nanoseconds.fetch_add(std::chrono::nanoseconds(time).count(), std::memory_order_relaxed);
  }
  const TransportOptions& options() const { return options_; }

 private:
  struct alignas(64) Counters {
    std::atomic<uint64_t> calls{0}, bytes{0}, nanoseconds{0};
    std::atomic<bool> busy{false};
  };
  /** The time of one call, in which nobody else may use the channel. */
  class Call {
   public:
    Call(Transport& transport, Channel channel);
    ~Call() { counters_.busy.store(false, std::memory_order_release); }
    const int channel;

   private:
    Counters& counters_;
  };
  template <typename Element>
  void reduceChecked(Channel, Element* values, size_t count, Reduction, Group);

  TransportOptions options_;
  std::atomic<bool> connected_{false};
  Counters counters_[kNumChannels];
};

std::shared_ptr<Transport> OpenSharedMemory(const TransportOptions&);
/** Throws GlooMissing. */
std::shared_ptr<Transport> OpenGloo(const TransportOptions&);
bool HasGloo();

}  // namespace auspex
