#include "shared-memory.h"

#include <cstring>

#include "sums.h"

namespace auspex {

std::shared_ptr<Transport> OpenSharedMemory(const TransportOptions& options) { return std::make_shared<SharedMemory>(options); }

SharedMemory::SharedMemory(const TransportOptions& options) : Transport(options), own_(Segment::Create(options.regionBytes)) {}

bool SharedMemory::inRegion(const void* data, size_t bytes) const {
  const auto begin = reinterpret_cast<uintptr_t>(own_->region()), at = reinterpret_cast<uintptr_t>(data);
  return at >= begin && bytes <= regionBytes() && at - begin <= regionBytes() - bytes;
}

Announcement SharedMemory::announcement(Announcement::Kind kind, uint32_t detail, Group group, uint64_t bytes, const void* input) const {
  return {kind, detail, group, bytes, input != nullptr, input != nullptr ? static_cast<uint64_t>(static_cast<const char*>(input) - own_->region()) : 0};
}

void SharedMemory::gather(int channel, const char* shard, char* whole, size_t bytes) {
  const bool inPlace = inRegion(shard, bytes);
  const Announcement own = announcement(Announcement::kGather, 0, world(), bytes, inPlace ? shard : nullptr);
  bool staged = !inPlace;  // anyone's input
  uint32_t step = 0;
  for (size_t at = 0; at == 0 || (staged && at < bytes); at += kSlotBytes) {
    const size_t piece = std::min(kSlotBytes, bytes - at);
    step = begin(channel, world());
    if (!inPlace) CopyBytes(own_->slot(channel, step), shard + at, piece);
    announce(channel, step, own);
    if (at == 0 && whole + rank() * bytes != shard) CopyBytes(whole + rank() * bytes, shard, bytes);
    for (int i = 1; i < size(); ++i) {
      const int peer = (rank() + i) % size();  // each rank begins with another, so that not all read one memory
      const Announcement& theirs = await(channel, step, peer);
      if (theirs.inPlace) {
        if (at == 0) CopyBytes(whole + peer * bytes, peers_[peer]->region() + theirs.offset, bytes);
      } else {
        staged = true;
        CopyBytes(whole + peer * bytes + at, peers_[peer]->slot(channel, step), piece);
      }
    }
    finish(channel, step);
  }
  countBytes(channel, (size() - 1) * bytes);
  if (inPlace) awaitFinished(channel, step, world());
}

void SharedMemory::scatter(int channel, const float* whole, float* shard, size_t elements, float scale) {
  const size_t partBytes = elements * sizeof(float);
  const bool inPlace = inRegion(whole, size() * partBytes);
  const Announcement own = announcement(Announcement::kScatter, 0, world(), partBytes, inPlace ? whole : nullptr);
  const size_t pieceElements = kSlotBytes / sizeof(float) / size() / 16 * 16;  // a slot has a piece of every part
  std::vector<const float*> inputs(size());
  bool staged = !inPlace;
  uint32_t step = 0;
  for (size_t at = 0; at < elements;) {
    const size_t piece = std::min(pieceElements, elements - at);
    step = begin(channel, world());
    if (!inPlace) {
      auto* slot = reinterpret_cast<float*>(own_->slot(channel, step));
      for (int part = 0; part < size(); ++part) {
        if (part != rank()) std::memcpy(slot + part * pieceElements, whole + part * elements + at, piece * sizeof(float));
      }
    }
    announce(channel, step, own);
    for (int peer = 0; peer < size(); ++peer) {
      if (peer == rank()) {
        inputs[peer] = whole + peer * elements + at;
        continue;
      }
      const Announcement& theirs = await(channel, step, peer);
      staged = staged || !theirs.inPlace;
      inputs[peer] = theirs.inPlace ? reinterpret_cast<const float*>(peers_[peer]->region() + theirs.offset) + rank() * elements + at
                                    : reinterpret_cast<const float*>(peers_[peer]->slot(channel, step)) + rank() * pieceElements;
    }
    const size_t reach = staged ? piece : elements;
    CombineAll(shard + at, inputs, reach, Reduction::kSum, scale);
    finish(channel, step);
    at += reach;
  }
  countBytes(channel, (size() - 1) * partBytes);
  if (inPlace) awaitFinished(channel, step, world());
}

template <typename Element>
void SharedMemory::reduceSteps(int channel, Announcement::Kind kind, Element* values, size_t count, Reduction reduction, Group group) {
  const Announcement own = announcement(kind, static_cast<uint32_t>(reduction), group, count * sizeof(Element), nullptr);
  constexpr size_t kPiece = kSlotBytes / sizeof(Element);
  std::vector<const Element*> inputs(group.size);
  for (size_t at = 0; at < count; at += kPiece) {
    const size_t piece = std::min(kPiece, count - at);
    const uint32_t step = begin(channel, group);
    if (group.size > 1) CopyBytes(own_->slot(channel, step), reinterpret_cast<const char*>(values + at), piece * sizeof(Element));
    announce(channel, step, own);
    for (int i = 0; i < group.size; ++i) {
      const int peer = group.first + i;
      if (peer != rank()) await(channel, step, peer);
      inputs[i] = reinterpret_cast<const Element*>(segment(peer).slot(channel, step));
    }
    if (group.size > 1) CombineAll(values + at, inputs, piece, reduction);
    finish(channel, step);
  }
  countBytes(channel, (group.size - 1) * count * sizeof(Element));
}

void SharedMemory::reduce(int channel, float* values, size_t count, Reduction reduction, Group group) {
  reduceSteps(channel, Announcement::kReduceFloat, values, count, reduction, group);
}

void SharedMemory::reduce(int channel, double* values, size_t count, Reduction reduction, Group group) {
  reduceSteps(channel, Announcement::kReduceDouble, values, count, reduction, group);
}

void SharedMemory::send(int channel, char* data, size_t bytes, int root) {
  const bool inPlace = rank() == root && inRegion(data, bytes);
  const Announcement own = announcement(Announcement::kBroadcast, static_cast<uint32_t>(root), world(), bytes, inPlace ? data : nullptr);
  uint32_t step = 0;
  for (size_t at = 0; at < bytes;) {
    size_t piece = inPlace ? bytes : std::min(kSlotBytes, bytes - at);
    step = begin(channel, world());
    if (rank() == root && !inPlace) CopyBytes(own_->slot(channel, step), data + at, piece);
    announce(channel, step, own);
    if (rank() != root) {
      const Announcement& theirs = await(channel, step, root);
      if (theirs.inPlace) piece = bytes;
      CopyBytes(data + at, theirs.inPlace ? peers_[root]->region() + theirs.offset : peers_[root]->slot(channel, step), piece);
      countBytes(channel, piece);
    }
    finish(channel, step);
    at += piece;
  }
  if (inPlace) awaitFinished(channel, step, world());
}

void SharedMemory::meet(int channel) {
  const uint32_t step = begin(channel, world());
  announce(channel, step, announcement(Announcement::kBarrier, 0, world(), 0, nullptr));
  for (int peer = 0; peer < size(); ++peer) {
    if (peer != rank()) await(channel, step, peer);
  }
  finish(channel, step);
}

}  // namespace auspex
