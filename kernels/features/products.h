// The two products of a linear layer that is trained: of rows by weights, and of what goes back.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>

namespace auspex::features {

class Products {
 public:
  // Of a row of a product: which one, and its numbers.
  using Take = std::function<void(int64_t row, const float* values)>;

  virtual ~Products() = default;

  // result = left (rows, inner) x right (inner, columns)
  virtual void Multiply(const float* left, const float* right, float* result, int64_t rows, int64_t inner, int64_t columns) = 0;

  // left^T x right, left (inner, rows) and right (inner, columns). The result is nowhere as a whole: each thread makes some rows at a time,
  // and hands them on while they are in its cache.
  virtual void MultiplyTransposed(const float* left, const float* right, int64_t rows, int64_t inner, int64_t columns, const Take& take) = 0;
};

// Factors are rounded to bf16, where the processor has products of it, or not; sums are f32. Where there are tiles, factors in f32 are each taken as the sum of two numbers in bf16,
// which keeps 16 of 24 bits: three products on tiles take less time than one in f32.
std::unique_ptr<Products> MakeProducts(bool bf16);

// The same on tiles. Null where the processor has none.
std::unique_ptr<Products> MakeTileProducts(bool bf16);

}  // namespace auspex::features
