// How ranks of one host wait for each other, and how they learn that they wait in vain.
#include <immintrin.h>
#include <sched.h>

#include <cstdio>
#include <cstring>

#include "shared-memory.h"

namespace auspex {
namespace {

/** How often a sleeper looks whether those it waits for are still there. */
constexpr int64_t kSliceNanoseconds = 50'000'000;
/** Ranks that arrive together meet within this time; sleeping and being woken takes longer. */
constexpr std::chrono::microseconds kSpinTime{40};

std::string Rank(int rank) { return "rank " + std::to_string(rank); }

const char* NameOf(Announcement::Kind kind) {
  switch (kind) {
    case Announcement::kGather: return "an all-gather";
    case Announcement::kScatter: return "a reduce-scatter";
    case Announcement::kReduceFloat: return "an all-reduce of f32";
    case Announcement::kReduceDouble: return "an all-reduce of f64";
    case Announcement::kBroadcast: return "a broadcast";
    default: return "a barrier";
  }
}

std::string Describe(const Announcement& call) {
  std::string text = std::string(NameOf(call.kind)) + " of " + std::to_string(call.bytes) + " bytes";
  if (call.kind == Announcement::kBroadcast) text += " from rank " + std::to_string(call.detail);
  return text + " (ranks " + std::to_string(call.group.first) + " to " + std::to_string(call.group.first + call.group.size - 1) + ")";
}

bool SameCall(const Announcement& a, const Announcement& b) {
  return a.kind == b.kind && a.detail == b.detail && a.bytes == b.bytes && a.group.first == b.group.first && a.group.size == b.group.size;
}

int NumProcessors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace

void SharedMemory::join(const std::vector<std::string>& payloads) {
  std::vector<std::unique_ptr<Segment>> peers(size());
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    try {
      peers[peer] = Segment::Map(payloads[peer], regionBytes());
    } catch (const std::runtime_error& error) {
      throw ConnectError(Rank(peer) + " " + error.what());
    }
  }
  // With more ranks than processors, spinning keeps away the very rank that is waited for.
  if (size() <= NumProcessors()) spinTime_ = kSpinTime;
  std::lock_guard<std::mutex> lock(failing_);  // abort() may come from another thread
  peers_ = std::move(peers);
}

uint32_t SharedMemory::begin(int channel, Group group) {
  Progress& progress = progress_[channel];
  const uint32_t step = ++progress.step;
  const Group readers = progress.groups[step & 1];
  awaitFinished(channel, step - 2, readers);
  progress.groups[step & 1] = group;
  return step;
}

void SharedMemory::awaitFinished(int channel, uint32_t step, Group group) {
  for (int peer = group.first; peer < group.first + group.size; ++peer) {
    if (peer != rank()) wait(channel, state(channel, peer).finished, step, peer);
  }
}

void SharedMemory::announce(int channel, uint32_t step, const Announcement& call) {
  ChannelState& own = state(channel, rank());
  own.announcements[step & 1] = call;
  own.arrived.publish(step);
}

const Announcement& SharedMemory::await(int channel, uint32_t step, int peer) {
  ChannelState& theirs = state(channel, peer);
  wait(channel, theirs.arrived, step, peer);
  const Announcement &call = theirs.announcements[step & 1], &own = state(channel, rank()).announcements[step & 1];
  if (!SameCall(call, own)) {
    fail(CollectiveFailure::kMismatched, peer, Rank(peer) + " came with " + Describe(call) + ", " + Rank(rank()) + " with " + Describe(own));
  }
  return call;
}

bool SharedMemory::spin(const Milestone& milestone, uint32_t target) const {
  if (spinTime_ == spinTime_.zero()) {
    // The rank that is waited for may need this very processor.
    for (int i = 0; i < 4; ++i) {
      sched_yield();
      if (milestone.reached(target)) return true;
    }
    return false;
  }
  const auto end = Clock::now() + spinTime_;
  do {
    for (int i = 0; i < 32; ++i) {
      if (milestone.reached(target)) return true;
      _mm_pause();
    }
  } while (Clock::now() < end);
  return false;
}

void SharedMemory::wait(int channel, Milestone& milestone, uint32_t target, int peer) {
  if (milestone.reached(target)) return;
  const auto begin = Clock::now();
  if (!spin(milestone, target)) {
    const auto deadline = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options().timeoutSeconds));
    for (auto look = begin; !milestone.reached(target);) {
      checkFailures();
      const auto now = Clock::now();
      const bool gone = peers_[peer]->header().closed.load(std::memory_order_acquire) != 0;
      const bool due = now >= look;
      if (gone || (due && !IsAlive(peers_[peer]->process()))) {
        if (milestone.reached(target)) break;  // it came before it went
        fail(CollectiveFailure::kPeerLost, peer, Rank(peer) + (gone ? " has closed its communicator" : " has ended") + " while " + Rank(rank()) + " waited for it");
      }
      if (due) look = now + std::chrono::nanoseconds(kSliceNanoseconds);
      if (now >= deadline) {
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%g", options().timeoutSeconds);
        fail(CollectiveFailure::kTimedOut, peer, Rank(rank()) + " waited " + seconds + " s for " + Rank(peer));
      }
      const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - now).count();
      milestone.sleep(target, std::min(kSliceNanoseconds, left));
    }
  }
  countWaiting(channel, Clock::now() - begin);
}

