// The other ranks as kernels see them. A program that is compiled for one rank of several is bound to their communicator when
// it gets its memory; a program for one rank alone has none.
#pragma once
#include <memory>

#include "../collectives/communicator.h"
#include "program.h"

namespace auspex {

struct Ranks {
  std::shared_ptr<Communicator> communicator;
  double secondsWaited = 0;  // of the compute thread, in the exchanges below; that thread only

  Communicator& get() const {
    if (communicator == nullptr) throw std::runtime_error("the program talks to other ranks and was bound to no communicator");
    return *communicator;
  }
};

/** What an operation exchanges with its group in the middle of its work (`Synchronised` in program/operations.ts). */
class Exchange {
 public:
  explicit Exchange(const Operation& op) : ranks_(op.ranks), size_(op.numbers.count("ranks") > 0 ? static_cast<int>(op.number("ranks")) : 1) {}

  /** Ranks in the group. */
  int size() const { return size_; }
  template <typename Number>
  void sum(Number* values, int64_t count) const {
    reduce(values, count, Reduction::kSum);
  }
  void largest(float* values, int64_t count) const { reduce(values, count, Reduction::kMax); }

 private:
  template <typename Number>
  void reduce(Number* values, int64_t count, Reduction reduction) const {
    if (size_ == 1) return;
    Communicator& communicator = ranks_->get();
    const int first = communicator.rank() / size_ * size_;
    if (first + size_ > communicator.size()) {
      throw std::runtime_error(std::to_string(communicator.size()) + " ranks do not divide into groups of " + std::to_string(size_));
    }
    communicator.allReduce(Channel::kCompute, values, static_cast<size_t>(count), reduction, {first, size_});
  }
  Ranks* ranks_;
  int size_;
};

}  // namespace auspex
