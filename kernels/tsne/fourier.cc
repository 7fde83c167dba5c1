#include "fourier.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "../executor/parallel.h"

namespace auspex::tsne {
namespace {

// Columns that are transformed together: their copies stay in the second cache.
constexpr int64_t kColumns = 16;

// y = (x) times the twiddle (c, s), which is e^(-i angle) with s = -sin.
template <typename T>
inline void Turn(T real, T imaginary, T c, T s, T& out_real, T& out_imaginary) {
  out_real = real * c - imaginary * s;
  out_imaginary = real * s + imaginary * c;
}

}  // namespace

template <typename T>
Fourier<T>::Fourier(int64_t length) : length_(length), cosines_(length), sines_(length) {
  int64_t rest = length;
  for (const int64_t radix : {3, 4, 2}) {
    while (rest % radix == 0) {
      radices_.push_back(radix);
      rest /= radix;
    }
  }
  if (rest != 1) throw std::invalid_argument("a transform's length has another factor than 2 and 3");
  for (int64_t i = 0; i < length; ++i) {
    const double angle = -2 * M_PI * static_cast<double>(i) / static_cast<double>(length);
    cosines_[i] = static_cast<T>(std::cos(angle));
    sines_[i] = static_cast<T>(std::sin(angle));
  }
}

template <typename T>
void Fourier<T>::Run(T* real, T* imaginary, int64_t columns, std::vector<T>& copy) const {
  const int64_t size = length_ * columns;
  copy.resize(2 * size);
  const T *from_r = real, *from_i = imaginary;
  T *to_r = copy.data(), *to_i = copy.data() + size;
  int64_t rest = length_, done = 1;
  for (const int64_t radix : radices_) {
    const int64_t part = rest / radix, together = done * columns, step = length_ / rest;
    for (int64_t p = 0; p < part; ++p) {
      const T* const xr = from_r + p * together;
      const T* const xi = from_i + p * together;
      T* const yr = to_r + radix * p * together;
      T* const yi = to_i + radix * p * together;
      const int64_t apart = part * together;
      const T c1 = cosines_[p * step], s1 = sines_[p * step];
      if (radix == 2) {
#pragma omp simd
        for (int64_t q = 0; q < together; ++q) {
          const T ar = xr[q], ai = xi[q], br = xr[q + apart], bi = xi[q + apart];
          yr[q] = ar + br;
          yi[q] = ai + bi;
          Turn(ar - br, ai - bi, c1, s1, yr[q + together], yi[q + together]);
        }
        continue;
      }
      const T c2 = cosines_[2 * p * step], s2 = sines_[2 * p * step];
      if (radix == 3) {
        const T half_root = static_cast<T>(std::sqrt(0.75));
#pragma omp simd
        for (int64_t q = 0; q < together; ++q) {
          const T ar = xr[q], ai = xi[q], br = xr[q + apart], bi = xi[q + apart], cr = xr[q + 2 * apart], ci = xi[q + 2 * apart];
          const T sum_r = br + cr, sum_i = bi + ci, rest_r = ar - sum_r / 2, rest_i = ai - sum_i / 2;
          const T cross_r = half_root * (bi - ci), cross_i = -half_root * (br - cr);
          yr[q] = ar + sum_r;
          yi[q] = ai + sum_i;
          Turn(rest_r + cross_r, rest_i + cross_i, c1, s1, yr[q + together], yi[q + together]);
          Turn(rest_r - cross_r, rest_i - cross_i, c2, s2, yr[q + 2 * together], yi[q + 2 * together]);
        }
        continue;
      }
      const T c3 = cosines_[3 * p * step], s3 = sines_[3 * p * step];
#pragma omp simd
      for (int64_t q = 0; q < together; ++q) {
        const T ar = xr[q], ai = xi[q], br = xr[q + apart], bi = xi[q + apart];
        const T cr = xr[q + 2 * apart], ci = xi[q + 2 * apart], dr = xr[q + 3 * apart], di = xi[q + 3 * apart];
        const T ac_r = ar + cr, ac_i = ai + ci, a_c_r = ar - cr, a_c_i = ai - ci;
        const T bd_r = br + dr, bd_i = bi + di, turned_r = bi - di, turned_i = dr - br;
        yr[q] = ac_r + bd_r;
        yi[q] = ac_i + bd_i;
        Turn(a_c_r + turned_r, a_c_i + turned_i, c1, s1, yr[q + together], yi[q + together]);
        Turn(ac_r - bd_r, ac_i - bd_i, c2, s2, yr[q + 2 * together], yi[q + 2 * together]);
        Turn(a_c_r - turned_r, a_c_i - turned_i, c3, s3, yr[q + 3 * together], yi[q + 3 * together]);
      }
    }
    T* const next_r = const_cast<T*>(from_r);
    T* const next_i = const_cast<T*>(from_i);
    from_r = to_r;
    from_i = to_i;
    to_r = next_r;
    to_i = next_i;
    rest = part;
    done *= radix;
  }
  if (from_r != real) {
    std::copy(from_r, from_r + size, real);
    std::copy(from_i, from_i + size, imaginary);
  }
}

template class Fourier<float>;
template class Fourier<double>;

GridConvolution::GridConvolution(int64_t side)
    : side_(side),
      stride_((side + kColumns) / kColumns * kColumns),
      fourier_(2 * side),
      real_((side + 1) * stride_),
      imaginary_((side + 1) * stride_),
      kernel_((side + 1) * stride_) {}

std::vector<double> GridConvolution::Spectrum(const std::vector<double>& kernel, int64_t side) {
  const int64_t length = 2 * side, width = side + 1;
  const Fourier<double> fourier(length);
  // One direction after the other; the result lies transposed after each, and so is in place after both.
  std::vector<double> from = kernel, to(width * width);
  for (int pass = 0; pass < 2; ++pass) {
    ForEach((width + kColumns - 1) / kColumns, [&](int64_t block) {
      const int64_t first = block * kColumns, count = std::min(kColumns, width - first);
      std::vector<double> real(length * kColumns), imaginary(length * kColumns), copy;
      for (int64_t i = 0; i < length; ++i) {
        for (int64_t c = 0; c < count; ++c) real[i * kColumns + c] = from[(first + c) * width + std::min(i, length - i)];
      }
      fourier.Run(real.data(), imaginary.data(), kColumns, copy);
      for (int64_t i = 0; i < width; ++i) {
        for (int64_t c = 0; c < count; ++c) to[i * width + first + c] = real[i * kColumns + c];
      }
    });
    std::swap(from, to);
  }
  return from;
}

void GridConvolution::SetSpectrum(const std::vector<double>& spectrum) {
  const double factor = 1 / (4.0 * static_cast<double>(side_ * side_));
  for (int64_t k = 0; k <= side_; ++k) {
    for (int64_t l = 0; l <= side_; ++l) kernel_[k * stride_ + l] = static_cast<float>(spectrum[k * (side_ + 1) + l] * factor);
  }
}

void GridConvolution::Run(float* grid) {
  TransformColumns(grid);
  MultiplyRows();
  RestoreColumns(grid);
}

// Columns 2m and 2m + 1 are the real and imaginary part of one; by symmetry their spectra come apart again.
void GridConvolution::TransformColumns(const float* grid) {
  const int64_t length = 2 * side_, pairs = side_ / 2;
#pragma omp parallel
  {
    std::vector<float> real(length * kColumns), imaginary(length * kColumns), copy;
#pragma omp for schedule(static)
    for (int64_t first = 0; first < pairs; first += kColumns) {
      const int64_t count = std::min(kColumns, pairs - first);
      std::fill(real.begin(), real.end(), 0.0f);
      std::fill(imaginary.begin(), imaginary.end(), 0.0f);
      for (int64_t i = 0; i < side_; ++i) {
        for (int64_t c = 0; c < count; ++c) {
          real[i * kColumns + c] = grid[i * side_ + 2 * (first + c)];
          imaginary[i * kColumns + c] = grid[i * side_ + 2 * (first + c) + 1];
        }
      }
      fourier_.Run(real.data(), imaginary.data(), kColumns, copy);
      for (int64_t k = 0; k <= side_; ++k) {
        const float* const zr = &real[k * kColumns];
        const float* const zi = &imaginary[k * kColumns];
        const int64_t mirrored = (length - k) % length;
        const float* const mr = &real[mirrored * kColumns];
        const float* const mi = &imaginary[mirrored * kColumns];
        float* const to_r = &real_[k * stride_ + 2 * first];
        float* const to_i = &imaginary_[k * stride_ + 2 * first];
        for (int64_t c = 0; c < count; ++c) {
          to_r[2 * c] = (zr[c] + mr[c]) / 2;
          to_i[2 * c] = (zi[c] - mi[c]) / 2;
          to_r[2 * c + 1] = (zi[c] + mi[c]) / 2;
          to_i[2 * c + 1] = (mr[c] - zr[c]) / 2;
        }
      }
    }
  }
}

// Along the other direction there, times the kernel, and back.
void GridConvolution::MultiplyRows() {
  const int64_t length = 2 * side_;
#pragma omp parallel
  {
    std::vector<float> real(length * kColumns), imaginary(length * kColumns), copy;
#pragma omp for schedule(static)
    for (int64_t first = 0; first <= side_; first += kColumns) {
      const int64_t count = std::min(kColumns, side_ + 1 - first);
      std::fill(real.begin(), real.end(), 0.0f);
      std::fill(imaginary.begin(), imaginary.end(), 0.0f);
      for (int64_t c = 0; c < count; ++c) {
        for (int64_t i = 0; i < side_; ++i) {
          real[i * kColumns + c] = real_[(first + c) * stride_ + i];
          imaginary[i * kColumns + c] = imaginary_[(first + c) * stride_ + i];
        }
      }
      fourier_.Run(real.data(), imaginary.data(), kColumns, copy);
      for (int64_t l = 0; l < length; ++l) {
        const float* const factors = &kernel_[std::min(l, length - l) * stride_ + first];
        for (int64_t c = 0; c < count; ++c) {
          real[l * kColumns + c] *= factors[c];
          imaginary[l * kColumns + c] *= factors[c];
        }
      }
      fourier_.Run(imaginary.data(), real.data(), kColumns, copy);
      for (int64_t c = 0; c < count; ++c) {
        for (int64_t i = 0; i < side_; ++i) {
          real_[(first + c) * stride_ + i] = real[i * kColumns + c];
          imaginary_[(first + c) * stride_ + i] = imaginary[i * kColumns + c];
        }
      }
    }
  }
}

void GridConvolution::RestoreColumns(float* grid) {
  const int64_t length = 2 * side_, pairs = side_ / 2;
#pragma omp parallel
  {
    std::vector<float> real(length * kColumns), imaginary(length * kColumns), copy;
#pragma omp for schedule(static)
    for (int64_t first = 0; first < pairs; first += kColumns) {
      const int64_t count = std::min(kColumns, pairs - first);
      for (int64_t k = 0; k < length; ++k) {
        const int64_t from = std::min(k, length - k);
        const float sign = k <= side_ ? 1.0f : -1.0f;
        const float* const from_r = &real_[from * stride_ + 2 * first];
        const float* const from_i = &imaginary_[from * stride_ + 2 * first];
        for (int64_t c = 0; c < count; ++c) {
          real[k * kColumns + c] = from_r[2 * c] - sign * from_i[2 * c + 1];
          imaginary[k * kColumns + c] = sign * from_i[2 * c] + from_r[2 * c + 1];
        }
      }
      fourier_.Run(imaginary.data(), real.data(), kColumns, copy);
      for (int64_t i = 0; i < side_; ++i) {
        for (int64_t c = 0; c < count; ++c) {
          grid[i * side_ + 2 * (first + c)] = real[i * kColumns + c];
          grid[i * side_ + 2 * (first + c) + 1] = imaginary[i * kColumns + c];
        }
      }
    }
  }
}

}  // namespace auspex::tsne
