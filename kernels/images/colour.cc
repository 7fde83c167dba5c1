#include "colour.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

namespace auspex::images {
namespace {

// Pillow's convert('L'): ITU-R 601 luma in units of 2^-16.
inline uint8_t Luma(int red, int green, int blue) {
  return static_cast<uint8_t>((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

// Pillow's blend: from `start` (factor 0) through `value` (factor 1) and beyond, truncated and clipped to uint8.
inline uint8_t Blend(int start, int value, float factor) {
  const int mixed = static_cast<int>(static_cast<float>(start) + factor * static_cast<float>(value - start));
  return static_cast<uint8_t>(std::min(std::max(mixed, 0), 255));
}

void BlendWithConstant(uint8_t* __restrict plane, size_t count, int start, float factor) {
  for (size_t i = 0; i < count; i++) plane[i] = Blend(start, plane[i], factor);
}

void BlendAllWithConstant(const Planes& image, int start, float factor) {
  for (uint8_t* plane : {image.red, image.green, image.blue}) BlendWithConstant(plane, image.Count(), start, factor);
}

// Eight pixels at a time, as GCC's vector types: the compiler does not turn the selections of a hue into vectors by itself.
constexpr int kLanes = 8;
typedef int32_t IntLanes __attribute__((vector_size(kLanes * 4)));
typedef float FloatLanes __attribute__((vector_size(kLanes * 4)));

template <typename Lanes>
inline Lanes Larger(Lanes a, Lanes b) {
  return a > b ? a : b;
}
template <typename Lanes>
inline Lanes Smaller(Lanes a, Lanes b) {
  return a < b ? a : b;
}
inline FloatLanes ToFloat(IntLanes value) { return __builtin_convertvector(value, FloatLanes); }
inline IntLanes Truncate(FloatLanes value) { return __builtin_convertvector(value, IntLanes); }
inline FloatLanes All(float value) { return FloatLanes{} + value; }

inline IntLanes Load(const uint8_t* from) {
  return reinterpret_cast<IntLanes>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}
inline void Store(FloatLanes value, uint8_t* to) {
  const __m256i whole = reinterpret_cast<__m256i>(Truncate(value));
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}

// 255 x value, truncated as Pillow does in double precision: the product of a float in [0, 1] and 255 is not always a float,
// and where rounding carried it up to an integer, the exact product lies below.
inline IntLanes Truncated255(FloatLanes value) {
  const FloatLanes product = value * 255.0f;
  FloatLanes remainder;
  for (int i = 0; i < kLanes; i++) remainder[i] = __builtin_fmaf(value[i], 255.0f, -product[i]);
  const IntLanes truncated = Truncate(product);
  // True is -1 in a vector.
  return truncated + ((ToFloat(truncated) == product) & (remainder < 0.0f));
}

// One channel of HSV to RGB. `sixths` is the hue in sixths of the circle, `chroma` is value x saturation, and `offset` is
// 5, 3 or 1 for red, green or blue.
inline FloatLanes FromHue(float offset, FloatLanes sixths, FloatLanes value, FloatLanes chroma) {
  FloatLanes k = sixths + offset;
  k = k >= 6.0f ? k - 6.0f : k;
  const FloatLanes share = Larger(Smaller(Smaller(k, 4.0f - k), All(1.0f)), All(0.0f));
  return value - chroma * share + 0.5f;
}

// Shifts the hue of eight pixels by shift / 255 of the circle, through Pillow's 8-bit HSV.
inline void ShiftHue(uint8_t* red, uint8_t* green, uint8_t* blue, int shift) {
  const IntLanes r = Load(red);
  const IntLanes g = Load(green);
  const IntLanes b = Load(blue);
  const IntLanes largest = Larger(r, Larger(g, b));
  const IntLanes smallest = Smaller(r, Smaller(g, b));
  const IntLanes range = largest - smallest;
  const IntLanes middle = r + g + b - largest - smallest;

  // Of Pillow's three quotients (largest - channel) / range, one is 0 and one is 1; this is the third.
  const FloatLanes quotient = ToFloat(largest - middle) / ToFloat(Larger(range, IntLanes{} + 1));
  const FloatLanes from_red = g == smallest ? quotient - 1.0f : 1.0f - quotient;
  const FloatLanes from_green = b == smallest ? 1.0f + quotient : 3.0f - quotient;
  const FloatLanes from_blue = r == smallest ? 3.0f + quotient : 5.0f - quotient;
  const FloatLanes sixths = r == largest ? from_red : (g == largest ? from_green : from_blue);
  const FloatLanes circle = sixths / 6.0f;
  const IntLanes hue = Truncated255(circle < 0.0f ? circle + 1.0f : circle);
  const IntLanes saturation = Truncated255(ToFloat(range) / ToFloat(Larger(largest, IntLanes{} + 1)));

  // The shift wraps at 256, as uint8 does, and 255 is the full circle.
  const IntLanes shifted = (hue + shift) & 255;
  const FloatLanes turned = ToFloat(shifted == 255 ? 0 : shifted) * (6.0f / 255.0f);
  const FloatLanes value = ToFloat(largest);
  const FloatLanes chroma = value * ToFloat(saturation) * (1.0f / 255.0f);
  Store(FromHue(5.0f, turned, value, chroma), red);
  Store(FromHue(3.0f, turned, value, chroma), green);
  Store(FromHue(1.0f, turned, value, chroma), blue);
}

}  // namespace

void Deinterleave(const uint8_t* __restrict rgb, const Planes& planes) {
  uint8_t* __restrict red = planes.red;
  uint8_t* __restrict green = planes.green;
  uint8_t* __restrict blue = planes.blue;
  const size_t count = planes.Count();
  for (size_t i = 0; i < count; i++) {
    red[i] = rgb[3 * i];
    green[i] = rgb[3 * i + 1];
    blue[i] = rgb[3 * i + 2];
  }
}

void Interleave(const Planes& planes, uint8_t* __restrict rgb) {
  const uint8_t* __restrict red = planes.red;
  const uint8_t* __restrict green = planes.green;
  const uint8_t* __restrict blue = planes.blue;
  const size_t count = planes.Count();
  for (size_t i = 0; i < count; i++) {
    rgb[3 * i] = red[i];
    rgb[3 * i + 1] = green[i];
    rgb[3 * i + 2] = blue[i];
  }
}

void FlipHorizontally(const Planes& image) {
  for (uint8_t* plane : {image.red, image.green, image.blue}) {
    for (int y = 0; y < image.height; y++) {
      uint8_t* row = plane + static_cast<size_t>(y) * image.width;
      std::reverse(row, row + image.width);
    }
  }
}

void AdjustBrightness(const Planes& image, float factor) { BlendAllWithConstant(image, 0, factor); }

void AdjustContrast(const Planes& image, float factor) {
  const uint8_t* __restrict red = image.red;
  const uint8_t* __restrict green = image.green;
  const uint8_t* __restrict blue = image.blue;
  uint64_t sum = 0;
  for (int y = 0; y < image.height; y++) {
    const size_t row = static_cast<size_t>(y) * image.width;
    uint32_t row_sum = 0;
    for (int x = 0; x < image.width; x++) row_sum += Luma(red[row + x], green[row + x], blue[row + x]);
    sum += row_sum;
  }
  const int mean = static_cast<int>(static_cast<double>(sum) / image.Count() + 0.5);
  BlendAllWithConstant(image, mean, factor);
}

void AdjustSaturation(const Planes& image, float factor) {
  uint8_t* __restrict red = image.red;
  uint8_t* __restrict green = image.green;
  uint8_t* __restrict blue = image.blue;
  const size_t count = image.Count();
  for (size_t i = 0; i < count; i++) {
    const int grey = Luma(red[i], green[i], blue[i]);
    red[i] = Blend(grey, red[i], factor);
    green[i] = Blend(grey, green[i], factor);
    blue[i] = Blend(grey, blue[i], factor);
  }
}

void AdjustHue(const Planes& image, double turn) {
  const int shift = static_cast<int>(turn * 255) & 255;
  const size_t count = image.Count();
  const size_t whole = count - count % kLanes;
  for (size_t i = 0; i < whole; i += kLanes) ShiftHue(image.red + i, image.green + i, image.blue + i, shift);
  if (whole == count) return;
  uint8_t rest[3][kLanes] = {};
  uint8_t* const planes[3] = {image.red + whole, image.green + whole, image.blue + whole};
  for (int c = 0; c < 3; c++) std::memcpy(rest[c], planes[c], count - whole);
  ShiftHue(rest[0], rest[1], rest[2], shift);
  for (int c = 0; c < 3; c++) std::memcpy(planes[c], rest[c], count - whole);
}

void MakeGrey(const Planes& image) {
  const size_t count = image.Count();
  uint8_t* __restrict red = image.red;
  uint8_t* __restrict green = image.green;
  uint8_t* __restrict blue = image.blue;
  for (size_t i = 0; i < count; i++) {
    const uint8_t grey = Luma(red[i], green[i], blue[i]);
    red[i] = grey;
    green[i] = grey;
    blue[i] = grey;
  }
}

}  // namespace auspex::images
