// Short vectors of floats on top of the compiler's vector extension, and the same code on single floats for remainders.
#pragma once
#include <cstdint>
#include <cstring>
#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include "../bf16.h"
#include "variant.h"

namespace auspex::AUSPEX_VARIANT {

#if defined(__AVX512BF16__)
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif

template <int lanes>
struct VectorOf {
  // Not `using`, where GCC forgets an attribute that depends on a parameter.
  typedef float Float __attribute__((vector_size(lanes * sizeof(float))));
  typedef uint32_t Bits __attribute__((vector_size(lanes * sizeof(uint32_t))));
  typedef uint16_t Half __attribute__((vector_size(lanes * sizeof(uint16_t))));
};

using Vector = VectorOf<kLanes>::Float;
/** For what is left over: channels are often a multiple of 8 and not of 16. */
using ShortVector = VectorOf<8>::Float;

template <typename V>
constexpr int kLanesOf = sizeof(V) / sizeof(float);

template <typename V>
inline V Load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename V>
inline V Load(const Bf16* from) {
  if constexpr (kLanesOf<V> == 1) {
    const uint32_t bits = static_cast<uint32_t>(from->bits) << 16;
    return Load<float>(reinterpret_cast<const float*>(&bits));
  } else {
    using Types = VectorOf<kLanesOf<V>>;
    typename Types::Half half;
    std::memcpy(&half, from, sizeof half);
    const typename Types::Bits bits = __builtin_convertvector(half, typename Types::Bits) << 16;
    V value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
}

template <typename V>
inline void Store(float* to, V value) {
  std::memcpy(to, &value, sizeof value);
}

/** Rounds to nearest, ties to even; NaN stays NaN. */
template <typename V>
inline void Store(Bf16* to, V value) {
  if constexpr (kLanesOf<V> == 1) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    to->bits = value == value ? static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) : 0x7fc0;
  } else {
#if defined(__AVX512BF16__)
    const auto half = [&] {
      if constexpr (kLanesOf<V> == 16) return _mm512_cvtneps_pbh(reinterpret_cast<__m512>(value));
      else return _mm256_cvtneps_pbh(reinterpret_cast<__m256>(value));
    }();
#else
    using Types = VectorOf<kLanesOf<V>>;
    typename Types::Bits bits;
    std::memcpy(&bits, &value, sizeof bits);
    const typename Types::Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const typename Types::Bits kept = value == value ? rounded : (rounded & 0) + 0x7fc0;
    const typename Types::Half half = __builtin_convertvector(kept, typename Types::Half);
#endif
    std::memcpy(to, &half, sizeof half);
  }
}

/** Calls body(V{}, channel) over 0..count: whole vectors first, then a short one, then single floats. */
template <typename Body>
inline void ForChannels(int64_t count, const Body& body) {
  int64_t channel = 0;
  for (; channel + kLanes <= count; channel += kLanes) body(Vector{}, channel);
  if constexpr (kLanes > kLanesOf<ShortVector>) {
    for (; channel + kLanesOf<ShortVector> <= count; channel += kLanesOf<ShortVector>) body(ShortVector{}, channel);
  }
  for (; channel < count; ++channel) body(float{}, channel);
}

/**
 * Asks the processor for what comes next of a map that is passed over: rows follow one another, and its own prefetching begins
 * anew on every page. Beyond the end of the map nothing happens.
 */
template <typename T>
inline void ReadAhead(const T* at) {
  __builtin_prefetch(reinterpret_cast<const char*>(at) + 4096, 0);
}
template <typename T>
inline void WriteAhead(T* at) {
  __builtin_prefetch(reinterpret_cast<const char*>(at) + 4096, 1);
}

template <typename V>
inline V Max(V a, V b) {
  return a > b ? a : b;
}

}  // namespace auspex::AUSPEX_VARIANT
