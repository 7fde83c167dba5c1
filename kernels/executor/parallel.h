// Work shared among OpenMP threads. Every split depends on the number of threads alone, so that results repeat bit by bit.
#pragma once
#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace auspex {

struct Range {
  int64_t begin, end;
};

/** The part of 0..count that belongs to `index` of `parts`, in multiples of `grain`. */
inline Range Split(int64_t count, int index, int parts, int64_t grain = 1) {
  const int64_t units = (count + grain - 1) / grain;
  const int64_t begin = units * index / parts * grain, end = units * (index + 1) / parts * grain;
  return {std::min(begin, count), std::min(end, count)};
}

/** Calls body(thread, threads) on each thread of the team. */
template <typename Body>
void OnEachThread(const Body& body) {
#pragma omp parallel
  body(omp_get_thread_num(), omp_get_num_threads());
}

/** Calls body(begin, end) on contiguous parts of 0..count; small counts stay on the calling thread. */
template <typename Body>
void ForRanges(int64_t count, int64_t grain, const Body& body) {
  if (count <= grain) {
    body(0, count);
    return;
  }
#pragma omp parallel
  {
    const Range range = Split(count, omp_get_thread_num(), omp_get_num_threads(), grain);
    if (range.begin < range.end) body(range.begin, range.end);
  }
}

/** Calls body(index) for 0..count, handed out one at a time: for items of unequal size whose results do not mix. */
template <typename Body>
void ForEach(int64_t count, const Body& body) {
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t index = 0; index < count; ++index) body(index);
}

}  // namespace auspex
