// Collectives among the ranks of one host. A call is a row of steps. In each, a rank announces its input, which peers read
// where it is: in the region, or copied to one of two slots, used in turn, so that a step needs one meeting only. A slot is
// written again when all who took part two steps ago have finished reading.
#pragma once
#include <mutex>

#include "segment.h"
#include "transport.h"

namespace auspex {

class SharedMemory : public Transport {
 public:
  explicit SharedMemory(const TransportOptions&);
  ~SharedMemory() override { close(); }

  std::string address() const override { return addressWith('m', own_->payload()); }
  char* region() override { return own_->region(); }
  void abort(const std::string& reason) noexcept override;
  void close() noexcept override;
  void checkUsable() override;
  void checkPeers() override;
  void giveUp(CollectiveFailure failure, int rank, const std::string& message) noexcept override { record(failure, rank, message); }

 protected:
  void join(const std::vector<std::string>& payloads) override;
  void gather(int channel, const char* shard, char* whole, size_t bytes) override;
  void scatter(int channel, const float* whole, float* shard, size_t elements, float scale) override;
  void reduce(int channel, float* values, size_t count, Reduction, Group) override;
  void reduce(int channel, double* values, size_t count, Reduction, Group) override;
  void send(int channel, char* data, size_t bytes, int root) override;
  void meet(int channel) override;

 private:
  /** Where a channel is, on this rank. */
  struct alignas(64) Progress {
    uint32_t step = 0;
    Group groups[2] = {};  // who read the slots last
  };

  Segment& segment(int rank) const { return rank == this->rank() ? *own_ : *peers_[rank]; }
  ChannelState& state(int channel, int rank) const { return segment(rank).header().channels[channel]; }
  bool inRegion(const void* data, size_t bytes) const;
  Announcement announcement(Announcement::Kind, uint32_t detail, Group, uint64_t bytes, const void* input) const;

  /** The next step; its slot may be written. */
  uint32_t begin(int channel, Group group);
  void announce(int channel, uint32_t step, const Announcement&);
  /** What a peer announced for the step, once it has; it must be the same call. */
  const Announcement& await(int channel, uint32_t step, int peer);
  void finish(int channel, uint32_t step) { state(channel, rank()).finished.publish(step); }
  void awaitFinished(int channel, uint32_t step, Group group);

  void wait(int channel, Milestone&, uint32_t target, int peer);
  bool spin(const Milestone&, uint32_t target) const;
  /** Throws if this rank or another has given up. */
  void checkFailures();
  /** Records the failure, for this rank and for whoever looks at it, wakes all, and throws. */
  [[noreturn]] void fail(CollectiveFailure, int rank, const std::string& message);
  void record(CollectiveFailure, int rank, const std::string& message) noexcept;

  template <typename Element>
  void reduceSteps(int channel, Announcement::Kind, Element* values, size_t count, Reduction, Group);

  std::unique_ptr<Segment> own_;
  std::vector<std::unique_ptr<Segment>> peers_;  // none at this rank's place
  Progress progress_[kNumChannels];
  std::mutex failing_;
  std::chrono::nanoseconds spinTime_{};
};

}  // namespace auspex
