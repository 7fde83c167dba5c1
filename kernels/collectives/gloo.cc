// Collectives among ranks of several hosts, from messages between pairs of ranks. All of them send to all others at once:
// that moves no more bytes per rank than a ring does, and sums can be made in rank order, with the bits of shared memory.
#include <signal.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "gloo-exchange.h"
#include "sums.h"
#include "transport.h"

namespace auspex {
namespace {

/** From each rank at a time, so that what is received before it is summed stays small. */
constexpr size_t kPieceBytes = size_t{4} << 20;
/** From here on, ranks sum a part each and pass it on, rather than that all sum all. */
constexpr size_t kSharedBytes = size_t{32} << 10;

/** What ranks do at a time: a number that differs for different calls, so that their messages do not meet. */
uint32_t KindOf(char call, size_t bytes, int detail = 0) {
  uint64_t hash = 1469598103934665603u;
  for (const uint64_t part : {static_cast<uint64_t>(call), static_cast<uint64_t>(bytes), static_cast<uint64_t>(detail)}) hash = (hash ^ part) * 1099511628211u;
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

class Gloo : public Transport {
 public:
  explicit Gloo(const TransportOptions& options)
      : Transport(options),
        region_(static_cast<char*>(std::aligned_alloc(64, std::max<size_t>(64, (options.regionBytes + 63) / 64 * 64)))),
        exchange_(options.rank, options.size, options.host, std::chrono::milliseconds(std::max(1LL, std::llround(options.timeoutSeconds * 1e3)))) {
    if (!region_) throw std::bad_alloc();
    std::memset(region_.get(), 0, options.regionBytes);
    std::vector<std::string> channels;
    for (const auto& addresses : exchange_.addresses()) channels.push_back(Pack(addresses));
    address_ = addressWith('g', Pack(channels));
  }

  std::string address() const override { return address_; }
  char* region() override { return region_.get(); }
  void abort(const std::string& reason) noexcept override { exchange_.abort(reason); }
  void close() noexcept override { exchange_.close(); }
  void checkUsable() override { exchange_.check(); }
  void checkPeers() override { exchange_.checkPeers(); }
  void giveUp(CollectiveFailure failure, int rank, const std::string& message) noexcept override { exchange_.record(failure, rank, message); }

 protected:
  void join(const std::vector<std::string>& payloads) override {
    std::vector<std::vector<std::string>> theirs(kNumChannels, std::vector<std::string>(size()));
    try {
      for (int peer = 0; peer < size(); ++peer) {
        const auto channels = Unpack(payloads[peer]);
        for (int i = 0; i < kNumChannels; ++i) theirs[i][peer] = Unpack(channels.at(i)).at(rank());
      }
      exchange_.connect(theirs);
    } catch (const CollectiveError&) {
      throw;
    } catch (const std::exception& error) {
      throw ConnectError(error.what());
    }
  }

  void gather(int channel, const char* shard, char* whole, size_t bytes) override {
    exchange_.begin(channel);
    if (whole + rank() * bytes != shard) std::memmove(whole + rank() * bytes, shard, bytes);
    std::vector<Message> sends, receives;
    for (const int peer : others(world())) {
      sends.push_back({peer, const_cast<char*>(shard), bytes});
      receives.push_back({peer, whole + peer * bytes, bytes});
    }
    run(channel, KindOf('g', bytes), sends, receives);
  }

  void scatter(int channel, const float* whole, float* shard, size_t elements, float scale) override {
    exchange_.begin(channel);
    constexpr size_t kPiece = kPieceBytes / sizeof(float);
    for (size_t at = 0; at < elements; at += kPiece) {
      const size_t piece = std::min(kPiece, elements - at);
      const auto part = [&](int peer) { return Parts<float>{whole + peer * elements + at, piece}; };
      sumParts<float>(channel, KindOf('s', elements), world(), part, shard + at, Reduction::kSum, scale);
    }
  }

  void reduce(int channel, float* values, size_t count, Reduction reduction, Group group) override { reduceAny(channel, values, count, reduction, group, 'f'); }
  void reduce(int channel, double* values, size_t count, Reduction reduction, Group group) override { reduceAny(channel, values, count, reduction, group, 'd'); }

  void send(int channel, char* data, size_t bytes, int root) override {
    exchange_.begin(channel);
    std::vector<Message> sends, receives;
    if (rank() == root) {
      for (const int peer : others(world())) sends.push_back({peer, data, bytes});
    } else {
      receives.push_back({root, data, bytes});
    }
    run(channel, KindOf('b', bytes, root), sends, receives);
  }

  void meet(int channel) override {
    exchange_.begin(channel);
    std::vector<Message> sends, receives;
    char out = 0;
    std::vector<char> in(size());
    for (const int peer : others(world())) {
      sends.push_back({peer, &out, 1});
      receives.push_back({peer, &in[peer], 1});
    }
    run(channel, KindOf('m', 0), sends, receives);
  }

 private:
  template <typename Element>
  struct Parts {
    const Element* data;
    size_t count;
  };

  /** The other ranks of the group; each rank begins with another one. */
  std::vector<int> others(Group group) const {
    std::vector<int> ranks;
    for (int i = 1; i < group.size; ++i) ranks.push_back(group.first + (rank() - group.first + i) % group.size);
    return ranks;
  }

  void run(int channel, uint32_t kind, const std::vector<Message>& sends, const std::vector<Message>& receives) {
    const auto begin = Clock::now();
    exchange_.run(channel, kind, sends, receives);
    countWaiting(channel, Clock::now() - begin);
    for (const Message& message : receives) countBytes(channel, message.bytes);
  }

  /** Sends every peer its part, and reduces what arrives of this rank's own; `out` may not overlap the parts. */
  template <typename Element, typename PartOf>
  void sumParts(int channel, uint32_t kind, Group group, const PartOf& partOf, Element* out, Reduction reduction, Element scale) {
    const Parts<Element> own = partOf(rank());
    const size_t bytes = own.count * sizeof(Element);
    std::vector<char>& received = received_[channel];
    received.resize(std::max(received.size(), group.size * bytes));
    std::vector<const Element*> inputs(group.size);
    std::vector<Message> sends, receives;
    for (int i = 0; i < group.size; ++i) inputs[i] = reinterpret_cast<const Element*>(received.data() + i * bytes);
    inputs[rank() - group.first] = own.data;
    for (const int peer : others(group)) {
      const Parts<Element> part = partOf(peer);
      if (part.count > 0) sends.push_back({peer, reinterpret_cast<char*>(const_cast<Element*>(part.data)), part.count * sizeof(Element)});
      if (bytes > 0) receives.push_back({peer, received.data() + (peer - group.first) * bytes, bytes});
    }
    run(channel, kind, sends, receives);
    if (bytes > 0) CombineAll(out, inputs, own.count, reduction, scale);
  }

  template <typename Element>
  void reduceAny(int channel, Element* values, size_t count, Reduction reduction, Group group, char call) {
    exchange_.begin(channel);
    if (group.size == 1) return;
    const uint32_t kind = KindOf(call, count, static_cast<int>(reduction));
    const size_t most = group.size * kPieceBytes / sizeof(Element);
    for (size_t at = 0; at < count; at += most) reducePiece(channel, kind, values + at, std::min(most, count - at), reduction, group);
  }

  template <typename Element>
  void reducePiece(int channel, uint32_t kind, Element* values, size_t count, Reduction reduction, Group group) {
    std::vector<char>& result = reduced_[channel];
    result.resize(std::max(result.size(), count * sizeof(Element)));
    auto* out = reinterpret_cast<Element*>(result.data());
    if (group.size == 2 || count * sizeof(Element) < kSharedBytes) {
      const auto all = [&](int) { return Parts<Element>{values, count}; };
      sumParts<Element>(channel, kind, group, all, out, reduction, 1);
      std::memcpy(values, out, count * sizeof(Element));
      return;
    }
    const auto start = [&](int peer) { return count * (peer - group.first) / group.size; };
    const auto part = [&](int peer) { return Parts<Element>{values + start(peer), start(peer + 1) - start(peer)}; };
    sumParts<Element>(channel, kind, group, part, out, reduction, 1);
    const size_t ownBytes = part(rank()).count * sizeof(Element);
    std::memcpy(values + start(rank()), out, ownBytes);
    std::vector<Message> sends, receives;
    for (const int peer : others(group)) {
      sends.push_back({peer, result.data(), ownBytes});
      receives.push_back({peer, reinterpret_cast<char*>(values + start(peer)), part(peer).count * sizeof(Element)});
    }
    run(channel, kind, sends, receives);
  }

  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };

  std::unique_ptr<char, Free> region_;
  std::vector<char> received_[kNumChannels], reduced_[kNumChannels];  // grow to what calls need, and stay
  std::string address_;
  GlooExchange exchange_;
};

}  // namespace

bool HasGloo() { return true; }

std::shared_ptr<Transport> OpenGloo(const TransportOptions& options) {
  // Node ignores it, but a program that embeds Node may not: a broken connection is an error and no reason to end.
  struct sigaction action;
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
  return std::make_shared<Gloo>(options);
}

}  // namespace auspex
