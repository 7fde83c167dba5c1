#include "repulsion.h"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "../executor/parallel.h"

namespace auspex::tsne {
namespace {

// Knots that a point is spread to in each direction, and how many of them lie below it.
constexpr int64_t kSupport = 6, kBelow = 2;
// Knots around the outermost points.
constexpr int64_t kMargin = 4;
// Between knots: 1 / (1 + d^2) is resolved at a half. Small maps take less, for what it costs.
constexpr double kSpacing = 0.5;
constexpr int64_t kLeastSide = 64, kMostSide = 2048;
constexpr double kLeastSpacing = 0.125;
// Places between two knots, in each direction, at which it is known what the grid says of a point alone.
constexpr int64_t kOwn = 32;

// The B-spline of degree 5 at distances t + 2, t + 1, t, 1 - t, 2 - t, 3 - t from its middle, for 0 <= t < 1, and its derivative by t.
inline void Spline(float t, float* values, float* slopes) {
  const float s = 1 - t, t2 = t * t, t3 = t2 * t, t4 = t3 * t, t5 = t4 * t, s2 = s * s, s3 = s2 * s, s4 = s3 * s, s5 = s4 * s;
  const float inner = 1.0f / 120;
  values[0] = inner * s5;
  values[5] = inner * t5;
  values[1] = inner * (1 + 5 * s + 10 * s2 + 10 * s3 + 5 * s4 - 5 * s5);
  values[4] = inner * (1 + 5 * t + 10 * t2 + 10 * t3 + 5 * t4 - 5 * t5);
  values[2] = inner * (66 - 60 * t2 + 30 * t4 - 10 * t5);
  values[3] = inner * (66 - 60 * s2 + 30 * s4 - 10 * s5);
  const float outer = 1.0f / 24;
  slopes[0] = -outer * s4;
  slopes[5] = outer * t4;
  slopes[1] = -outer * (1 + 4 * s + 6 * s2 + 4 * s3 - 5 * s4);
  slopes[4] = outer * (1 + 4 * t + 6 * t2 + 4 * t3 - 5 * t4);
  slopes[2] = outer * (-24 * t + 24 * t3 - 10 * t4);
  slopes[3] = -outer * (-24 * s + 24 * s3 - 10 * s4);
}

// What B-splines at the knots of a grid are multiplied by at a frequency.
double SplineAtFrequency(int64_t k, int64_t length) {
  const double angle = 2 * M_PI * static_cast<double>(k) / static_cast<double>(length);
  return (66 + 52 * std::cos(angle) + 2 * std::cos(2 * angle)) / 120;
}

// The least even length of factors 2 and 3 that is not below.
int64_t SideFor(int64_t least) {
  int64_t best = kMostSide;
  for (int64_t power = kLeastSide; power <= kMostSide; power *= 2) {
    for (const int64_t side : {power, power + power / 2}) {
      if (side >= least && side < best) best = side;
    }
  }
  return best;
}

}  // namespace

double ExactRepulsion::Of(const float* points, int64_t count, float* gradients) {
  x_.resize(count);
  y_.resize(count);
  for (int64_t i = 0; i < count; ++i) {
    x_[i] = points[2 * i];
    y_[i] = points[2 * i + 1];
  }
  std::vector<double> sums(omp_get_max_threads(), 0.0);
  OnEachThread([&](int thread, int threads) {
    const Range range = Split(count, thread, threads);
    double all = 0;
    for (int64_t i = range.begin; i < range.end; ++i) {
      const float x = x_[i], y = y_[i];
      double phi = 0, along_x = 0, along_y = 0;
      // f32 within a block, for speed; f64 between blocks.
      for (int64_t first = 0; first < count; first += 256) {
        const int64_t last = std::min(first + 256, count);
        float block_phi = 0, block_x = 0, block_y = 0;
#pragma omp simd reduction(+ : block_phi, block_x, block_y)
        for (int64_t j = first; j < last; ++j) {
          const float dx = x - x_[j], dy = y - y_[j], value = 1 / (1 + dx * dx + dy * dy);
          block_phi += value;
          block_x += value * value * dx;
          block_y += value * value * dy;
        }
        phi += block_phi;
        along_x += block_x;
        along_y += block_y;
      }
      gradients[2 * i] = static_cast<float>(-2 * along_x);
      gradients[2 * i + 1] = static_cast<float>(-2 * along_y);
      all += phi - 1;
    }
    sums[thread] = all;
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

// The grid is made anew where the map has outgrown it, or fills a small part of it.
void GridRepulsion::Prepare(double extent) {
  double spacing = kSpacing;
  while (spacing / 2 >= kLeastSpacing && extent / (spacing / 2) + 2 * kMargin <= static_cast<double>(kLeastSide)) spacing /= 2;
  const int64_t side = SideFor(static_cast<int64_t>(std::ceil(extent / spacing)) + 2 * kMargin);
  if (extent / spacing + 2 * kMargin > static_cast<double>(side)) spacing = extent / static_cast<double>(side - 2 * kMargin - 1);
  if (convolution_ && convolution_->side() == side && spacing_ == spacing) return;
  spacing_ = spacing;
  if (!convolution_ || convolution_->side() != side) convolution_ = std::make_unique<GridConvolution>(side);
  std::vector<double> kernel((side + 1) * (side + 1));
  const double squared = spacing * spacing;
  for (int64_t i = 0; i <= side; ++i) {
    for (int64_t j = 0; j <= side; ++j) kernel[i * (side + 1) + j] = 1 / (1 + squared * static_cast<double>(i * i + j * j));
  }
  std::vector<double> spectrum = GridConvolution::Spectrum(kernel, side);
  // Both points of a pair are interpolated.
  for (int64_t i = 0; i <= side; ++i) {
    for (int64_t j = 0; j <= side; ++j) {
      const double both = SplineAtFrequency(i, 2 * side) * SplineAtFrequency(j, 2 * side);
      spectrum[i * (side + 1) + j] /= both * both;
    }
  }
  convolution_->SetSpectrum(spectrum);
  TabulateOwn();
}

void GridRepulsion::TabulateOwn() {
  const int64_t side = convolution_->side(), middle = side / 2;
  grid_.assign(side * side, 0.0f);
  grid_[middle * side + middle] = 1;
  convolution_->Run(grid_.data());
  own_.resize(kOwn * kOwn);
  ForEach(kOwn, [&](int64_t j) {
    float wy[kSupport], sy[kSupport], wx[kSupport], sx[kSupport];
    Spline(static_cast<float>(j) / kOwn, wy, sy);
    for (int64_t i = 0; i < kOwn; ++i) {
      Spline(static_cast<float>(i) / kOwn, wx, sx);
      double phi = 0, along_x = 0, along_y = 0;
      for (int64_t a = 0; a < kSupport * kSupport; ++a) {
        for (int64_t b = 0; b < kSupport * kSupport; ++b) {
          const int64_t ra = a / kSupport, ca = a % kSupport, rb = b / kSupport, cb = b % kSupport;
          const double coupling = static_cast<double>(grid_[(middle + ra - rb) * side + middle + ca - cb]) * wy[rb] * wx[cb];
          phi += coupling * wy[ra] * wx[ca];
          along_x += coupling * wy[ra] * sx[ca];
          along_y += coupling * sy[ra] * wx[ca];
        }
      }
      own_[j * kOwn + i] = {static_cast<float>(phi), static_cast<float>(along_x), static_cast<float>(along_y)};
    }
  });
}

// Between the four nearest places of the table, which goes around.
GridRepulsion::Own GridRepulsion::OwnAt(float x, float y) const {
  const float at_x = x * kOwn, at_y = y * kOwn;
  const auto i = static_cast<int64_t>(at_x), j = static_cast<int64_t>(at_y);
  const float u = at_x - static_cast<float>(i), v = at_y - static_cast<float>(j);
  const Own* const row = own_.data() + (j % kOwn) * kOwn;
  const Own* const next = own_.data() + ((j + 1) % kOwn) * kOwn;
  const int64_t left = i % kOwn, right = (i + 1) % kOwn;
  const auto between = [&](float Own::*part) {
    const float above = row[left].*part + u * (row[right].*part - row[left].*part);
    const float below = next[left].*part + u * (next[right].*part - next[left].*part);
    return above + v * (below - above);
  };
  return {between(&Own::phi), between(&Own::along_x), between(&Own::along_y)};
}

double GridRepulsion::Of(const float* points, int64_t count, float* gradients) {
  float low[2] = {points[0], points[1]}, high[2] = {points[0], points[1]};
  for (int64_t i = 0; i < count; ++i) {
    for (int axis = 0; axis < 2; ++axis) {
      low[axis] = std::min(low[axis], points[2 * i + axis]);
      high[axis] = std::max(high[axis], points[2 * i + axis]);
    }
  }
  Prepare(std::max(high[0] - low[0], high[1] - low[1]));
  const int64_t side = convolution_->side(), size = side * side;
  const auto inverse = static_cast<float>(1 / spacing_);
  const auto place = [&](int64_t i, int axis, float& rest) {
    const float at = (points[2 * i + axis] - low[axis]) * inverse + static_cast<float>(kMargin);
    const auto knot = static_cast<int64_t>(at);
    rest = at - static_cast<float>(knot);
    return knot - kBelow;
  };

  const int most = omp_get_max_threads();
  parts_.assign(most * size, 0.0f);
  int used = 1;
  OnEachThread([&](int thread, int threads) {
    if (thread == 0) used = threads;
    float* const own = parts_.data() + thread * size;
    const Range range = Split(count, thread, threads);
    for (int64_t i = range.begin; i < range.end; ++i) {
      float wx[kSupport], wy[kSupport], slopes[kSupport], rest;
      const int64_t column = place(i, 0, rest);
      Spline(rest, wx, slopes);
      const int64_t row = place(i, 1, rest);
      Spline(rest, wy, slopes);
      for (int64_t r = 0; r < kSupport; ++r) {
        float* const knots = own + (row + r) * side + column;
        for (int64_t c = 0; c < kSupport; ++c) knots[c] += wy[r] * wx[c];
      }
    }
  });
  grid_.resize(size);
  ForRanges(size, 4096, [&](int64_t begin, int64_t end) {
    std::copy(parts_.begin() + begin, parts_.begin() + end, grid_.begin() + begin);
    for (int part = 1; part < used; ++part) {
      const float* const from = parts_.data() + part * size;
#pragma omp simd
      for (int64_t k = begin; k < end; ++k) grid_[k] += from[k];
    }
  });

  convolution_->Run(grid_.data());

  std::vector<double> sums(most, 0.0);
  OnEachThread([&](int thread, int threads) {
    const Range range = Split(count, thread, threads);
    double all = 0;
    for (int64_t i = range.begin; i < range.end; ++i) {
      float wx[kSupport], wy[kSupport], sx[kSupport], sy[kSupport], rest_x, rest_y;
      const int64_t column = place(i, 0, rest_x);
      Spline(rest_x, wx, sx);
      const int64_t row = place(i, 1, rest_y);
      Spline(rest_y, wy, sy);
      float phi = 0, along_x = 0, along_y = 0;
      for (int64_t r = 0; r < kSupport; ++r) {
        const float* const knots = grid_.data() + (row + r) * side + column;
        float value = 0, slope = 0;
        for (int64_t c = 0; c < kSupport; ++c) {
          value += wx[c] * knots[c];
          slope += sx[c] * knots[c];
        }
        phi += wy[r] * value;
        along_x += wy[r] * slope;
        along_y += sy[r] * value;
      }
      const Own own = OwnAt(rest_x, rest_y);
      gradients[2 * i] = (along_x - own.along_x) * inverse;
      gradients[2 * i + 1] = (along_y - own.along_y) * inverse;
      all += static_cast<double>(phi) - own.phi;
    }
    sums[thread] = all;
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

}  // namespace auspex::tsne
