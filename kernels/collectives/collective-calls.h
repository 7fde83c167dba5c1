// How a library of TensorFlow's operations reaches a communicator of the addon: plain C, because the two are built apart.
#pragma once
#include <stddef.h>
#include <stdint.h>

extern "C" {

/** Raised whenever the structure changes. */
constexpr uint32_t kAuspexCollectivesVersion = 1;

/**
 * A communicator's calls, as in communicator.h. Each returns when its output is there, and gives null, or what went wrong, which
 * is valid until the thread's next call. With NCCL, pointers may be to the GPU, and `stream` (or null) is the CUDA stream after
 * whose present work the inputs are there.
 */
struct AuspexCollectives {
  uint32_t version;
  int32_t rank, size;
  void* self;
  const char* (*allGather)(void* self, void* stream, const void* shard, void* whole, size_t bytesPerRank);
  const char* (*reduceScatter)(void* self, void* stream, const float* whole, float* shard, size_t elementsPerRank, float scale);
  const char* (*allReduce)(void* self, void* stream, float* values, size_t count, int isMaximum, int firstOfGroup, int sizeOfGroup);
  const char* (*broadcast)(void* self, void* stream, void* data, size_t bytes, int root);
};

/**
 * Of the library: makes the calls known to operations as communicator `id`; null takes them away, after the calls under way.
 * False if the versions differ.
 */
using AuspexSetCollectives = bool (*)(int64_t id, const AuspexCollectives* calls);
}
