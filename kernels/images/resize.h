// Pillow's bilinear, antialiased resize of uint8 RGB, bit for bit.
#pragma once
#include <cstdint>
#include <vector>

#include "image.h"

namespace auspex::images {

// `box` is cut out first (pixels outside it have no influence) and resized to (height, width), of which only the window
// is computed: size (window.height, window.width) at (window.top, window.left).
struct ResizePlan {
  Box box;
  int height = 0;
  int width = 0;
  Box window;
  bool flip = false;  // mirror the window left to right
};

// The taps of one axis: output i reads `count[i]` inputs from `first[i]` on, with weights[i * stride ...] in units of 2^-22.
struct Taps {
  std::vector<int> first;
  std::vector<int> count;
  std::vector<int32_t> weights;
  int stride = 0;
};

class Resizer {
 public:
  // Writes (window.height, window.width, 3).
  void Run(const ImageView& image, const ResizePlan& plan, uint8_t* output);

 private:
  void PrepareHorizontal(const ResizePlan& plan);
  void Horizontal(const ImageView& image, const ResizePlan& plan, int first_row, int num_rows);
  void Vertical(const ResizePlan& plan, int first_row, uint8_t* output) const;

  Taps columns_;
  Taps rows_;
  std::vector<double> triangle_;
  std::vector<int32_t> paired_weights_;
  std::vector<uint8_t> intermediate_;  // (rows of the box that are needed, window.width, 3)
  std::vector<uint8_t> padded_rows_[2];
};

}  // namespace auspex::images
