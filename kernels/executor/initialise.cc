#include "initialise.h"

#include <algorithm>
#include <cmath>

#include "parallel.h"

namespace auspex {
namespace {

/** SplitMix64's output function (Steele et al. 2014): a well-mixed hash of a counter. */
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

uint64_t HashOf(const std::string& name, uint64_t seed) {
  uint64_t hash = Mix(seed);
  for (const char letter : name) hash = Mix(hash ^ static_cast<unsigned char>(letter));
  return hash;
}

/** The upper 53 bits as a number in (0, 1), also where all of them are set. */
double Unit(uint64_t bits) { return std::min((static_cast<double>(bits >> 11) + 0.5) * 0x1p-53, 1 - 0x1p-53); }

/** The number below which a share of the standard normal distribution lies, to 7 digits (Wichura 1988, AS 241, PPND7). */
double NormalQuantile(double share) {
  const double q = share - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
           (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  const double r = std::sqrt(-std::log(q < 0 ? share : 1 - share));
  const double near = r - 1.6, far = r - 5;
  const double size = r <= 5 ? (((0.17023821103 * near + 1.3067284816) * near + 2.7568153900) * near + 1.4234372777) /
                                   ((0.12021132975 * near + 0.73700164250) * near + 1)
                             : (((0.017337203997 * far + 0.42868294337) * far + 3.0812263860) * far + 6.6579051150) /
                                   ((0.012258202635 * far + 0.24197894225) * far + 1);
  return q < 0 ? -size : size;
}

}  // namespace

void Initialise(const Tensor& tensor, const std::string& name, uint64_t firstElement, Distribution distribution, float amount, uint64_t seed) {
  const uint64_t key = HashOf(name, seed) + firstElement;
  ForRanges(tensor.elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float& value = tensor.f32()[i];
      const double drawn = Unit(Mix(key + static_cast<uint64_t>(i)));
      if (distribution == Distribution::kConstant) {
        value = amount;
      } else if (distribution == Distribution::kUniform) {
        value = static_cast<float>((2 * drawn - 1) * amount);
      } else {
        value = static_cast<float>(NormalQuantile(drawn) * amount);
      }
    }
  });
}

}  // namespace auspex
