#include <sys/syscall.h>
#include <unistd.h>

#include "../dnnl-helpers.h"
#include "convolution.h"
#include "has-tiles.h"
#include "linear.h"
#include "weight-gradient.h"

namespace auspex {

namespace tiles {
KernelPtr MakeConvolution(const ConvolutionOperands& operands, int threads);
KernelPtr MakeLinear(const LinearOperands& operands, int threads);
KernelPtr MakeWeightGradient(const WeightGradientOperands& operands, int threads);
}  // namespace tiles

namespace {

/** Linux lends a process its tiles only when asked. */
bool RequestTiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool HasTiles() {
  // Asked of oneDNN, so that its environment variable for a lower instruction set holds for these kernels too.
  static const bool has = HasAmx() && RequestTiles();
  return has;
}

KernelPtr MakeTileConvolution(const ConvolutionOperands& operands, int threads) {
  return HasTiles() ? tiles::MakeConvolution(operands, threads) : nullptr;
}

KernelPtr MakeTileLinear(const LinearOperands& operands, int threads) {
  return HasTiles() ? tiles::MakeLinear(operands, threads) : nullptr;
}

KernelPtr MakeTileWeightGradient(const WeightGradientOperands& operands, int threads) {
  return HasTiles() ? tiles::MakeWeightGradient(operands, threads) : nullptr;
}

}  // namespace auspex
