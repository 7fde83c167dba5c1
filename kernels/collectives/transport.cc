#include "transport.h"

#include <cstring>

namespace auspex {
namespace {

/** Raised whenever ranks of two versions could not work together. */
constexpr uint32_t kVersion = 1;
constexpr char kMagic[8] = {'a', 'u', 's', 'p', 'e', 'x', 'C', '\0'};

/** How every address begins. */
struct AddressHeader {
  char magic[8];
  uint32_t version;
  char transport;
  char unused[3];
  int32_t rank, size;
  uint64_t regionBytes;
};

std::string Number(uint64_t number) { return std::to_string(number); }

/** Throws ConnectError with the first thing in which `theirs` does not fit to `ours`; `rank` is whose it should be. */
void CheckHeader(const AddressHeader& ours, const AddressHeader& theirs, int rank) {
  const std::string who = "rank " + Number(rank);
  if (std::memcmp(theirs.magic, kMagic, sizeof kMagic) != 0) throw ConnectError("the address of " + who + " is no address of a communicator");
  if (theirs.version != kVersion) {
    throw ConnectError(who + " runs another version of Auspex (collectives " + Number(theirs.version) + ", here " + Number(kVersion) + ")");
  }
  if (theirs.transport != ours.transport) throw ConnectError(who + " was opened with another transport");
  if (theirs.size != ours.size) throw ConnectError(who + " was opened for " + Number(theirs.size) + " ranks, this one for " + Number(ours.size));
  if (theirs.rank != rank) throw ConnectError("the address of " + who + " is that of rank " + Number(theirs.rank) + "; give them in rank order");
  if (theirs.regionBytes != ours.regionBytes) {
    throw ConnectError(who + " has a region of " + Number(theirs.regionBytes) + " bytes, this one of " + Number(ours.regionBytes));
  }
}

}  // namespace

const char* CollectiveError::code() const {
  switch (failure_) {
    case CollectiveFailure::kPeerLost: return "PEER_LOST";
    case CollectiveFailure::kTimedOut: return "TIMED_OUT";
    case CollectiveFailure::kMismatched: return "MISMATCHED";
    default: return "ABORTED";
  }
}

Transport::Transport(const TransportOptions& options) : Communicator(options.rank, options.size), options_(options) {
  if (options.size < 1 || options.rank < 0 || options.rank >= options.size) {
    throw std::runtime_error("rank " + std::to_string(options.rank) + " of " + std::to_string(options.size) + " ranks does not exist");
  }
}

std::string Transport::addressWith(char transport, const std::string& payload) const {
  AddressHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.transport = transport;
  header.rank = rank();
  header.size = size();
  header.regionBytes = options_.regionBytes;
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload;
}

void Transport::connect(const std::vector<std::string>& addresses) {
  if (connected()) throw ConnectError("the communicator is connected already");
  if (addresses.size() != static_cast<size_t>(size())) {
    throw ConnectError("there are " + Number(addresses.size()) + " addresses for " + Number(size()) + " ranks");
  }
  AddressHeader ours, theirs;
  std::memcpy(&ours, address().data(), sizeof ours);
  std::vector<std::string> payloads;
  for (int peer = 0; peer < size(); ++peer) {
    if (addresses[peer].size() < sizeof theirs) throw ConnectError("the address of rank " + Number(peer) + " is no address of a communicator");
    std::memcpy(&theirs, addresses[peer].data(), sizeof theirs);
    CheckHeader(ours, theirs, peer);
    payloads.push_back(addresses[peer].substr(sizeof theirs));
  }
  if (addresses[rank()] != address()) throw ConnectError("the address at place " + Number(rank()) + " is of another communicator than this one");
  join(payloads);
  connected_.store(true, std::memory_order_release);
}

Transport::Call::Call(Transport& transport, Channel which) : channel(static_cast<int>(which)), counters_(transport.counters_[channel]) {
  if (!transport.connected()) throw std::logic_error("the communicator is not connected yet");
  if (counters_.busy.exchange(true, std::memory_order_acquire)) throw std::logic_error("two threads use one channel of a communicator");
  try {
    transport.checkUsable();
  } catch (...) {
    counters_.busy.store(false, std::memory_order_release);
    throw;
  }
  counters_.calls.fetch_add(1, std::memory_order_relaxed);
}

void Transport::allGather(Channel channel, const void* shard, void* whole, size_t bytesPerRank) {
  Call call(*this, channel);
  if (bytesPerRank == 0) return;
  if (size() == 1 && !servesOne()) {
    std::memmove(whole, shard, bytesPerRank);
  } else {
    gather(call.channel, static_cast<const char*>(shard), static_cast<char*>(whole), bytesPerRank);
  }
}

void Transport::reduceScatter(Channel channel, const float* whole, float* shard, size_t elementsPerRank, float scale) {
  Call call(*this, channel);
  if (elementsPerRank == 0) return;
  if (size() == 1 && !servesOne()) {
    for (size_t i = 0; i < elementsPerRank; ++i) shard[i] = whole[i] * scale;
  } else {
    scatter(call.channel, whole, shard, elementsPerRank, scale);
  }
}

template <typename Element>
void Transport::reduceChecked(Channel channel, Element* values, size_t count, Reduction reduction, Group group) {
  Call call(*this, channel);
  if (group.first < 0 || group.first > rank() || group.first + group.size > size() || rank() >= group.first + group.size) {
    throw std::logic_error("an all-reduce needs a group that this rank belongs to");
  }
  if (count > 0 && size() > 1) reduce(call.channel, values, count, reduction, group);
}

void Transport::allReduce(Channel channel, float* values, size_t count, Reduction reduction, Group group) {
  reduceChecked(channel, values, count, reduction, group);
}

void Transport::allReduce(Channel channel, double* values, size_t count, Reduction reduction, Group group) {
  reduceChecked(channel, values, count, reduction, group);
}

void Transport::broadcast(Channel channel, void* data, size_t bytes, int root) {
  Call call(*this, channel);
  if (root < 0 || root >= size()) throw std::logic_error("a broadcast needs a rank to come from");
  if (bytes > 0 && size() > 1) send(call.channel, static_cast<char*>(data), bytes, root);
}

void Transport::barrier(Channel channel) {
  Call call(*this, channel);
  if (size() > 1) meet(call.channel);
}

Statistics Transport::statistics() const {
  Statistics result;
  for (int i = 0; i < kNumChannels; ++i) {
    const Counters& counters = counters_[i];
    result.channels[i] = {counters.calls.load(std::memory_order_relaxed), counters.bytes.load(std::memory_order_relaxed),
                          static_cast<double>(counters.nanoseconds.load(std::memory_order_relaxed)) * 1e-9};
  }
  return result;
}

}  // namespace auspex
