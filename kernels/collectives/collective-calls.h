// How a library of TensorFlow's operations reaches a communicator of the addon: plain C, because the two are built apart.
#pragma once
#include <stddef.h>
#include <stdint.h>

extern "C" {

/** Raised whenever the structures change. */
constexpr uint32_t kAuspexCollectivesVersion = 2;

enum AuspexCollective { kAuspexAllGather, kAuspexReduceScatter, kAuspexAllReduce, kAuspexBroadcast };

/** A collective of communicator.h and its operands. */
struct AuspexCall {
  int32_t collective;         // an AuspexCollective
  int32_t isOnCommunication;  // which of the two channels
  const void* in;             // not of those that work in place
  void* out;
  uint64_t count;  // all-gather: bytes of a rank; reduce-scatter: elements of a rank; all-reduce: elements; broadcast: bytes
  float scale;     // of a reduce-scatter
  int32_t isMaximum, firstOfGroup, sizeOfGroup;  // of an all-reduce
  int32_t root;                                  // of a broadcast
  void* kept;  // what holds the memory of `in` and `out`, until `release` gets it
  void (*release)(void* kept);
};

/**
 * What a communicator does for operations (exchanges.h). All functions give null, or what went wrong, which is valid until the
 * thread's next call. With NCCL, pointers may be to the GPU, and `stream` is the CUDA stream on which the inputs are made and the
 * outputs used; null for memory of the host.
 */
struct AuspexCollectives {
  uint32_t version;
  int32_t rank, size;
  void* self;
  /**
   * Starts the call, which begins after what the stream holds, and returns. `kept` is released when the call was awaited, or will
   * never be; also if this fails.
   */
  const char* (*start)(void* self, void* stream, const AuspexCall* call, int64_t* number);
  /** Returns when the outputs are there for what the stream gets from now on, or without a stream, when they are there. */
  const char* (*await)(void* self, void* stream, int64_t number);
  /** Returns when all that was awaited is over: what fails after it was awaited is told here. */
  const char* (*settle)(void* self);
};

/**
 * Of the library: makes the calls known to operations as communicator `id`; null takes them away, after the operations under way.
 * False if the versions differ.
 */
using AuspexSetCollectives = bool (*)(int64_t id, const AuspexCollectives* calls);
}
