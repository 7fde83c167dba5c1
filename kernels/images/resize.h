// The bilinear, antialiased resize of uint8 RGB of Pillow 13, bit for bit.
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

// Four taps of one output, as the horizontal pass multiplies them.
struct alignas(64) StepWeights {
  int16_t upper[16];
  int16_t lower[16];
};

class Resizer {
 public:
  // Writes (window.height, window.width, 3).
  void Run(const ImageView& image, const ResizePlan& plan, uint8_t* output);

 private:
  // Rows of RGB bytes; nothing at or after `end` may be read.
  struct Pixels {
    const uint8_t* first;
    size_t pitch;
    const uint8_t* end;
  };

  // The taps of the columns as the horizontal pass wants them, mirrored where the output is.
  void PrepareSteps(bool flip);
  void Horizontal(const Pixels& source, size_t length, int num_rows, uint8_t* output, size_t output_pitch);
  template <int kSteps>
  void HorizontalSteps(const Pixels& source, size_t length, int num_rows, uint8_t* output, size_t output_pitch);
  void Vertical(const Pixels& source, size_t length, uint8_t* output, size_t output_pitch) const;

  Taps columns_;
  Taps rows_;
  std::vector<double> triangle_;
  std::vector<int> first_bytes_;
  int num_steps_ = 0;  // per output
  Scratch<StepWeights> step_weights_;
  Scratch<uint8_t> first_pass_;
  Scratch<uint8_t> second_pass_;
  Scratch<uint8_t> padded_rows_[2];
};

}  // namespace auspex::images
