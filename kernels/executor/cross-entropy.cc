#include "cross-entropy.h"

#include <cmath>
#include <limits>

#include "parallel.h"

namespace auspex {
namespace {

/** What the losses and their gradients are of. Rows are few and classes at most thousands: next to a trunk this is nothing. */
struct Classification {
  const Tensor &scores, &labels;
  int64_t classes;

  explicit Classification(const Operation& op) : scores(op.at("scores")), labels(op.at("labels")), classes(scores.channels()) {}
  int64_t rows() const { return scores.rows(); }
  const float* row(int64_t r) const { return scores.f32() + r * classes; }
};

/** One class for each row: the scores' softmax is a distribution over the classes. */
class Softmax : public Classification {
 public:
  using Classification::Classification;
  /** Rows that the mean is of. */
  double count() const { return static_cast<double>(rows()); }

  /** NaN for a label that is no class. */
  double loss(int64_t r) const {
    const float* scores = row(r);
    const float label = labels.f32()[r];
    if (!(label >= 0 && label < static_cast<float>(classes))) return std::numeric_limits<double>::quiet_NaN();
    const auto [logSum, largest] = logSumOf(scores);
    return logSum - (scores[static_cast<int64_t>(label)] - largest);
  }

  /** (softmax - one hot) * factor. */
  void gradient(int64_t r, float factor, float* out) const {
    const float* scores = row(r);
    const auto [logSum, largest] = logSumOf(scores);
    const auto shift = static_cast<float>(logSum);
    for (int64_t k = 0; k < classes; ++k) out[k] = factor * std::exp(scores[k] - largest - shift);
    const float label = labels.f32()[r];
    if (label >= 0 && label < static_cast<float>(classes)) out[static_cast<int64_t>(label)] -= factor;
  }

 private:
  /** log of the sum of exp(score - largest score), and that score. */
  std::pair<double, float> logSumOf(const float* scores) const {
    const float largest = *std::max_element(scores, scores + classes);
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k) sum += std::exp(scores[k] - largest);
    return {std::log(sum), largest};
  }
};

/** Any number of classes for each row, each a question by itself; those that nobody judged (-1) count for nothing. */
class Sigmoid : public Classification {
 public:
  using Classification::Classification;

  /** Answers that the mean is of. */
  double count() const {
    const float *begin = labels.f32(), *end = begin + labels.elements();
    return static_cast<double>(std::max<int64_t>(1, std::count_if(begin, end, [](float label) { return label >= 0; })));
  }

  double loss(int64_t r) const {
    const float *scores = row(r), *wanted = labels.f32() + r * classes;
    double total = 0;
    for (int64_t k = 0; k < classes; ++k) {
      if (wanted[k] < 0) continue;
      // -log of the sigmoid without a large exponential.
      const float x = scores[k];
      total += std::fmax(x, 0.0f) - static_cast<double>(x) * wanted[k] + std::log1p(std::exp(-std::fabs(x)));
    }
    return total;
  }

  void gradient(int64_t r, float factor, float* out) const {
    const float *scores = row(r), *wanted = labels.f32() + r * classes;
    for (int64_t k = 0; k < classes; ++k) {
      out[k] = wanted[k] < 0 ? 0.0f : factor * (1.0f / (1.0f + std::exp(-scores[k])) - wanted[k]);
    }
  }
};

template <typename Form>
class CrossEntropy final : public Kernel {
 public:
  explicit CrossEntropy(const Operation& op) : form_(op), loss_(op.at("loss")) {}
  size_t workspaceBytes() const override { return form_.rows() * sizeof(double); }
  void run(char* workspace) override {
    auto* rows = reinterpret_cast<double*>(workspace);
    ForRanges(form_.rows(), 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) rows[r] = form_.loss(r);
    });
    double total = 0;
    for (int64_t r = 0; r < form_.rows(); ++r) total += rows[r];
    loss_.f32()[0] = static_cast<float>(total / form_.count());
  }

 private:
  Form form_;
  const Tensor& loss_;
};

template <typename Form>
class CrossEntropyBackward final : public Kernel {
 public:
  explicit CrossEntropyBackward(const Operation& op) : form_(op), gradient_(op.at("scoresGradient")) {}
  void run(char*) override {
    const auto factor = static_cast<float>(1.0 / form_.count());
    ForRanges(form_.rows(), 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) form_.gradient(r, factor, gradient_.f32() + r * form_.classes);
    });
  }

 private:
  Form form_;
  const Tensor& gradient_;
};

template <template <typename> class Of>
KernelPtr Make(const Operation& op) {
  if (op.words.at("form") == "sigmoid") return std::make_unique<Of<Sigmoid>>(op);
  return std::make_unique<Of<Softmax>>(op);
}

}  // namespace

KernelPtr MakeCrossEntropyKernel(const Operation& op) {
  if (op.kind == "crossEntropy") return Make<CrossEntropy>(op);
  if (op.kind == "crossEntropyBackward") return Make<CrossEntropyBackward>(op);
  return nullptr;
}

}  // namespace auspex
