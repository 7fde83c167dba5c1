// How points of a map push each other away: sums over all pairs of 1 / (1 + d^2), exactly or on a grid.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "fourier.h"

namespace auspex::tsne {

// Of phi(y) = sum over all points j of 1 / (1 + |y - y_j|^2), the gradient at each point, (count, 2), and Z = the sum of phi over all points
// without each point's own 1. The push on point i is -gradient / 2, for d/dy 1 / (1 + d^2) = -2 (y - y_j) / (1 + d^2)^2.
class Repulsion {
 public:
  virtual ~Repulsion() = default;
  // @param points (count, 2). Returns Z.
  virtual double Of(const float* points, int64_t count, float* gradients) = 0;
};

// Every pair, in f32, with sums of a point in f64: for few points, and to compare with.
class ExactRepulsion : public Repulsion {
 public:
  double Of(const float* points, int64_t count, float* gradients) override;

 private:
  std::vector<float> x_, y_;
};

// Interpolation on a grid (Linderman et al., 2019), by splines: 1 / (1 + d^2) is written as the sum over knots a and b of
// B(y - a) C(a - b) B(y' - b), B being the B-spline of degree 5 in each direction and C such that both sides agree on the grid. Points are
// spread onto the grid with B, C is a convolution, and B and its derivative, which is smooth, read phi and its gradient off: one
// convolution in all, whatever the number of points. What it says of a point alone, which ought to be 1 without a gradient, is taken off
// again. Time: 36 knots a point, and the transforms of a grid that the map's extent decides.
class GridRepulsion : public Repulsion {
 public:
  double Of(const float* points, int64_t count, float* gradients) override;

 private:
  void Prepare(double extent);
  void TabulateOwn();

  // Of a point alone, by where it lies between knots.
  struct Own {
    float phi, along_x, along_y;
  };
  Own OwnAt(float x, float y) const;

  std::unique_ptr<GridConvolution> convolution_;
  double spacing_ = 0;
  std::vector<float> grid_, parts_;
  std::vector<Own> own_;
};

}  // namespace auspex::tsne
