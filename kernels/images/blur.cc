#include "blur.h"

#include <cmath>
#include <cstring>
#include <utility>

namespace auspex::images {
namespace {

constexpr int kPasses = 3;

// 2 * whole + 1 full pixels and a share of one more on either side; weights in units of 2^-24.
struct Kernel {
  int whole;
  uint32_t full_weight;
  uint32_t edge_weight;
};

// The box whose kPasses-fold repetition has the variance of the Gaussian.
Kernel KernelOf(float radius) {
  const float variance = radius * radius / kPasses;
  const float whole = std::floor((std::sqrt(12.0f * variance + 1.0f) - 1.0f) / 2.0f);
  const float share =
      (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) * (whole + 1)));
  Kernel box;
  box.whole = static_cast<int>(whole + share);
  box.full_weight = static_cast<uint32_t>((1 << 24) / ((whole + share) * 2 + 1));
  box.edge_weight = ((1 << 24) - (2 * box.whole + 1) * box.full_weight) / 2;
  return box;
}

inline uint8_t Weigh(uint32_t inside, uint32_t edges, const Kernel& box) {
  return static_cast<uint8_t>((inside * box.full_weight + edges * box.edge_weight + (1 << 23)) >> 24);
}

// out[i] from in[i - (whole + 1) * step ... i + (whole + 1) * step]. The radii of SwAV, up to 2.4, have whole 0 or 1.
void BoxPass(const uint8_t* __restrict in, uint8_t* __restrict out, ptrdiff_t count, ptrdiff_t step, Kernel box) {
  if (box.whole == 0) {
    for (ptrdiff_t i = 0; i < count; i++) {
      const uint16_t edges = in[i - step] + in[i + step];
      out[i] = Weigh(in[i], edges, box);
    }
  } else if (box.whole == 1) {
    for (ptrdiff_t i = 0; i < count; i++) {
      const uint16_t inside = in[i - step] + in[i] + in[i + step];
      const uint16_t edges = in[i - 2 * step] + in[i + 2 * step];
      out[i] = Weigh(inside, edges, box);
    }
  } else {
    for (ptrdiff_t i = 0; i < count; i++) {
      uint32_t inside = 0;
      for (ptrdiff_t d = -box.whole; d <= box.whole; d++) inside += in[i + d * step];
      const ptrdiff_t far = (box.whole + 1) * step;
      out[i] = Weigh(inside, in[i - far] + in[i + far], box);
    }
  }
}

}  // namespace

// Each direction works on a copy whose edge pixels are repeated outwards, so that a pass is one loop over all pixels: the
// neighbours are 1 apart along a row and a row apart along a column.
void Blur::Run(const Planes& image, float radius) {
  const Kernel box = KernelOf(radius);
  const size_t width = image.width;
  const size_t height = image.height;
  const size_t border = box.whole + 1;
  const size_t pitch = width + 2 * border;
  // The passes along rows also run over the borders and so read beyond the first and the last row.
  uint8_t* from = from_.Reserve((height + 2 * border) * pitch + 2 * border);
  uint8_t* to = to_.Reserve((height + 2 * border) * pitch + 2 * border);

  for (uint8_t* plane : {image.red, image.green, image.blue}) {
    for (size_t y = 0; y < height; y++) std::memcpy(from + (y + 1) * pitch + border, plane + y * width, width);
    for (int pass = 0; pass < kPasses; pass++) {
      for (size_t y = 0; y < height; y++) {
        uint8_t* row = from + (y + 1) * pitch;
        std::memset(row, row[border], border);
        std::memset(row + border + width, row[border + width - 1], border);
      }
      BoxPass(from + pitch + border, to + pitch + border, height * pitch - 2 * border, 1, box);
      std::swap(from, to);
    }
    for (size_t y = 0; y < height; y++) std::memcpy(plane + y * width, from + (y + 1) * pitch + border, width);

    std::memcpy(from + border * width, plane, height * width);
    for (int pass = 0; pass < kPasses; pass++) {
      uint8_t* first = from + border * width;
      uint8_t* last = first + (height - 1) * width;
      for (size_t i = 1; i <= border; i++) {
        std::memcpy(first - i * width, first, width);
        std::memcpy(last + i * width, last, width);
      }
      BoxPass(first, to + border * width, height * width, width, box);
      std::swap(from, to);
    }
    std::memcpy(plane, from + border * width, height * width);
  }
}

}  // namespace auspex::images
