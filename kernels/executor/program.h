// A program as the executor sees it: tensors with a place in memory, and operations with named operands.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace auspex {

enum class DType { kF32, kBf16, kU8 };

inline size_t SizeOf(DType dtype) { return dtype == DType::kF32 ? 4 : dtype == DType::kBf16 ? 2 : 1; }

/** The images of one resolution. */
struct Grid {
  int64_t images, height, width;
  int64_t pixels() const { return images * height * width; }
};

struct Tensor {
  std::string name;
  DType dtype;
  std::vector<int64_t> shape;
  std::vector<Grid> grids;  // feature maps only
  char* data = nullptr;  // set when the program is bound to memory

  int64_t elements() const {
    int64_t product = 1;
    for (int64_t extent : shape) product *= extent;
    return product;
  }
  size_t bytes() const { return static_cast<size_t>(elements()) * SizeOf(dtype); }
  int64_t rows() const { return shape.size() == 1 ? 1 : elements() / shape.back(); }
  int64_t channels() const { return shape.back(); }
  float* f32() const { return reinterpret_cast<float*>(data); }
};

struct Ranks;

/** One operation of program/operations.ts: operands and attributes by name. */
struct Operation {
  std::string kind;
  std::map<std::string, std::vector<Tensor*>> operands;
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::string> words;
  Ranks* ranks = nullptr;  // of the program

  bool has(const std::string& name) const { return operands.count(name) > 0; }
  const std::vector<Tensor*>& all(const std::string& name) const {
    auto found = operands.find(name);
    if (found == operands.end()) throw std::runtime_error(kind + " lacks the operand " + name);
    return found->second;
  }
  Tensor& at(const std::string& name) const { return *all(name).at(0); }
  Tensor* optional(const std::string& name) const { return has(name) ? all(name).at(0) : nullptr; }
  const std::vector<double>& list(const std::string& name) const {
    auto found = numbers.find(name);
    if (found == numbers.end()) throw std::runtime_error(kind + " lacks the attribute " + name);
    return found->second;
  }
  double number(const std::string& name) const { return list(name).at(0); }
};

}  // namespace auspex
