// What is called of NCCL and of the CUDA runtime: names, types and numbers of their C interfaces, so that the addon is built
// without either. They are loaded when a communicator on GPUs is opened (nccl-libraries.h).
#pragma once
#include <cstddef>
#include <cstdint>

extern "C" {

// CUDA runtime, from 12.0 on. Its enumerations are ints.
using cudaError_t = int;
struct CUstream_st;
struct CUevent_st;
using cudaStream_t = CUstream_st*;
using cudaEvent_t = CUevent_st*;
using cudaStreamCallback_t = void (*)(cudaStream_t stream, cudaError_t error, void* data);

struct cudaPointerAttributes {
  int type;  // cudaMemoryType...
  int device;
  void* devicePointer;
  void* hostPointer;
};

// NCCL, from 2.19.1 on.
using ncclResult_t = int;
using ncclDataType_t = int;
using ncclRedOp_t = int;
struct ncclComm;
using ncclComm_t = ncclComm*;

struct ncclUniqueId {
  char internal[128];
};

/** As of version 2.14, which later ones accept: what it does not have, gets their defaults. */
struct ncclConfig_t {
  size_t size;
  unsigned int magic;
  unsigned int version;
  int blocking;
};
}

namespace auspex {

constexpr cudaError_t kCudaSuccess = 0, kCudaNotReady = 600;
constexpr unsigned int kStreamNonBlocking = 1, kEventDisableTiming = 2, kHostAllocDefault = 0;
constexpr int kMemcpyDefault = 4, kMemoryTypeDevice = 2, kMemoryTypeManaged = 3;

constexpr ncclResult_t kNcclSuccess = 0, kNcclSystemError = 2, kNcclRemoteError = 6, kNcclInProgress = 7;
constexpr ncclDataType_t kNcclInt8 = 0, kNcclFloat32 = 7, kNcclFloat64 = 8;
constexpr ncclRedOp_t kNcclSum = 0, kNcclMax = 2;
constexpr int kNcclScalarHostImmediate = 1;
constexpr unsigned int kNcclConfigMagic = 0xcafebeef, kNcclConfigVersion = 21400;

// The functions, each as (name, result, parameters).
#define AUSPEX_CUDA_FUNCTIONS(F)                                                     \
  F(cudaGetDeviceCount, cudaError_t, (int* count))                                   \
  F(cudaSetDevice, cudaError_t, (int device))                                        \
  F(cudaDeviceGetPCIBusId, cudaError_t, (char* id, int length, int device))          \
  F(cudaMalloc, cudaError_t, (void** memory, size_t bytes))                          \
  F(cudaFree, cudaError_t, (void* memory))                                           \
  F(cudaHostAlloc, cudaError_t, (void** memory, size_t bytes, unsigned int flags))   \
  F(cudaFreeHost, cudaError_t, (void* memory))                                       \
  F(cudaMemcpyAsync, cudaError_t, (void* to, const void* from, size_t bytes, int kind, cudaStream_t stream)) \
  F(cudaPointerGetAttributes, cudaError_t, (cudaPointerAttributes * attributes, const void* pointer)) \
  F(cudaStreamCreateWithFlags, cudaError_t, (cudaStream_t * stream, unsigned int flags)) \
  F(cudaStreamSynchronize, cudaError_t, (cudaStream_t stream))                       \
  F(cudaStreamDestroy, cudaError_t, (cudaStream_t stream))                           \
  F(cudaStreamWaitEvent, cudaError_t, (cudaStream_t stream, cudaEvent_t event, unsigned int flags)) \
  F(cudaStreamAddCallback, cudaError_t, (cudaStream_t stream, cudaStreamCallback_t callback, void* data, unsigned int flags)) \
  F(cudaEventCreateWithFlags, cudaError_t, (cudaEvent_t * event, unsigned int flags)) \
  F(cudaEventRecord, cudaError_t, (cudaEvent_t event, cudaStream_t stream))          \
  F(cudaEventDestroy, cudaError_t, (cudaEvent_t event))                              \
  F(cudaGetErrorString, const char*, (cudaError_t error))

#define AUSPEX_NCCL_FUNCTIONS(F)                                                     \
  F(ncclGetVersion, ncclResult_t, (int* version))                                    \
  F(ncclGetUniqueId, ncclResult_t, (ncclUniqueId * id))                              \
  F(ncclCommInitRankConfig, ncclResult_t, (ncclComm_t * comm, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config)) \
  F(ncclCommGetAsyncError, ncclResult_t, (ncclComm_t comm, ncclResult_t* error))     \
  F(ncclCommFinalize, ncclResult_t, (ncclComm_t comm))                               \
  F(ncclCommDestroy, ncclResult_t, (ncclComm_t comm))                                \
  F(ncclCommAbort, ncclResult_t, (ncclComm_t comm))                                  \
  F(ncclAllGather, ncclResult_t, (const void* in, void* out, size_t count, ncclDataType_t type, ncclComm_t comm, cudaStream_t stream)) \
  F(ncclReduceScatter, ncclResult_t, (const void* in, void* out, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream)) \
  F(ncclAllReduce, ncclResult_t, (const void* in, void* out, size_t count, ncclDataType_t type, ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream)) \
  F(ncclBroadcast, ncclResult_t, (const void* in, void* out, size_t count, ncclDataType_t type, int root, ncclComm_t comm, cudaStream_t stream)) \
  F(ncclRedOpCreatePreMulSum, ncclResult_t, (ncclRedOp_t * op, void* scalar, ncclDataType_t type, int residence, ncclComm_t comm)) \
  F(ncclRedOpDestroy, ncclResult_t, (ncclRedOp_t op, ncclComm_t comm))               \
  F(ncclGetErrorString, const char*, (ncclResult_t result))

}  // namespace auspex
