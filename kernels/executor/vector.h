// Short vectors of floats on top of the compiler's vector extension, and the same code on single floats for remainders.
#pragma once
#include <cstdint>
#include <cstring>

namespace auspex {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));
using VectorBits = uint32_t __attribute__((vector_size(kLanes * sizeof(float))));
using VectorHalf = uint16_t __attribute__((vector_size(kLanes * sizeof(uint16_t))));

/** bfloat16: the upper half of a float. */
struct Bf16 {
  uint16_t bits;
};

template <typename V>
inline V Load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename V>
inline V Load(const Bf16* from) {
  if constexpr (sizeof(V) == sizeof(float)) {
    const uint32_t bits = static_cast<uint32_t>(from->bits) << 16;
    return Load<float>(reinterpret_cast<const float*>(&bits));
  } else {
    VectorHalf half;
    std::memcpy(&half, from, sizeof half);
    const VectorBits bits = __builtin_convertvector(half, VectorBits) << 16;
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
  if constexpr (sizeof(V) == sizeof(float)) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    to->bits = value == value ? static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) : 0x7fc0;
  } else {
    VectorBits bits;
    std::memcpy(&bits, &value, sizeof bits);
    const VectorBits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const VectorBits kept = value == value ? rounded : (rounded & 0) + 0x7fc0;
    const VectorHalf half = __builtin_convertvector(kept, VectorHalf);
    std::memcpy(to, &half, sizeof half);
  }
}

/** Calls body(V{}, channel) over 0..count: whole vectors first, then single floats. */
template <typename Body>
inline void ForChannels(int64_t count, const Body& body) {
  int64_t channel = 0;
  for (; channel + kLanes <= count; channel += kLanes) body(Vector{}, channel);
  for (; channel < count; ++channel) body(float{}, channel);
}

template <typename V>
inline V Max(V a, V b) {
  return a > b ? a : b;
}

}  // namespace auspex
