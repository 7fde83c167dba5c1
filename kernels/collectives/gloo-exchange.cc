#include "gloo-exchange.h"

#include <algorithm>
#include <cstdio>

namespace auspex {
namespace {

using Buffer = gloo::transport::UnboundBuffer;
using Clock = std::chrono::steady_clock;

/** No call has it: the number of calls would have to be all ones. */
constexpr uint64_t kFarewellSlot = ~uint64_t{0};
constexpr uint32_t kComplete = 0x5afe5afe;
/** How long a rank that gives up waits until its reason is written. */
constexpr std::chrono::milliseconds kFarewellTime{100};
/** For Gloo; our own watcher ends waits. */
constexpr std::chrono::hours kForever{24 * 365};

/** Whether the connection that the buffer waits for is gone. Looks, and does not wait. */
bool IsBroken(Buffer& buffer) {
  try {
    buffer.abortWaitRecv();
    buffer.waitRecv(std::chrono::milliseconds(1));
    return false;
  } catch (const std::exception&) {
    return true;
  }
}

std::string Rank(int rank) { return "rank " + std::to_string(rank); }

Farewell FarewellOf(CollectiveFailure failure, int rank, const std::string& reason, bool closing = false) {
  Farewell farewell{failure, rank, closing, {}, kComplete};
  reason.copy(farewell.reason, sizeof farewell.reason - 1);
  return farewell;
}

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
    channel_.awaitedPeer = -1;
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
    channel.farewells.resize(size);
    channel.awaited.resize(size);
  }
  watcher_ = std::thread([this] { watch(); });
}

GlooExchange::~GlooExchange() {
  close();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  ended_.notify_one();
  watcher_.join();
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
        std::lock_guard<std::mutex> lock(mutex_);
        checkLocked();
        Channel& channel = channels_[i];
        channel.awaited[peer] = mesh->buffer(&channel.farewells[peer], sizeof(Farewell));
        channel.awaited[peer]->recv(peer, kFarewellSlot);
      } catch (const CollectiveError&) {
        throw;
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
    // A wait that is cut short returns false; what happened is then recorded.
    for (size_t i = 0; i < receives.size(); ++i) {
      peer = receives[i].peer;
      awaitPeer(channel, peer);
      if (!incoming[i]->waitRecv(kForever)) check();
    }
    for (size_t i = 0; i < sends.size(); ++i) {
      peer = sends[i].peer;
      awaitPeer(channel, peer);
      if (!outgoing[i]->waitSend(kForever)) check();
    }
  } catch (const CollectiveError&) {
    throw;
  } catch (const std::exception&) {
    if (peer < 0) throw;  // nothing to do with another rank
    check();
    // The connection is what broke, so nothing writes there any more.
    if (const Farewell& last = channels_[channel].farewells[peer]; last.complete == kComplete) fail(last.failure, last.rank, last.reason);
    const CollectiveError lost = lostTo(peer);
    fail(lost.failure(), lost.rank(), lost.what());
  }
}

void GlooExchange::awaitPeer(int channel, int peer) {
  std::lock_guard<std::mutex> lock(mutex_);
  channels_[channel].awaitedPeer = peer;
  channels_[channel].waited = std::chrono::nanoseconds(0);
}

void GlooExchange::watch() {
  const auto tick = std::max<std::chrono::nanoseconds>(std::chrono::milliseconds(1), std::min<std::chrono::nanoseconds>(timeout_ / 16, std::chrono::milliseconds(50)));
  auto last = Clock::now();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ended_.wait_for(lock, tick, [this] { return ending_; })) {
    const auto now = Clock::now();
    for (Channel& channel : channels_) channel.waited += std::min<std::chrono::nanoseconds>(now - last, 2 * tick);
    last = now;
    if (failure_ || closed_) continue;
    if (const auto trouble = troubleLocked()) {
      lock.unlock();
      record(trouble->failure(), trouble->rank(), trouble->what());
      lock.lock();
    }
  }
}

std::unique_ptr<CollectiveError> GlooExchange::troubleLocked() {
  for (const Channel& channel : channels_) {
    if (channel.awaitedPeer < 0) continue;
    for (int peer = 0; peer < size_; ++peer) {
      if (!channel.awaited[peer]) continue;
      const bool broken = IsBroken(*channel.awaited[peer]);
      const Farewell& last = channel.farewells[peer];
      if (last.complete == kComplete && (!last.closing || peer == channel.awaitedPeer)) return std::make_unique<CollectiveError>(last.failure, last.rank, last.reason);
      if (last.complete != kComplete && broken) return std::make_unique<CollectiveError>(lostTo(peer));
    }
    if (channel.waited >= timeout_) {
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%g", static_cast<double>(timeout_.count()) * 1e-3);
      const int late = channel.awaitedPeer;
      return std::make_unique<CollectiveError>(CollectiveFailure::kTimedOut, late, Rank(rank_) + " waited " + seconds + " s for " + Rank(late));
    }
  }
  return nullptr;
}

