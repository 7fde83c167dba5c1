#include "products.h"

#include <algorithm>
#include <exception>
#include <vector>

#include "../executor/parallel.h"
#include "product.h"

namespace auspex::features {
namespace {

// Rows of the transposed product that a thread makes at a time.
constexpr int64_t kPanel = 128;

// By oneDNN.
class MatrixProducts final : public Products {
 public:
  explicit MatrixProducts(bool bf16) : bf16_(bf16), product_(bf16) {}

  void Multiply(const float* left, const float* right, float* result, int64_t rows, int64_t inner, int64_t columns) override {
    const Factor left_factor{Numbers(left_, left, rows * inner), inner}, right_factor{Numbers(right_, right, inner * columns), columns};
    product_.Run(left_factor, right_factor, result, rows, inner, columns);
  }

  void MultiplyTransposed(const float* left, const float* right, int64_t rows, int64_t inner, int64_t columns, const Take& take) override {
    const auto* const from = static_cast<const char*>(Numbers(left_, left, inner * rows));
    const Factor right_factor{Numbers(right_, right, inner * columns), columns};
    while (static_cast<int>(panels_.size()) < omp_get_max_threads()) panels_.emplace_back(bf16_);
    std::exception_ptr failure;
    OnEachThread([&](int thread, int threads) {
      // An exception that left a thread of a team would end the process.
      try {
        Panel& own = panels_[thread];
        own.values.resize(kPanel * columns);
        const Range range = Split(rows, thread, threads, 16);
        for (int64_t begin = range.begin; begin < range.end; begin += kPanel) {
          const int64_t count = std::min(kPanel, range.end - begin);
          const Factor left_factor{from + begin * (bf16_ ? sizeof(Bf16) : sizeof(float)), rows, true};
          own.product.Run(left_factor, right_factor, own.values.data(), count, inner, columns);
          for (int64_t row = 0; row < count; ++row) take(begin + row, own.values.data() + row * columns);
        }
      } catch (...) {
#pragma omp critical
        failure = std::current_exception();
      }
    });
    if (failure) std::rethrow_exception(failure);
  }

 private:
  struct Panel {
    explicit Panel(bool bf16) : product(bf16) {}
    Product product;
    std::vector<float> values;
  };

  const void* Numbers(Rounded& rounded, const float* numbers, int64_t count) const {
    return bf16_ ? static_cast<const void*>(rounded.Of(numbers, count)) : numbers;
  }

  const bool bf16_;
  Product product_;
  Rounded left_, right_;
  std::vector<Panel> panels_;
};

}  // namespace

std::unique_ptr<Products> MakeProducts(bool bf16) {
  auto on_tiles = MakeTileProducts(bf16);
  return on_tiles ? std::move(on_tiles) : std::make_unique<MatrixProducts>(bf16 && MultipliesBf16());
}

}  // namespace auspex::features
