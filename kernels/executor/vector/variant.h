// The kernels of this folder are compiled twice: for AVX2, which every processor that we run on has, and for AVX-512 with
// bf16. Which variant runs is decided once, by what the processor has. All that depends on the width of a vector lives in the
// namespace of its variant, so that the linker cannot take one for the other.
#pragma once

#if defined(__AVX512F__) && defined(__AVX512BF16__)
#define AUSPEX_VARIANT avx512
#else
#define AUSPEX_VARIANT avx2
#endif
