#include "gloo-exchange.h"

#include <algorithm>
#include <cstdio>

namespace auspex {
namespace {

using Buffer = gloo::transport::UnboundBuffer;
using Clock = std::chrono::steady_clock;

std::string Rank(int rank) { return "rank " + std::to_string(rank); }

}  // namespace

/** The buffers of one exchange, where abort() finds them. */
class GlooExchange::Pending {
 public:
  Pending(GlooExchange& exchange, int channel) : exchange_(exchange), channel_(exchange.channels_[channel]) {
    std::lock_guard<std::mutex> lock(exchange_.mutex_);
    exchange_.checkLocked();
    mesh_ = channel_.mesh;
    slot = (channel_.call << 48) | (channel_.exchange++ & 0xffff) << 32;
  }
  ~Pending() {
    std::lock_guard<std::mutex> lock(exchange_.mutex_);
    channel_.buffers.clear();
  }

  Buffer& add(const Message& message) {
    buffers_.push_back(mesh_->buffer(message.data, message.bytes));
    std::lock_guard<std::mutex> lock(exchange_.mutex_);
    exchange_.checkLocked();
    channel_.buffers.push_back(buffers_.back().get());
    return *buffers_.back();
  }

  uint64_t slot;

 private:
  GlooExchange& exchange_;
  Channel& channel_;
  std::shared_ptr<Mesh> mesh_;  // so that close() does not take it away
  std::vector<std::unique_ptr<Buffer>> buffers_;
};

GlooExchange::GlooExchange(int rank, int size, const std::string& host, std::chrono::milliseconds timeout) : rank_(rank), size_(size), timeout_(timeout) {
  const auto device = OpenDevice(host);
  // Connections of their own for each channel: a large message of one does not hold up the small ones of the other.
  for (Channel& channel : channels_) {
    channel.mesh = std::make_shared<Mesh>(device, rank, size, timeout);
    addresses_.push_back(channel.mesh->addresses());
  }
}

void GlooExchange::connect(const std::vector<std::vector<std::string>>& addresses) {
  for (int i = 0; i < kNumChannels; ++i) {
    std::shared_ptr<Mesh> mesh;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      checkLocked();
      mesh = channels_[i].mesh;
    }
    for (int peer = 0; peer < size_; ++peer) {
      if (peer == rank_) continue;
      try {
        mesh->connect(peer, addresses[i][peer]);
      } catch (const std::exception& error) {
        throw std::runtime_error(Rank(peer) + " cannot be reached: " + error.what());
      }
    }
  }
}

void GlooExchange::begin(int channel) {
  std::lock_guard<std::mutex> lock(mutex_);
  ++channels_[channel].call;
  channels_[channel].exchange = 0;
}

void GlooExchange::run(int channel, uint32_t kind, const std::vector<Message>& sends, const std::vector<Message>& receives) {
  int peer = -1;
  auto began = Clock::now();
  try {
    Pending pending(*this, channel);
    const uint64_t slot = pending.slot | kind;
    std::vector<Buffer*> incoming, outgoing;
    for (const Message& message : receives) {
      peer = message.peer;
      incoming.push_back(&pending.add(message));
      incoming.back()->recv(peer, slot);
    }
    for (const Message& message : sends) {
      peer = message.peer;
      outgoing.push_back(&pending.add(message));
      outgoing.back()->send(peer, slot);
    }
    // A wait that is cut short by abort() or close() returns false; what happened is then recorded.
    for (size_t i = 0; i < receives.size(); ++i) {
      peer = receives[i].peer;
      began = Clock::now();
      if (!incoming[i]->waitRecv(timeout_)) check();
    }
    for (size_t i = 0; i < sends.size(); ++i) {
      peer = sends[i].peer;
      began = Clock::now();
      if (!outgoing[i]->waitSend(timeout_)) check();
    }
  } catch (const CollectiveError&) {
    throw;
  } catch (const std::exception& error) {
    check();
    if (Clock::now() - began >= timeout_) {
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%g", static_cast<double>(timeout_.count()) * 1e-3);
      fail(CollectiveFailure::kTimedOut, peer, Rank(rank_) + " waited " + seconds + " s for " + Rank(peer));
    }
    fail(CollectiveFailure::kPeerLost, peer, "the connection of " + Rank(rank_) + " to " + Rank(peer) + " broke, because that rank has ended or given up");
  }
}

void GlooExchange::check() {
  std::lock_guard<std::mutex> lock(mutex_);
  checkLocked();
}

void GlooExchange::checkLocked() const {
  if (failure_) throw *failure_;
  if (closed_) throw CollectiveError(CollectiveFailure::kAborted, rank_, Rank(rank_) + " has closed its communicator");
}

void GlooExchange::record(CollectiveFailure failure, int rank, const std::string& message) noexcept {
  std::shared_ptr<Mesh> meshes[kNumChannels];
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!failure_) failure_ = std::make_unique<CollectiveError>(failure, rank, message);
    for (int i = 0; i < kNumChannels; ++i) {
      for (Buffer* buffer : channels_[i].buffers) {
        buffer->abortWaitRecv();
        buffer->abortWaitSend();
      }
      meshes[i] = channels_[i].mesh;
    }
  }
  for (const auto& mesh : meshes) {
    if (mesh) mesh->cut();
  }
}

void GlooExchange::fail(CollectiveFailure failure, int rank, const std::string& message) {
  record(failure, rank, message);
  std::lock_guard<std::mutex> lock(mutex_);
  throw *failure_;
}

void GlooExchange::abort(const std::string& reason) noexcept { record(CollectiveFailure::kAborted, rank_, Rank(rank_) + " aborted: " + reason); }

void GlooExchange::close() noexcept {
  // Dropped when nobody uses them: what this rank has sent in calls that it completed still arrives.
  std::shared_ptr<Mesh> meshes[kNumChannels];
  std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  for (int i = 0; i < kNumChannels; ++i) {
    for (Buffer* buffer : channels_[i].buffers) {
      buffer->abortWaitRecv();
      buffer->abortWaitSend();
    }
    meshes[i] = std::move(channels_[i].mesh);
  }
}

}  // namespace auspex
