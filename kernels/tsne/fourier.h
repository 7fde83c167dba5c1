// Discrete Fourier transforms of many columns at once, and what is built on them: the convolution of a square grid with an even kernel.
#pragma once
#include <cstdint>
#include <vector>

namespace auspex::tsne {

// Transforms of one length, whose prime factors are 2 and 3, in Stockham's order: nothing has to be put into order at the end, and the
// innermost loop runs over memory that lies together.
template <typename T>
class Fourier {
 public:
  explicit Fourier(int64_t length);

  // Of (length, columns), real and imaginary parts apart, without a factor; what is given is overwritten, and so is the memory for a copy.
  // The inverse (without its 1 / length) is the same with real and imaginary parts exchanged.
  void Run(T* real, T* imaginary, int64_t columns, std::vector<T>& copy) const;

 private:
  int64_t length_;
  std::vector<int64_t> radices_;
  std::vector<T> cosines_, sines_;
};

// value(i, j) = sum over k, l of kernel(|i - k|, |j - l|) * charge(k, l), on a grid of `side` x `side`, which must be even. Padded to twice
// the side, so that nothing comes around the edge. Real columns are transformed two at a time, and of the spectrum there is one half.
class GridConvolution {
 public:
  explicit GridConvolution(int64_t side);

  // Of the kernel on the doubled grid, (side + 1, side + 1): its transform, by which spectra are multiplied. It is even and symmetric.
  // @param kernel (side + 1, side + 1) of distances 0 to side in both directions
  static std::vector<double> Spectrum(const std::vector<double>& kernel, int64_t side);

  // Takes a spectrum, (side + 1, side + 1).
  void SetSpectrum(const std::vector<double>& spectrum);

  // In place.
  void Run(float* grid);

  int64_t side() const { return side_; }

 private:
  void TransformColumns(const float* grid);
  void MultiplyRows();
  void RestoreColumns(float* grid);

  const int64_t side_, stride_;
  const Fourier<float> fourier_;
  // (side + 1, stride): rows are frequencies; columns those of the grid.
  std::vector<float> real_, imaginary_;
  // (side + 1, stride)
  std::vector<float> kernel_;
};

}  // namespace auspex::tsne
