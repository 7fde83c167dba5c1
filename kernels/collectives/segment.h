// The memory that one rank shares with the others of its host: an anonymous file, so that nothing has a name and nothing is
// left behind, however a process ends.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "communicator.h"
#include "futex.h"
#include "process.h"

namespace auspex {

/** What a rank does in a step of a channel, and where its input is. */
struct alignas(64) Announcement {
  enum Kind : uint32_t { kGather, kScatter, kReduceFloat, kReduceDouble, kBroadcast, kBarrier };
  Kind kind;
  uint32_t detail;    // root, or reduction
  Group group;        // who takes part
  uint64_t bytes;     // of the call, per rank
  uint64_t inPlace;   // whether the whole input lies in the region, at `offset`; otherwise a piece of it is in the slot
  uint64_t offset;
};

/** One channel of one rank. Step k uses slot and announcement k % 2. */
struct ChannelState {
  Milestone arrived;   // step k is announced, and its input can be read
  Milestone finished;  // this rank has read all that it reads in step k
  Announcement announcements[2];
};

/** The first page of a segment. */
struct SegmentHeader {
  uint8_t token[16];  // drawn when opened: what was mapped is what the address meant
  ChannelState channels[kNumChannels];
  std::atomic<uint32_t> failed;  // 1 once the three fields below are valid
  std::atomic<uint32_t> closed;
  CollectiveFailure failure;
  int32_t failedRank;
  char reason[512];
};

/** Of a channel's two slots each: small enough for the second cache, large enough that steps are few. */
constexpr size_t kSlotBytes = size_t{512} << 10;
constexpr size_t kPageBytes = 4096;

/** A mapped segment, this rank's own or another's. */
class Segment {
 public:
  /** A new one, zero. Throws std::runtime_error. */
  static std::unique_ptr<Segment> Create(size_t regionBytes);
  /** Another rank's, by the payload of its address. Throws std::runtime_error with the end of a sentence that begins with the rank. */
  static std::unique_ptr<Segment> Map(const std::string& payload, size_t regionBytes);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  /** What Map needs, in another process of this host, as long as this object exists. */
  std::string payload() const;
  const ProcessIdentity& process() const { return process_; }

  SegmentHeader& header() const { return *reinterpret_cast<SegmentHeader*>(memory_); }
  char* slot(int channel, uint32_t step) const { return memory_ + kPageBytes + (2 * channel + (step & 1)) * kSlotBytes; }
  char* region() const { return memory_ + kPageBytes + 2 * kNumChannels * kSlotBytes; }

 private:
  Segment(int file, size_t regionBytes);

  int file_;
  size_t bytes_;
  char* memory_;
  ProcessIdentity process_;
};

static_assert(sizeof(SegmentHeader) <= kPageBytes, "the header has one page");

}  // namespace auspex
