// A kernel runs one operation. It is made once, when the program is compiled, and allocates nothing while it runs.
#pragma once
#include <memory>
#include <string>

#include "program.h"

namespace auspex {

class Kernel {
 public:
  virtual ~Kernel() = default;
  /** Bytes of arena that the kernel uses while it runs. */
  virtual size_t workspaceBytes() const { return 0; }
  /** Whether it runs on the communication queue, beside what the compute thread does meanwhile. */
  virtual bool communicates() const { return false; }
  /** Right before the first run, and before the next one whenever parameters or states were written from outside. */
  virtual void prepare(char* workspace) {}
  /** @param workspace 64-byte aligned; null where workspaceBytes() is 0. */
  virtual void run(char* workspace) = 0;
};

using KernelPtr = std::unique_ptr<Kernel>;

/** Each returns null for kinds that it does not know. `threads` is the number that will run the program. */
KernelPtr MakeConvolutionKernel(const Operation& operation, int threads);
KernelPtr MakeFoldedConvolutionKernel(const Operation& operation, int threads);
KernelPtr MakeLinearKernel(const Operation& operation, int threads);
KernelPtr MakeLossKernel(const Operation& operation, int threads);
KernelPtr MakeCommunicationKernel(const Operation& operation, int threads);

KernelPtr MakeKernel(const Operation& operation, int threads);

}  // namespace auspex
