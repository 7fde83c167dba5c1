// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): random numbers as a pure function of
// a key and a counter, so that a crop's draws depend on nothing but who it is.
#pragma once
#include <array>
#include <cstdint>

namespace auspex::images {

// The draws of one crop: keyed by (seed), counted by (epoch, image, crop, number of the draw).
class CropRandom {
 public:
  CropRandom(uint64_t seed, uint32_t epoch, uint64_t image, uint16_t crop)
      : seed_(seed), image_(image), epoch_(epoch), crop_(crop) {}

  // In [0, 1), in steps of 2^-32.
  double Uniform() { return Next() * 0x1p-32; }
  double Between(double low, double high) { return low + (high - low) * Uniform(); }
  bool Chance(double probability) { return Uniform() < probability; }
  // In [0, bound).
  int Below(int bound) { return static_cast<int>(static_cast<uint64_t>(Next()) * static_cast<uint32_t>(bound) >> 32); }

 private:
  uint32_t Next() {
    if (drawn_ % 4 == 0) block_ = Block(drawn_ / 4);
    return block_[drawn_++ % 4];
  }

  std::array<uint32_t, 4> Block(uint32_t number) const {
    std::array<uint32_t, 4> c = {number | static_cast<uint32_t>(crop_) << 16, epoch_, static_cast<uint32_t>(image_),
                                 static_cast<uint32_t>(image_ >> 32)};
    uint32_t k0 = static_cast<uint32_t>(seed_);
    uint32_t k1 = static_cast<uint32_t>(seed_ >> 32);
    for (int round = 0; round < 10; round++) {
      const uint64_t p0 = uint64_t{0xD2511F53} * c[0];
      const uint64_t p1 = uint64_t{0xCD9E8D57} * c[2];
      c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(p1),
           static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(p0)};
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    return c;
  }

  const uint64_t seed_;
  const uint64_t image_;
  const uint32_t epoch_;
  const uint16_t crop_;
  uint32_t drawn_ = 0;
  std::array<uint32_t, 4> block_ = {};
};

}  // namespace auspex::images
