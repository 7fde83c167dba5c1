// Convolutions whose groups have 8 channels, computed two groups at a time, as one of 16 channels whose weights between the two
// are zero: oneDNN has AMX kernels for groups of 16 and none for 8. docs/performance.md says what that gives, and what it does not.
//
//     weights (3 groups of 8 x 8)            [0      ]
//     [0] [1] [2]                     ──▶    [  1    ]   (2 groups of 16 x 16; the last half is empty where they are odd)
//                                                 [2  ]
//                                                 [  -]
#pragma once
#include <cstring>

#include "program.h"

namespace auspex {

struct PairedGroups {
  /** Of one group, in and out. */
  static constexpr int64_t kChannels = 8;
  int64_t groups = 0;  // as the program has them; 0 where nothing is paired
  int64_t area = 0;    // kernel * kernel

  explicit operator bool() const { return groups > 0; }
  int64_t pairs() const { return (groups + 1) / 2; }
  /** Channels of a map as the kernel sees it. */
  int64_t padded(int64_t channels) const { return groups == 0 ? channels : 2 * kChannels * pairs(); }
  int64_t expandedElements() const { return pairs() * 4 * kChannels * kChannels * area; }

  /** (groups, 8, 8, area) into (pairs, 16, 16, area). */
  template <typename T>
  void expand(const T* weights, T* expanded) const {
    std::memset(expanded, 0, expandedElements() * sizeof(T));
    // All input channels of an output channel lie together.
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t half = group % 2 * kChannels;
      for (int64_t out = 0; out < kChannels; ++out) {
        const int64_t row = (group / 2) * 2 * kChannels + half + out;
        std::memcpy(expanded + (row * 2 * kChannels + half) * area, weights + (group * kChannels + out) * kChannels * area, kChannels * area * sizeof(T));
      }
    }
  }
};

}  // namespace auspex
