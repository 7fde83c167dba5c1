// Compiles where kernels/collectives/nccl-api.h says what the headers of NCCL and of the CUDA runtime say: numbers, layouts, and
// what functions take and give.
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ours {
#include "../../../../kernels/collectives/nccl-api.h"
}

// What C calls: the header for C++, which that of NCCL includes, adds overloads to some.
#include <cuda_runtime_api.h>
#define AUSPEX_TYPE(name, result, parameters) using Their_##name = decltype(&::name);
AUSPEX_CUDA_FUNCTIONS(AUSPEX_TYPE)
// Includes of that of NCCL which it does not use, and which need headers of more packages.
#define __CUDA_FP16_H__
#define __CUDA_BF16_H__
#include <nccl.h>
AUSPEX_NCCL_FUNCTIONS(AUSPEX_TYPE)

/** Passed alike: pointers, numbers and enumerations of one size, structures of one size. */
template <typename Ours, typename Theirs>
constexpr bool kAlike = sizeof(Ours) == sizeof(Theirs) && std::is_pointer_v<Ours> == std::is_pointer_v<Theirs> && std::is_class_v<Ours> == std::is_class_v<Theirs> &&
                        std::is_floating_point_v<Ours> == std::is_floating_point_v<Theirs>;

template <typename Ours, typename Theirs>
struct Same : std::false_type {};
template <typename OurResult, typename... Ours, typename TheirResult, typename... Theirs>
struct Same<OurResult (*)(Ours...), TheirResult (*)(Theirs...)> {
  static constexpr bool compare() {
    if constexpr (sizeof...(Ours) != sizeof...(Theirs)) {
      return false;
    } else {
      return kAlike<OurResult, TheirResult> && (kAlike<Ours, Theirs> && ...);
    }
  }
  static constexpr bool value = compare();
};

namespace ours {
#define AUSPEX_OURS(name, result, parameters) using Our_##name = result(*) parameters;
AUSPEX_CUDA_FUNCTIONS(AUSPEX_OURS)
AUSPEX_NCCL_FUNCTIONS(AUSPEX_OURS)
}  // namespace ours

#define AUSPEX_COMPARE(name, result, parameters) static_assert(Same<ours::Our_##name, Their_##name>::value, #name);
AUSPEX_CUDA_FUNCTIONS(AUSPEX_COMPARE)
AUSPEX_NCCL_FUNCTIONS(AUSPEX_COMPARE)

using namespace ours::auspex;
static_assert(kCudaSuccess == ::cudaSuccess && kCudaNotReady == ::cudaErrorNotReady);
static_assert(kStreamNonBlocking == cudaStreamNonBlocking && kEventDisableTiming == cudaEventDisableTiming && kHostAllocDefault == cudaHostAllocDefault);
static_assert(kMemcpyDefault == ::cudaMemcpyDefault && kMemoryTypeDevice == ::cudaMemoryTypeDevice && kMemoryTypeManaged == ::cudaMemoryTypeManaged);
static_assert(sizeof(ours::cudaPointerAttributes) <= sizeof(::cudaPointerAttributes));
static_assert(offsetof(ours::cudaPointerAttributes, type) == offsetof(::cudaPointerAttributes, type));
static_assert(offsetof(ours::cudaPointerAttributes, device) == offsetof(::cudaPointerAttributes, device));
static_assert(offsetof(ours::cudaPointerAttributes, devicePointer) == offsetof(::cudaPointerAttributes, devicePointer));

static_assert(kNcclSuccess == ::ncclSuccess && kNcclSystemError == ::ncclSystemError && kNcclRemoteError == ::ncclRemoteError && kNcclInProgress == ::ncclInProgress);
static_assert(kNcclInt8 == ::ncclInt8 && kNcclFloat32 == ::ncclFloat32 && kNcclFloat64 == ::ncclFloat64);
static_assert(kNcclSum == ::ncclSum && kNcclMax == ::ncclMax && kNcclScalarHostImmediate == ::ncclScalarHostImmediate);
static_assert(sizeof(ours::ncclUniqueId) == sizeof(::ncclUniqueId));
// Ours is the beginning that version 2.14 had.
static_assert(sizeof(ours::ncclConfig_t) <= sizeof(::ncclConfig_t));
static_assert(offsetof(ours::ncclConfig_t, size) == offsetof(::ncclConfig_t, size) && offsetof(ours::ncclConfig_t, magic) == offsetof(::ncclConfig_t, magic));
static_assert(offsetof(ours::ncclConfig_t, version) == offsetof(::ncclConfig_t, version) && offsetof(ours::ncclConfig_t, blocking) == offsetof(::ncclConfig_t, blocking));
constexpr ::ncclConfig_t kTheirs = NCCL_CONFIG_INITIALIZER;
static_assert(kNcclConfigMagic == kTheirs.magic && kNcclConfigVersion <= kTheirs.version);