CollectiveError GlooExchange::lostTo(int peer) const {
  return {CollectiveFailure::kPeerLost, peer, "the connection of " + Rank(rank_) + " to " + Rank(peer) + " broke, because that rank has ended or given up"};
}

void GlooExchange::check() {
  std::lock_guard<std::mutex> lock(mutex_);
  checkLocked();
}

void GlooExchange::checkPeers() {
  std::unique_ptr<CollectiveError> trouble;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    checkLocked();
    for (const Channel& channel : channels_) {
      for (int peer = 0; peer < size_ && !trouble; ++peer) {
        if (!channel.awaited[peer]) continue;
        const bool broken = IsBroken(*channel.awaited[peer]);
        const Farewell& last = channel.farewells[peer];
        if (last.complete == kComplete) {
          trouble = std::make_unique<CollectiveError>(last.failure, last.rank, last.reason);
        } else if (broken) {
          trouble = std::make_unique<CollectiveError>(lostTo(peer));
        }
      }
    }
  }
  if (trouble) fail(trouble->failure(), trouble->rank(), trouble->what());
}

void GlooExchange::checkLocked() const {
  if (failure_) throw *failure_;
  if (closed_) throw CollectiveError(CollectiveFailure::kAborted, rank_, Rank(rank_) + " has closed its communicator");
}

void GlooExchange::wakeLocked() {
  for (Channel& channel : channels_) {
    for (Buffer* buffer : channel.buffers) {
      buffer->abortWaitRecv();
      buffer->abortWaitSend();
    }
  }
}

void GlooExchange::say(Mesh& mesh, Farewell farewell) noexcept {
  std::vector<std::unique_ptr<Buffer>> sent;
  for (int peer = 0; peer < size_; ++peer) {
    if (peer == rank_) continue;
    try {
      // It is awaited there, so it is written at once, unless the connection is full or gone.
      sent.push_back(mesh.buffer(&farewell, sizeof farewell));
      sent.back()->send(peer, kFarewellSlot);
    } catch (const std::exception&) {
      if (!sent.empty()) sent.pop_back();
    }
  }
  // A full one has a moment to empty, so that nobody takes this rank for the cause. Then the cut has to do.
  const auto end = Clock::now() + kFarewellTime;
  for (const auto& buffer : sent) {
    try {
      buffer->waitSend(std::max(std::chrono::milliseconds(1), std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now())));
    } catch (const std::exception&) {
    }
  }
}

void GlooExchange::record(CollectiveFailure failure, int rank, const std::string& message) noexcept {
  std::shared_ptr<Mesh> meshes[kNumChannels];
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (failure_) return;  // whoever was first cuts
    failure_ = std::make_unique<CollectiveError>(failure, rank, message);
    wakeLocked();
    for (int i = 0; i < kNumChannels; ++i) meshes[i] = channels_[i].mesh;
  }
  for (const auto& mesh : meshes) {
    if (!mesh) continue;
    say(*mesh, FarewellOf(failure, rank, message));
    mesh->cut();
  }
}

void GlooExchange::fail(CollectiveFailure failure, int rank, const std::string& message) {
  record(failure, rank, message);
  std::lock_guard<std::mutex> lock(mutex_);
  throw *failure_;
}

void GlooExchange::abort(const std::string& reason) noexcept { record(CollectiveFailure::kAborted, rank_, Rank(rank_) + " aborted: " + reason); }

void GlooExchange::close() noexcept {
  // Dropped when nobody uses them, and not cut: what this rank has sent in calls that it completed still arrives.
  std::shared_ptr<Mesh> meshes[kNumChannels];
  std::vector<std::unique_ptr<Buffer>> awaited[kNumChannels];
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    wakeLocked();
    for (int i = 0; i < kNumChannels; ++i) {
      meshes[i] = std::move(channels_[i].mesh);
      awaited[i] = std::move(channels_[i].awaited);
    }
  }
  for (const auto& mesh : meshes) {
    if (mesh) say(*mesh, FarewellOf(CollectiveFailure::kPeerLost, rank_, Rank(rank_) + " has closed its communicator", true));
  }
}

}  // namespace auspex