void SharedMemory::checkFailures() {
  const SegmentHeader& own = own_->header();
  if (own.failed.load(std::memory_order_acquire) != 0) throw CollectiveError(own.failure, own.failedRank, own.reason);
  if (own.closed.load(std::memory_order_acquire) != 0) {
    throw CollectiveError(CollectiveFailure::kAborted, rank(), Rank(rank()) + " has closed its communicator");
  }
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    const SegmentHeader& theirs = peers_[peer]->header();
    if (theirs.failed.load(std::memory_order_acquire) != 0) fail(theirs.failure, theirs.failedRank, theirs.reason);
  }
}

void SharedMemory::checkUsable() { checkFailures(); }

void SharedMemory::checkPeers() {
  for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
    if (peer == rank()) continue;
    const bool closed = peers_[peer]->header().closed.load(std::memory_order_acquire) != 0;
    if (closed || !IsAlive(peers_[peer]->process())) {
      fail(CollectiveFailure::kPeerLost, peer, Rank(peer) + (closed ? " has closed its communicator" : " has ended") + " while " + Rank(rank()) + " waited for it");
    }
  }
}

void SharedMemory::record(CollectiveFailure failure, int rank, const std::string& message) noexcept {
  std::lock_guard<std::mutex> lock(failing_);
  SegmentHeader& own = own_->header();
  if (own.failed.load(std::memory_order_relaxed) == 0) {
    own.failure = failure;
    own.failedRank = rank;
    own.reason[message.copy(own.reason, sizeof own.reason - 1)] = '\0';
    own.failed.store(1, std::memory_order_release);
  }
  // Whoever sleeps, sleeps at some rank's milestone. One that falls asleep just now looks again after a slice.
  for (int peer = 0; peer < static_cast<int>(peers_.size()); ++peer) {
    for (ChannelState& channel : segment(peer).header().channels) {
      FutexWakeAll(channel.arrived.value);
      FutexWakeAll(channel.finished.value);
    }
  }
}

void SharedMemory::fail(CollectiveFailure failure, int rank, const std::string& message) {
  record(failure, rank, message);
  const SegmentHeader& own = own_->header();
  throw CollectiveError(own.failure, own.failedRank, own.reason);
}

void SharedMemory::abort(const std::string& reason) noexcept {
  record(CollectiveFailure::kAborted, rank(), Rank(rank()) + " aborted: " + reason);
}

void SharedMemory::close() noexcept {
  own_->header().closed.store(1, std::memory_order_release);
  std::lock_guard<std::mutex> lock(failing_);
  if (peers_.empty()) return;
  for (int peer = 0; peer < size(); ++peer) {
    for (ChannelState& channel : segment(peer).header().channels) {
      FutexWakeAll(channel.arrived.value);
      FutexWakeAll(channel.finished.value);
    }
  }
}

}  // namespace auspex
