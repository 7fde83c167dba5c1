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
