// The update phase: norms of every layer, LARC's trust ratios, SGD with momentum, and what else changes between steps.
// Each operation that changes something first looks at `applied`: a step with a NaN changes nothing.
#include <cmath>

#include "kernels.h"
#include "../parallel.h"
#include "vector.h"

namespace auspex::AUSPEX_VARIANT {
namespace {

bool Applied(const Tensor* applied) { return applied == nullptr || applied->f32()[0] != 0; }

/** A stretch of one tensor: the unit in which long and short parameters are shared among threads alike. */
struct Stretch {
  size_t tensor;
  int64_t begin, end;
};

std::vector<Stretch> StretchesOf(const std::vector<Tensor*>& tensors) {
  constexpr int64_t kLongest = 1 << 15;
  std::vector<Stretch> stretches;
  for (size_t i = 0; i < tensors.size(); ++i) {
    for (int64_t begin = 0; begin < tensors[i]->elements(); begin += kLongest) {
      stretches.push_back({i, begin, std::min(begin + kLongest, tensors[i]->elements())});
    }
  }
  return stretches;
}

double SumOfSquares(const float* values, int64_t count) {
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += 1024) {
    Vector lanes{};
    float rest = 0;
    ForChannels(std::min<int64_t>(1024, count - begin), [&](auto v, int64_t i) {
      using V = decltype(v);
      ReadAhead(values + begin + i);
      const V value = Load<V>(values + begin + i);
      if constexpr (kLanesOf<V> == kLanes) lanes += value * value;
      else if constexpr (kLanesOf<V> == 1) rest += value * value;
      else for (int lane = 0; lane < kLanesOf<V>; ++lane) rest += value[lane] * value[lane];
    });
    for (int lane = 0; lane < kLanes; ++lane) rest += lanes[lane];
    total += rest;
  }
  return total;
}

/** (L, 2): sums of squares of each parameter and of its gradient, the same bits for any number of threads. */
class SquaredNorms final : public Kernel {
 public:
  explicit SquaredNorms(const Operation& op)
      : parameters_(op.all("parameters")), gradients_(op.all("gradients")), norms_(op.at("norms")), stretches_(StretchesOf(parameters_)) {}
  size_t workspaceBytes() const override { return stretches_.size() * 2 * sizeof(double); }
  void run(char* workspace) override {
    auto* sums = reinterpret_cast<double*>(workspace);
    ForEach(static_cast<int64_t>(stretches_.size()), [&](int64_t i) {
      const auto& [tensor, begin, end] = stretches_[i];
      sums[2 * i] = SumOfSquares(parameters_[tensor]->f32() + begin, end - begin);
      sums[2 * i + 1] = SumOfSquares(gradients_[tensor]->f32() + begin, end - begin);
    });
    size_t i = 0;
    for (size_t tensor = 0; tensor < parameters_.size(); ++tensor) {
      double parameter = 0, gradient = 0;
      for (; i < stretches_.size() && stretches_[i].tensor == tensor; ++i) {
        parameter += sums[2 * i];
        gradient += sums[2 * i + 1];
      }
      norms_.f32()[2 * tensor] = static_cast<float>(parameter);
      norms_.f32()[2 * tensor + 1] = static_cast<float>(gradient);
    }
  }

 private:
  std::vector<Tensor*> parameters_, gradients_;
  const Tensor& norms_;
  std::vector<Stretch> stretches_;
};

class FiniteCheck final : public Kernel {
 public:
  explicit FiniteCheck(const Operation& op) : loss_(op.at("loss")), norms_(op.at("norms")), applied_(op.at("applied")) {}
  void run(char*) override {
    bool finite = std::isfinite(loss_.f32()[0]);
    for (int64_t i = 0; i < norms_.elements(); ++i) finite = finite && std::isfinite(norms_.f32()[i]);
    applied_.f32()[0] = finite ? 1.0f : 0.0f;
  }

 private:
  const Tensor &loss_, &norms_, &applied_;
};

/** (L, 2): lambda = eta |w| / (|g| + wd |w| + eps), and whether decay is added; plain SGD where a norm is 0. */
class TrustRatios final : public Kernel {
 public:
  explicit TrustRatios(const Operation& op)
      : norms_(op.at("norms")), ratios_(op.at("ratios")), enabled_(op.number("enabled") != 0), eta_(op.number("trustCoefficient")),
        epsilon_(op.number("epsilon")), decay_(op.number("weightDecay")) {}
  void run(char*) override {
    for (int64_t i = 0; i < norms_.shape[0]; ++i) {
      const double weight = std::sqrt(static_cast<double>(norms_.f32()[2 * i]));
      const double gradient = std::sqrt(static_cast<double>(norms_.f32()[2 * i + 1]));
      const bool scaled = enabled_ && weight != 0 && gradient != 0;
      ratios_.f32()[2 * i] = scaled ? static_cast<float>(eta_ * weight / (gradient + decay_ * weight + epsilon_)) : 1.0f;
      ratios_.f32()[2 * i + 1] = scaled || !enabled_ ? 1.0f : 0.0f;
    }
  }

