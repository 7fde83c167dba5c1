// Sums and maxima over the inputs of several ranks, element by element and always in rank order: every rank that computes
// one gets the same bits.
#pragma once
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "communicator.h"

namespace auspex {

/** Work of fewer bytes is not worth waking a second thread. */
constexpr size_t kParallelBytes = size_t{1} << 20;

/** Calls body(begin, end) on parts of 0..count, on the calling thread's team if it has one and the work is worth it. */
template <typename Body>
void InParts(size_t count, size_t elementBytes, const Body& body) {
  if (count * elementBytes < kParallelBytes || omp_get_max_threads() == 1) {
    body(size_t{0}, count);
    return;
  }
#pragma omp parallel
  {
    const size_t parts = static_cast<size_t>(omp_get_num_threads()), part = static_cast<size_t>(omp_get_thread_num());
    const size_t units = (count + 63) / 64;
    body(std::min(count, units * part / parts * 64), std::min(count, units * (part + 1) / parts * 64));
  }
}

inline void CopyBytes(char* to, const char* from, size_t bytes) {
  InParts(bytes, 1, [&](size_t begin, size_t end) { std::memcpy(to + begin, from + begin, end - begin); });
}

struct Sum {
  template <typename Element>
  static Element of(Element a, Element b) {
    return a + b;
  }
};

/** NaN if either is. */
struct Maximum {
  template <typename Element>
  static Element of(Element a, Element b) {
    return a > b || a != a ? a : b;
  }
};

/** out = scale * (inputs[0] op inputs[1] op ...), from the left; at least two inputs, none of which overlaps `out`. */
template <typename Operator, typename Element>
void Combine(Element* out, const std::vector<const Element*>& inputs, size_t begin, size_t end, Element scale) {
  constexpr size_t kBlock = 2048;  // of `out`, so that it stays in the first cache while inputs are added
  for (size_t at = begin; at < end; at += kBlock) {
    const size_t count = std::min(kBlock, end - at);
    Element* __restrict to = out + at;
    const Element *a = inputs[0] + at, *b = inputs[1] + at;
    for (size_t i = 0; i < count; ++i) to[i] = Operator::of(a[i], b[i]);
    for (size_t input = 2; input < inputs.size(); ++input) {
      const Element* next = inputs[input] + at;
      for (size_t i = 0; i < count; ++i) to[i] = Operator::of(to[i], next[i]);
    }
    if (scale != Element{1}) {
      for (size_t i = 0; i < count; ++i) to[i] *= scale;
    }
  }
}

template <typename Element>
void CombineAll(Element* out, const std::vector<const Element*>& inputs, size_t count, Reduction reduction, Element scale = 1) {
  InParts(count, sizeof(Element), [&](size_t begin, size_t end) {
    if (reduction == Reduction::kSum) {
      Combine<Sum>(out, inputs, begin, end, scale);
    } else {
      Combine<Maximum>(out, inputs, begin, end, scale);
    }
  });
}

}  // namespace auspex
