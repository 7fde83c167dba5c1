// Products of matrices by oneDNN; primitives are kept by their shapes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <dnnl.hpp>
#include <map>
#include <tuple>
#include <vector>

#include "../executor/dnnl-helpers.h"
#include "../executor/parallel.h"

namespace auspex::features {

// Copies of numbers in bf16, in memory that is used again.
class Rounded {
 public:
  const Bf16* Of(const float* values, int64_t count) {
    numbers_.resize(std::max<size_t>(numbers_.size(), count));
    Narrow(values, numbers_.data(), count);
    return numbers_.data();
  }
  const Bf16* data() const { return numbers_.data(); }

 private:
  std::vector<Bf16> numbers_;
};

// What the factors of a product are made of: f32, the same rounded to bf16, or two numbers in bf16 for each, whose sum has 16 bits.
enum class Factors { kF32, kBf16, kBf16Parts };

// A factor in two parts, each three times side by side so that one product of bf16 adds up high x high, high x low and low x high.
// What is left out is low x low, 2^-16 of the whole.
class Parts {
 public:
  enum class Side { kLeft, kRight };
  explicit Parts(Side side) : low_at_(side == Side::kLeft ? 2 : 1) {}

  // Rows of `length` numbers become rows of three times as many.
  const Bf16* Of(const float* values, int64_t rows, int64_t length) {
    numbers_.resize(std::max<size_t>(numbers_.size(), 3 * rows * length));
    constexpr int64_t kGrain = 4096;
    const int64_t pieces = (length + kGrain - 1) / kGrain;
    ForRanges(rows * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; ++piece) {
        const int64_t first = piece % pieces * kGrain, count = std::min(kGrain, length - first), row = piece / pieces;
        Bf16* to[3];
        for (int i = 0; i < 3; ++i) to[i] = numbers_.data() + (3 * row + i) * length + first;
        Divide(values + row * length + first, count, to);
      }
    });
    return numbers_.data();
  }

 private:
  void Divide(const float* values, int64_t count, Bf16* const* to) const {
    Bf16 *const high = to[0], *const again = to[3 - low_at_], *const low = to[low_at_];
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      high[i].bits = again[i].bits = Nearest(values[i]);
      const uint32_t wide = static_cast<uint32_t>(high[i].bits) << 16;
      float rounded;
      std::memcpy(&rounded, &wide, sizeof rounded);
      low[i].bits = Nearest(values[i] - rounded);
    }
  }
  // Of finite numbers; of two that are as near, the even one.
  static uint16_t Nearest(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }

  const int low_at_;
  std::vector<Bf16> numbers_;
};

// left (rows, inner) x right (inner, columns), row-major; or a factor that lies in memory as its transpose. Factors are all bf16 or
// all f32, and sums f32.
class Product {
 public:
  explicit Product(bool bf16, bool left_transposed = false, bool right_transposed = false)
      : bf16_(bf16), left_transposed_(left_transposed), right_transposed_(right_transposed) {}

  void Run(const void* left, const void* right, float* result, int64_t rows, int64_t inner, int64_t columns) {
    const auto left_matrix = Factor(rows, inner, left_transposed_), right_matrix = Factor(inner, columns, right_transposed_);
    const dnnl::memory::desc result_matrix({rows, columns}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab);
    auto found = primitives_.find({rows, inner, columns});
    if (found == primitives_.end()) {
      const dnnl::matmul::primitive_desc description(Engine(), left_matrix, right_matrix, result_matrix);
      found = primitives_.emplace(std::tuple(rows, inner, columns), description).first;
    }
    found->second.execute(Stream(), {{DNNL_ARG_SRC, {left_matrix, Engine(), const_cast<void*>(left)}},
                                     {DNNL_ARG_WEIGHTS, {right_matrix, Engine(), const_cast<void*>(right)}},
                                     {DNNL_ARG_DST, {result_matrix, Engine(), result}}});
    Stream().wait();
  }

 private:
  dnnl::memory::desc Factor(int64_t rows, int64_t columns, bool transposed) const {
    using Type = dnnl::memory::data_type;
    using Tag = dnnl::memory::format_tag;
    return {{rows, columns}, bf16_ ? Type::bf16 : Type::f32, transposed ? Tag::ba : Tag::ab};
  }

  const bool bf16_, left_transposed_, right_transposed_;
  std::map<std::tuple<int64_t, int64_t, int64_t>, dnnl::matmul> primitives_;
};

}  // namespace auspex::features
