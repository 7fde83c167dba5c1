#include "initialise.h"

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

/** The upper 53 bits as a number in (0, 1). */
double Unit(uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

}  // namespace

void Initialise(const Tensor& tensor, const std::string& name, uint64_t firstElement, Distribution distribution, float amount, uint64_t seed) {
  const uint64_t key = HashOf(name, seed) + 2 * firstElement;
  ForRanges(tensor.elements(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float& value = tensor.f32()[i];
      const double first = Unit(Mix(key + 2 * static_cast<uint64_t>(i)));
      if (distribution == Distribution::kConstant) {
        value = amount;
      } else if (distribution == Distribution::kUniform) {
        value = static_cast<float>((2 * first - 1) * amount);
      } else {
        const double second = Unit(Mix(key + 2 * static_cast<uint64_t>(i) + 1));
        value = static_cast<float>(std::sqrt(-2 * std::log(first)) * std::cos(6.283185307179586 * second) * amount);
      }
    }
  });
}

}  // namespace auspex
