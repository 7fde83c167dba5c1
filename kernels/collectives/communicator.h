// What ranks do together. One interface for ranks of one host (shared memory) and of several (Gloo); whoever calls it does
// not know which. It knows nothing of JavaScript: register.h has that side.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace auspex {

/**
 * Two independent sequences of collectives. Within a channel all ranks issue the same calls in the same order, one at a time
 * and from one thread at a time; the two channels may be used by two threads at once.
 */
enum class Channel { kCompute, kCommunication };
constexpr int kNumChannels = 2;

enum class Reduction { kSum, kMax };

/** Consecutive ranks first .. first + size - 1. */
struct Group {
  int first, size;
};

enum class CollectiveFailure {
  kPeerLost,    // a rank ended, closed its communicator, or its connection broke
  kTimedOut,    // a rank did not come to the call in time
  kAborted,     // abort() or close() of a rank
  kMismatched,  // ranks issued different calls; noticed in shared memory only, by Gloo they wait for each other and time out
};

/** A collective that cannot complete, on this rank or on another. The communicator is of no use any more: open a new one. */
class CollectiveError : public std::runtime_error {
 public:
  CollectiveError(CollectiveFailure failure, int rank, const std::string& message) : std::runtime_error(message), failure_(failure), rank_(rank) {}
  CollectiveFailure failure() const { return failure_; }
  /** PEER_LOST, TIMED_OUT, ABORTED or MISMATCHED. */
  const char* code() const;
  /** The rank that is lost, late, or that aborted; -1 where that is not known. */
  int rank() const { return rank_; }

 private:
  CollectiveFailure failure_;
  int rank_;
};

struct ChannelStatistics {
  uint64_t calls = 0;
  uint64_t bytes = 0;         // read from other ranks
  double waitingSeconds = 0;  // for other ranks to come or to finish
};

struct Statistics {
  ChannelStatistics channels[kNumChannels];
};

/**
 * Every call is made by all ranks, and returns when this rank has its outputs and may change its inputs. Every one throws
 * CollectiveError. Pointers need the alignment of their elements only.
 */
class Communicator {
 public:
  Communicator(int rank, int size) : rank_(rank), size_(size) {}
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  Group world() const { return {0, size_}; }

  /**
   * Memory of this rank that collectives read in place where they can: shards and gradients live in it. 64-byte aligned,
   * zero at first, of the same size on every rank, and valid as long as this object. Any pointer may be given to any call;
   * inputs of allGather, reduceScatter and broadcast that lie in the region save a copy.
   */
  virtual char* region() = 0;
  virtual size_t regionBytes() const = 0;

  /** whole = the shards of all ranks, in rank order. `shard` may be this rank's part of `whole`. */
  virtual void allGather(Channel, const void* shard, void* whole, size_t bytesPerRank) = 0;

  /** shard = scale * the sum over ranks, in rank order, of this rank's part of `whole` (size() parts). They may not overlap. */
  virtual void reduceScatter(Channel, const float* whole, float* shard, size_t elementsPerRank, float scale) = 0;

  /**
   * In place; the same bits on every rank of a group, because all sum in rank order. All ranks call, each with the group
   * that it belongs to (of one rank, if it has nobody to share with); the groups of one call do not overlap.
   */
  virtual void allReduce(Channel, float* values, size_t count, Reduction, Group) = 0;
  virtual void allReduce(Channel, double* values, size_t count, Reduction, Group) = 0;
  void allReduce(Channel channel, float* values, size_t count, Reduction reduction) { allReduce(channel, values, count, reduction, world()); }
  void allReduce(Channel channel, double* values, size_t count, Reduction reduction) { allReduce(channel, values, count, reduction, world()); }

  virtual void broadcast(Channel, void* data, size_t bytes, int root) = 0;
  virtual void barrier(Channel) = 0;

  /** From any thread: every pending and later call on every rank that can be reached throws CollectiveError. */
  virtual void abort(const std::string& reason) noexcept = 0;

  /**
   * From any thread: this rank takes no further part. Its own pending and later calls throw ABORTED; a rank that waits for
   * it gets PEER_LOST, while one that already has all it needs from it is not disturbed.
   */
  virtual void close() noexcept = 0;

  virtual Statistics statistics() const = 0;

 private:
  int rank_, size_;
};

}  // namespace auspex
