// Thin layer over oneDNN: one engine, workspace slots, primitives and reorders that are made once and run many times.
#pragma once
#include <array>
#include <dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bf16.h"
#include "program.h"

namespace auspex {

dnnl::engine& Engine();
dnnl::stream& Stream();

/** Whether oneDNN has kernels in bf16 for this processor. */
bool MultipliesBf16();

/** Whether a large convolution, timed now, takes less time in bf16. */
bool ProbeIsQuickerInBf16();

/** Whether oneDNN multiplies bf16 by tiles. */
bool HasAmx();

/** Scratch memory of primitives comes from the workspace. */
dnnl::primitive_attr UserScratchpad();

/** The parts of a kernel's workspace; users of the same slot take turns, so a slot is as large as its largest user. */
class Layout {
 public:
  enum Slot { kWeights, kInput, kOutput, kFresh, kScratch, kSlots };

  void want(Slot slot, size_t bytes) { sizes_[slot] = std::max(sizes_[slot], (bytes + 63) / 64 * 64); }
  char* at(char* workspace, Slot slot) const {
    for (int before = 0; before < slot; ++before) workspace += sizes_[before];
    return workspace;
  }
  size_t bytes() const {
    size_t sum = 0;
    for (size_t size : sizes_) sum += size;
    return sum;
  }

 private:
  std::array<size_t, kSlots> sizes_{};
};

/** A primitive with its arguments; pointers are filled in at each run. */
class Primitive {
 public:
  template <typename PrimitiveDesc>
  Primitive(const PrimitiveDesc& pd, const std::vector<std::pair<int, dnnl::memory::desc>>& arguments, Layout& layout)
      : primitive_(pd.get()), scratchBytes_(pd.scratchpad_desc().get_size()) {
    for (const auto& [index, desc] : arguments) arguments_.emplace(index, dnnl::memory(desc, Engine(), nullptr));
    if (scratchBytes_ == 0) return;
    layout.want(Layout::kScratch, scratchBytes_);
    arguments_.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(pd.scratchpad_desc(), Engine(), nullptr));
  }

  void run(const Layout& layout, char* workspace, std::initializer_list<std::pair<int, void*>> pointers) {
    for (const auto& [index, pointer] : pointers) arguments_.at(index).set_data_handle(pointer);
    if (scratchBytes_ > 0) arguments_.at(DNNL_ARG_SCRATCHPAD).set_data_handle(layout.at(workspace, Layout::kScratch));
    primitive_.execute(Stream(), arguments_);
  }

 private:
  dnnl::primitive primitive_;
  size_t scratchBytes_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

/** Copies from one layout or type to another; `accumulate` adds to what is there. */
Primitive MakeReorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to, bool accumulate, Layout& layout);

/** bf16 -> f32 and back, on all threads. */
void Widen(const Bf16* from, float* to, int64_t count);
void Narrow(const float* from, Bf16* to, int64_t count);

}  // namespace auspex