 private:
  const Tensor &norms_, &ratios_;
  bool enabled_;
  double eta_, epsilon_, decay_;
};

class Sgd final : public Kernel {
 public:
  explicit Sgd(const Operation& op)
      : parameters_(op.all("parameters")), gradients_(op.all("gradients")), momenta_(op.all("momenta")), ratios_(op.at("ratios")),
        control_(op.at("control")), applied_(op.at("applied")), momentum_(static_cast<float>(op.number("momentum"))),
        decay_(parameters_.size(), static_cast<float>(op.number("weightDecay"))), nesterov_(op.number("nesterov") != 0),
        stretches_(StretchesOf(parameters_)), freezable_(parameters_.size(), false) {
    for (double index : op.list("freezable")) freezable_.at(static_cast<size_t>(index)) = true;
    for (double index : op.list("undecayed")) decay_.at(static_cast<size_t>(index)) = 0;
  }
  void run(char*) override {
    if (!Applied(&applied_)) return;
    if (nesterov_) step<true>();
    else step<false>();
  }

 private:
  template <bool nesterov>
  void step() const {
    const float rate = control_.f32()[0];
    const bool frozen = control_.f32()[1] != 0;
    ForEach(static_cast<int64_t>(stretches_.size()), [&](int64_t i) {
      const auto& [tensor, begin, end] = stretches_[i];
      if (frozen && freezable_[tensor]) return;
      const float ratio = ratios_.f32()[2 * tensor], decay = decay_[tensor] * ratios_.f32()[2 * tensor + 1];
      float *w = parameters_[tensor]->f32() + begin, *m = momenta_[tensor]->f32() + begin;
      const float* g = gradients_[tensor]->f32() + begin;
      ForChannels(end - begin, [&](auto v, int64_t c) {
        using V = decltype(v);
        const V weight = Load<V>(w + c);
        const V velocity = Load<V>(m + c) * momentum_ + (Load<V>(g + c) + weight * decay) * ratio;
        Store(m + c, velocity);
        if constexpr (nesterov) Store(w + c, weight - ((Load<V>(g + c) + weight * decay) * ratio + velocity * momentum_) * rate);
        else Store(w + c, weight - velocity * rate);
      });
    });
  }

  std::vector<Tensor*> parameters_, gradients_, momenta_;
  const Tensor &ratios_, &control_, &applied_;
  float momentum_;
  std::vector<float> decay_;
  bool nesterov_;
  std::vector<Stretch> stretches_;
  std::vector<bool> freezable_;
};

class NormalizeRows final : public Kernel {
 public:
  explicit NormalizeRows(const Operation& op) : weight_(op.at("weight")), applied_(op.at("applied")) {}
  void run(char*) override {
    if (!Applied(&applied_)) return;
    const int64_t width = weight_.channels();
    ForRanges(weight_.rows(), 64, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        float* row = weight_.f32() + r * width;
        const float inverse = static_cast<float>(1.0 / std::max(std::sqrt(SumOfSquares(row, width)), 1e-12));
        for (int64_t c = 0; c < width; ++c) row[c] *= inverse;
      }
    });
  }

 private:
  const Tensor &weight_, &applied_;
};

/** One resolution after the other, as if the trunk had run once for each. */
class UpdateRunningMoments final : public Kernel {
 public:
  explicit UpdateRunningMoments(const Operation& op)
      : mean_(op.at("mean")), variance_(op.at("variance")), runningMean_(op.at("runningMean")), runningVariance_(op.at("runningVariance")),
        applied_(op.optional("applied")), momentum_(static_cast<float>(op.number("momentum"))), counts_(op.list("counts")) {}
  void run(char*) override {
    if (!Applied(applied_)) return;
    const int64_t channels = runningMean_.elements();
    for (size_t s = 0; s < counts_.size(); ++s) {
      const auto unbiased = static_cast<float>(counts_[s] / std::max(1.0, counts_[s] - 1));
      for (int64_t c = 0; c < channels; ++c) {
        float &mean = runningMean_.f32()[c], &variance = runningVariance_.f32()[c];
        mean += momentum_ * (mean_.f32()[s * channels + c] - mean);
        variance += momentum_ * (variance_.f32()[s * channels + c] * unbiased - variance);
      }
    }
  }

 private:
  const Tensor &mean_, &variance_, &runningMean_, &runningVariance_;
  const Tensor* applied_;
  float momentum_;
  std::vector<double> counts_;
};

}  // namespace

KernelPtr MakeOptimizerKernel(const Operation& op, int) {
  if (op.kind == "squaredNorms") return std::make_unique<SquaredNorms>(op);
  if (op.kind == "finiteCheck") return std::make_unique<FiniteCheck>(op);
  if (op.kind == "trustRatios") return std::make_unique<TrustRatios>(op);
  if (op.kind == "sgd") return std::make_unique<Sgd>(op);
  if (op.kind == "normalizeRows") return std::make_unique<NormalizeRows>(op);
  if (op.kind == "updateRunningMoments") return std::make_unique<UpdateRunningMoments>(op);
  return nullptr;
}

}  // namespace auspex::AUSPEX_VARIANT
