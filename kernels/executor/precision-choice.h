// Where bf16 is multiplied without tiles, it depends on a convolution's shape whether that is quicker than widening its maps to
// f32 and back. Each shape is measured once, on memory of its own; what was found is kept by whoever asks for it
// (kernels/precision-choices.ts), so that the same machine computes the same bits the next time.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "kernel.h"

namespace auspex {

/** Makes the kernel of an operation that does, or does not, widen its maps. */
using MakeEither = std::function<KernelPtr(const Operation& operation, bool widen)>;

/** Whether a convolution whose maps are of this type is to widen them to f32. */
bool WidensMaps(const Operation& operation, DType maps, int threads, const MakeEither& make);

/** Whether oneDNN computes in bf16 on this processor, and sooner than in f32: with AMX, or where it was measured once. */
bool IsQuickInBf16();

/** Questions (shapes, for whether they widen) and their answers: all that were measured or given. */
std::map<std::string, bool> PrecisionChoices();
void AddPrecisionChoices(const std::map<std::string, bool>& choices);

}  // namespace auspex
