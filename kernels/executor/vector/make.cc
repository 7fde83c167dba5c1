#include "make.h"

#include <dnnl.hpp>

namespace auspex {

KernelPtr MakeVectorKernel(const Operation& operation, int threads) {
  // Asked of oneDNN, so that its environment variable for a lower instruction set holds for these kernels too.
  static const bool has_avx512 = [] {
    constexpr auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
  }();
  return has_avx512 ? avx512::MakeVectorKernel(operation, threads) : avx2::MakeVectorKernel(operation, threads);
}

}  // namespace auspex
