// Messages between ranks over Gloo, and the end of them: one failure ends all calls of a rank, on both channels, and closes
// its connections, so that every other rank learns of it.
#pragma once
#include <gloo/transport/unbound_buffer.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
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

class GlooExchange {
 public:
  GlooExchange(int rank, int size, const std::string& host, std::chrono::milliseconds timeout);
  ~GlooExchange() { close(); }

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
  void abort(const std::string& reason) noexcept;
  void close() noexcept;

 private:
  class Pending;
  struct Channel {
    std::shared_ptr<Mesh> mesh;
    std::vector<gloo::transport::UnboundBuffer*> buffers;  // of the call under way
    uint64_t call = 0, exchange = 0;                       // the latter within the call
  };

  void checkLocked() const;
  [[noreturn]] void fail(CollectiveFailure, int rank, const std::string& message);
  void record(CollectiveFailure, int rank, const std::string& message) noexcept;

  const int rank_, size_;
  const std::chrono::milliseconds timeout_;
  std::vector<std::vector<std::string>> addresses_;
  std::mutex mutex_;  // for all below, but not held while waiting
  Channel channels_[kNumChannels];
  std::unique_ptr<CollectiveError> failure_;
  bool closed_ = false;
};

}  // namespace auspex
