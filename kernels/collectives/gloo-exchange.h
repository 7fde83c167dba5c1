// Messages between ranks over Gloo, and the end of them: one failure ends all calls of a rank, on both channels. It tells the
// others why, as well as it can, and cuts its connections, so that every one of them learns of it at once.
#pragma once
#include <gloo/transport/unbound_buffer.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "communicator.h"
#include "gloo-mesh.h"

namespace auspex {

/** Bytes for, or from, another rank. */
struct Message {
  int peer;
  char* data;
  size_t bytes;
};

/** The last message on a connection: why there will be no other. */
struct Farewell {
  CollectiveFailure failure;
  int32_t rank;
  uint32_t closing;  // of no interest to who does not wait for this rank
  char reason[496];
  uint32_t complete;  // the last bytes to arrive
};

class GlooExchange {
 public:
  GlooExchange(int rank, int size, const std::string& host, std::chrono::milliseconds timeout);
  ~GlooExchange();

  const std::vector<std::vector<std::string>>& addresses() const { return addresses_; }
  /** Per channel and rank, where that rank listens for this one. Throws std::runtime_error. */
  void connect(const std::vector<std::vector<std::string>>& addresses);

  /** A new call of the channel. All ranks begin it, though not all of them may exchange anything in it. */
  void begin(int channel);
  /**
   * Sends and receives all of them, and returns when that is done. Ranks that exchange with each other do so in the same
   * order within the call, and with the same `kind`: messages of different calls never meet. Throws CollectiveError.
   */
  void run(int channel, uint32_t kind, const std::vector<Message>& sends, const std::vector<Message>& receives);

  /** Throws the failure, if there is one. */
  void check();
  /** Throws PEER_LOST if a rank has closed or cannot be reached any more, or what it gave up for. Looks, and does not wait. */
  void checkPeers();
  /** The first failure counts: all ranks are told, and the connections cut. */
  void record(CollectiveFailure, int rank, const std::string& message) noexcept;
  void abort(const std::string& reason) noexcept;
  void close() noexcept;

 private:
  class Pending;
  struct Channel {
    std::shared_ptr<Mesh> mesh;
    std::vector<gloo::transport::UnboundBuffer*> buffers;  // of the call under way
    uint64_t call = 0, exchange = 0;                       // the latter within the call
    int awaitedPeer = -1;                                  // whom the call waits for
    std::chrono::nanoseconds waited{0};                    // and for how long
    std::vector<Farewell> farewells;                       // of each rank, once it has come
    std::vector<std::unique_ptr<gloo::transport::UnboundBuffer>> awaited;  // what they come into, in rank order
  };

  void checkLocked() const;
  CollectiveError lostTo(int peer) const;
  [[noreturn]] void fail(CollectiveFailure, int rank, const std::string& message);
  /** Wakes the calls under way. */
  void wakeLocked();
  void say(Mesh&, Farewell) noexcept;
  void awaitPeer(int channel, int peer);
  /**
   * On a thread of its own, watches what a call that waits for one rank does not see: its time, and the end of another rank.
   * If Gloo timed calls, it would close the connections before the others are told why. Time in which this process was
   * stopped does not count, because then it is this rank that was late.
   */
  void watch();
  /** Why the call under way, if there is one, cannot complete. */
  std::unique_ptr<CollectiveError> troubleLocked();

  const int rank_, size_;
  const std::chrono::milliseconds timeout_;
  std::vector<std::vector<std::string>> addresses_;
  std::mutex mutex_;  // for all below, but not held while waiting
  Channel channels_[kNumChannels];
  std::unique_ptr<CollectiveError> failure_;
  bool closed_ = false, ending_ = false;
  std::condition_variable ended_;
  std::thread watcher_;
};

}  // namespace auspex
