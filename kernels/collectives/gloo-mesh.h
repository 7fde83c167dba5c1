// Connections of one rank with all others by Gloo's TCP transport, without Gloo's store: the addresses go wherever ours go.
#pragma once
#include <gloo/transport/context.h>
#include <gloo/transport/device.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace auspex {

class Mesh {
 public:
  /** Listens for each of the other ranks. */
  Mesh(std::shared_ptr<gloo::transport::Device> device, int rank, int size, std::chrono::milliseconds timeout);

  /** Where each other rank reaches this one, in rank order; nothing at this rank's place. */
  std::vector<std::string> addresses() const;
  /** `address` is what the peer listens at for this rank. Blocks. */
  void connect(int peer, const std::string& address);

  std::unique_ptr<gloo::transport::UnboundBuffer> buffer(void* data, size_t bytes) { return context_->createUnboundBuffer(data, bytes); }

  /** At once, so that peers learn of it; what was sent and not yet read may be lost. The destructor is the gentle way. */
  void cut() noexcept;

 private:
  int rank_, size_;
  std::shared_ptr<gloo::transport::Device> device_;
  std::shared_ptr<gloo::transport::Context> context_;
};

/** Throws std::runtime_error if the host's name is not one of this machine's own. */
std::shared_ptr<gloo::transport::Device> OpenDevice(const std::string& host);

// Texts in a row, each after its length.
std::string Pack(const std::vector<std::string>& texts);
/** Throws std::runtime_error if that is not what Pack made. */
std::vector<std::string> Unpack(const std::string& packed);

}  // namespace auspex
