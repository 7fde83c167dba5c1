// Products of matrices by oneDNN; primitives are kept by their shapes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <dnnl.hpp>
#include <map>
#include <tuple>
#include <vector>

#include "../executor/dnnl-helpers.h"

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

// A matrix in memory, row-major or as its transpose, with `stride` numbers from one row of what lies there to the next.
struct Factor {
  const void* numbers;
  int64_t stride;
  bool transposed = false;
};

// left (rows, inner) x right (inner, columns). Factors are all bf16 or all f32, and sums f32.
// Belongs to one thread at a time. Within a team of threads it uses its own alone.
class Product {
 public:
  explicit Product(bool bf16) : bf16_(bf16) {}

  void Run(Factor left, Factor right, float* result, int64_t rows, int64_t inner, int64_t columns) {
    const auto left_matrix = Matrix(left, rows, inner), right_matrix = Matrix(right, inner, columns);
    const dnnl::memory::desc result_matrix({rows, columns}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab);
    const Key key{rows, inner, columns, left.stride, left.transposed, right.stride, right.transposed};
    auto found = primitives_.find(key);
    if (found == primitives_.end()) {
      const dnnl::matmul::primitive_desc description(Engine(), left_matrix, right_matrix, result_matrix);
      found = primitives_.emplace(key, description).first;
    }
    found->second.execute(stream_, {{DNNL_ARG_SRC, {left_matrix, Engine(), const_cast<void*>(left.numbers)}},
                                    {DNNL_ARG_WEIGHTS, {right_matrix, Engine(), const_cast<void*>(right.numbers)}},
                                    {DNNL_ARG_DST, {result_matrix, Engine(), result}}});
    stream_.wait();
  }

 private:
  using Key = std::tuple<int64_t, int64_t, int64_t, int64_t, bool, int64_t, bool>;

  dnnl::memory::desc Matrix(const Factor& factor, int64_t rows, int64_t columns) const {
    const auto type = bf16_ ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
    const dnnl::memory::dims strides = factor.transposed ? dnnl::memory::dims{1, factor.stride} : dnnl::memory::dims{factor.stride, 1};
    return {{rows, columns}, type, strides};
  }

  const bool bf16_;
  dnnl::stream stream_{Engine()};
  std::map<Key, dnnl::matmul> primitives_;
};

}  // namespace auspex::features
