// SwAV's codes and loss (eq. 1-2). Scores have one row per crop, crop-major: row c * B + b is crop c of image b. All in f32.
#include <cfloat>
#include <cmath>
#include <cstring>

#include "cross-entropy.h"
#include "kernel.h"
#include "parallel.h"
#include "ranks.h"

namespace auspex {
namespace {

/** Rows of a score matrix that Sinkhorn-Knopp treats together: the batch, and the queue behind it. */
struct Sources {
  const float *batch, *queue;
  int64_t batchRows, queueRows;
  const float* row(int64_t r, int64_t prototypes) const {
    return r < batchRows ? batch + r * prototypes : queue + (r - batchRows) * prototypes;
  }
};

/**
 * Sinkhorn-Knopp: turns exp(scores / epsilon) into an assignment in which each sample has total 1 and each prototype an
 * equal share. Samples are rows here. The maximum is subtracted first; the rules for vanished prototypes and infinities
 * are those of the reference implementation. Samples stay with their rank; ranks share the maximum, the total and, in each
 * iteration, the prototypes' sums, for all assigned crops at once.
 */
class Sinkhorn final : public Kernel {
 public:
  explicit Sinkhorn(const Operation& op)
      : scores_(op.at("scores")), queueScores_(op.optional("queueScores")), codes_(op.at("codes")),
        assigned_(static_cast<int64_t>(op.number("assignedCrops"))), crops_(static_cast<int64_t>(op.number("crops"))),
        iterations_(static_cast<int>(op.number("iterations"))), epsilon_(static_cast<float>(op.number("epsilon"))), exchange_(op) {}

  size_t workspaceBytes() const override { return static_cast<size_t>(assigned_) * (planBytes() + sumsBytes() + 2 * sizeof(double)); }
  void run(char* workspace) override {
    const int64_t prototypes = scores_.channels();
    auto* totals = reinterpret_cast<double*>(workspace);
    auto* largest = reinterpret_cast<float*>(totals + assigned_);
    char* plans = workspace + assigned_ * 2 * static_cast<int64_t>(sizeof(double));
    auto* sums = reinterpret_cast<float*>(plans + assigned_ * planBytes());
    const auto plan = [&](int64_t crop) { return reinterpret_cast<float*>(plans + crop * planBytes()); };

    ForEach(assigned_, [&](int64_t crop) { largest[crop] = largestScore(crop); });
    exchange_.largest(largest, assigned_);
    ForEach(assigned_, [&](int64_t crop) { totals[crop] = exponentiate(crop, largest[crop], plan(crop)); });
    exchange_.sum(totals, assigned_);
    ForEach(assigned_, [&](int64_t crop) {
      const float inverse = 1.0f / static_cast<float>(totals[crop]);
      for (int64_t i = 0; i < samples() * prototypes; ++i) plan(crop)[i] *= inverse;
    });
    for (int iteration = 0; iteration < iterations_; ++iteration) {
      sumPrototypes(plan, sums);
      if (revive(plan, sums)) sumPrototypes(plan, sums);
      ForEach(assigned_, [&](int64_t crop) { evenOut(plan(crop), sums + crop * prototypes); });
    }
    ForEach(assigned_, [&](int64_t crop) { writeCodes(crop, plan(crop)); });
  }

 private:
  int64_t batchRows() const { return scores_.rows() / crops_; }
  int64_t queueRows() const { return queueScores_ == nullptr ? 0 : queueScores_->rows() / assigned_; }
  int64_t samples() const { return batchRows() + queueRows(); }
  int64_t sumsBytes() const { return scores_.channels() * static_cast<int64_t>(sizeof(float)); }
  int64_t planBytes() const { return (samples() * sumsBytes() + 63) / 64 * 64; }
  Sources sourcesOf(int64_t crop) const {
    const int64_t prototypes = scores_.channels();
    return {scores_.f32() + crop * batchRows() * prototypes,
            queueScores_ == nullptr ? nullptr : queueScores_->f32() + crop * queueRows() * prototypes, batchRows(), queueRows()};
  }

  float largestScore(int64_t crop) const {
    const Sources sources = sourcesOf(crop);
    float largest = -FLT_MAX;
    for (int64_t r = 0; r < samples(); ++r) {
      const float* row = sources.row(r, scores_.channels());
      for (int64_t k = 0; k < scores_.channels(); ++k) largest = std::max(largest, row[k]);
    }
    return largest;
  }

  /** Returns the total. */
  double exponentiate(int64_t crop, float largest, float* plan) const {
    const Sources sources = sourcesOf(crop);
    const int64_t prototypes = scores_.channels();
    double total = 0;
    for (int64_t r = 0; r < samples(); ++r) {
      const float* row = sources.row(r, prototypes);
      float *out = plan + r * prototypes, sum = 0;
      for (int64_t k = 0; k < prototypes; ++k) sum += out[k] = std::exp((row[k] - largest) / epsilon_);
      total += sum;
    }
    return total;
  }

  /** (assignedCrops, K), over all ranks. */
  template <typename Plan>
  void sumPrototypes(const Plan& plan, float* sums) const {
    const int64_t prototypes = scores_.channels();
    ForEach(assigned_, [&](int64_t crop) {
      float* of = sums + crop * prototypes;
      std::fill(of, of + prototypes, 0.0f);
      for (int64_t r = 0; r < samples(); ++r) {
        const float* row = plan(crop) + r * prototypes;
        for (int64_t k = 0; k < prototypes; ++k) of[k] += row[k];
      }
    });
    exchange_.sum(sums, assigned_ * prototypes);
  }

  /** Lifts the plans in which a prototype has vanished, the same ones on every rank. */
  template <typename Plan>
  bool revive(const Plan& plan, const float* sums) const {
    const int64_t prototypes = scores_.channels();
    bool any = false;
    for (int64_t crop = 0; crop < assigned_; ++crop) {
      const float* of = sums + crop * prototypes;
      if (std::find(of, of + prototypes, 0.0f) == of + prototypes) continue;
      for (int64_t i = 0; i < samples() * prototypes; ++i) plan(crop)[i] += 1e-12f;
      any = true;
    }
    return any;
  }

  void evenOut(float* plan, float* prototypeSums) const {
    const int64_t prototypes = scores_.channels();
    const float share = 1.0f / static_cast<float>(prototypes), allSamples = static_cast<float>(samples() * exchange_.size());
    for (int64_t k = 0; k < prototypes; ++k) {
      const float factor = share / prototypeSums[k];
      prototypeSums[k] = std::isinf(factor) ? FLT_MAX : factor;
    }
    for (int64_t r = 0; r < samples(); ++r) {
      float *row = plan + r * prototypes, sum = 0;
      for (int64_t k = 0; k < prototypes; ++k) sum += row[k] *= prototypeSums[k];
      const float factor = 1.0f / allSamples / sum;
      for (int64_t k = 0; k < prototypes; ++k) row[k] *= factor;
    }
  }

  void writeCodes(int64_t crop, float* plan) const {
    const int64_t prototypes = scores_.channels();
    float* codes = codes_.f32() + crop * batchRows() * prototypes;
    for (int64_t r = 0; r < batchRows(); ++r) {
      float *row = plan + r * prototypes, sum = 0;
      for (int64_t k = 0; k < prototypes; ++k) sum += row[k];
      for (int64_t k = 0; k < prototypes; ++k) codes[r * prototypes + k] = row[k] / sum;
    }
  }

  const Tensor& scores_;
  const Tensor* queueScores_;
  const Tensor& codes_;
  int64_t assigned_, crops_;
  int iterations_;
  float epsilon_;
  Exchange exchange_;
};

/** What the loss and its gradient share: who predicts whose code. */
struct Prediction {
  const Tensor &scores, &codes;
  int64_t assigned, crops, batch, prototypes;
  double temperature;

  explicit Prediction(const Operation& op)
      : scores(op.at("scores")), codes(op.at("codes")), assigned(static_cast<int64_t>(op.number("assignedCrops"))),
        crops(static_cast<int64_t>(op.number("crops"))), batch(scores.rows() / crops), prototypes(scores.channels()),
        temperature(op.number("temperature")) {}

  /** Weight of one (crop, code) pair in the loss: means over images, over the other crops, over the codes. */
  double weight() const { return 1.0 / static_cast<double>(batch * (crops - 1) * assigned); }
  const float* scoreRow(int64_t crop, int64_t image) const { return scores.f32() + (crop * batch + image) * prototypes; }
  const float* codeRow(int64_t code, int64_t image) const { return codes.f32() + (code * batch + image) * prototypes; }

  /** log of the sum of exp(score / temperature), and the largest score. */
  std::pair<double, float> logSum(const float* row) const {
    float largest = row[0];
    for (int64_t k = 1; k < prototypes; ++k) largest = std::max(largest, row[k]);
    const float inverse = static_cast<float>(1.0 / temperature);
    double sum = 0;
    for (int64_t k = 0; k < prototypes; ++k) sum += std::exp((row[k] - largest) * inverse);
    return {std::log(sum), largest};
  }
};

class Loss final : public Kernel {
 public:
  explicit Loss(const Operation& op) : p_(op), loss_(op.at("loss")) {}
  size_t workspaceBytes() const override { return p_.scores.rows() * sizeof(double); }
  void run(char* workspace) override {
    auto* rows = reinterpret_cast<double*>(workspace);
    ForRanges(p_.scores.rows(), 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) rows[r] = ofRow(r / p_.batch, r % p_.batch);
    });
    double total = 0;
    for (int64_t r = 0; r < p_.scores.rows(); ++r) total += rows[r];
    loss_.f32()[0] = static_cast<float>(total * p_.weight());
  }

 private:
  double ofRow(int64_t crop, int64_t image) const {
    const float* scores = p_.scoreRow(crop, image);
    const auto [logSum, largest] = p_.logSum(scores);
    double total = 0;
    for (int64_t code = 0; code < p_.assigned; ++code) {
      if (code == crop) continue;
      const float* q = p_.codeRow(code, image);
      for (int64_t k = 0; k < p_.prototypes; ++k) total -= q[k] * ((scores[k] - largest) / p_.temperature - logSum);
    }
    return total;
  }
  Prediction p_;
  const Tensor& loss_;
};

class LossBackward final : public Kernel {
 public:
  explicit LossBackward(const Operation& op) : p_(op), gradient_(op.at("scoresGradient")) {}
  void run(char*) override {
    ForRanges(p_.scores.rows(), 8, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) ofRow(r / p_.batch, r % p_.batch, gradient_.f32() + r * p_.prototypes);
    });
  }

 private:
  /** (softmax * sum(q) - q) / temperature, for each code q that this crop predicts. */
  void ofRow(int64_t crop, int64_t image, float* out) const {
    const float* scores = p_.scoreRow(crop, image);
    const auto [logSum, largest] = p_.logSum(scores);
    const float factor = static_cast<float>(p_.weight() / p_.temperature), inverse = static_cast<float>(1.0 / p_.temperature);
    float mass = 0;
    std::fill(out, out + p_.prototypes, 0.0f);
    for (int64_t code = 0; code < p_.assigned; ++code) {
      if (code == crop) continue;
      const float* q = p_.codeRow(code, image);
      for (int64_t k = 0; k < p_.prototypes; ++k) {
        out[k] -= q[k] * factor;
        mass += q[k];
      }
    }
    const float shift = static_cast<float>(logSum);
    for (int64_t k = 0; k < p_.prototypes; ++k) out[k] += mass * factor * std::exp((scores[k] - largest) * inverse - shift);
  }
  Prediction p_;
  const Tensor& gradient_;
};

/** How many crops have each prototype as their nearest. */
class PrototypeUse final : public Kernel {
 public:
  explicit PrototypeUse(const Operation& op) : scores_(op.at("scores")), use_(op.at("use")) {}
  void run(char*) override {
    const int64_t prototypes = scores_.channels();
    std::fill(use_.f32(), use_.f32() + prototypes, 0.0f);
    for (int64_t r = 0; r < scores_.rows(); ++r) {
      const float* row = scores_.f32() + r * prototypes;
      use_.f32()[std::max_element(row, row + prototypes) - row] += 1;
    }
  }

 private:
  const Tensor &scores_, &use_;
};

/** queue (assigned, length, width): the batch's embeddings move in at the front, the oldest fall out at the end. */
class PushQueue final : public Kernel {
 public:
  explicit PushQueue(const Operation& op)
      : embeddings_(op.at("embeddings")), queue_(op.at("queue")), applied_(op.at("applied")),
        crops_(static_cast<int64_t>(op.number("crops"))) {}
  void run(char*) override {
    if (applied_.f32()[0] == 0) return;
    const int64_t assigned = queue_.shape[0], length = queue_.shape[1], width = queue_.shape[2];
    const int64_t batch = embeddings_.rows() / crops_, fresh = std::min(batch, length);
    for (int64_t crop = 0; crop < assigned; ++crop) {
      float* queue = queue_.f32() + crop * length * width;
      std::memmove(queue + fresh * width, queue, (length - fresh) * width * sizeof(float));
      std::memcpy(queue, embeddings_.f32() + crop * batch * width, fresh * width * sizeof(float));
    }
  }

 private:
  const Tensor &embeddings_, &queue_, &applied_;
  int64_t crops_;
};

}  // namespace

KernelPtr MakeLossKernel(const Operation& op, int) {
  if (op.kind == "sinkhorn") return std::make_unique<Sinkhorn>(op);
  if (op.kind == "swavLoss") return std::make_unique<Loss>(op);
  if (op.kind == "swavLossBackward") return std::make_unique<LossBackward>(op);
  if (op.kind == "prototypeUse") return std::make_unique<PrototypeUse>(op);
  if (op.kind == "pushQueue") return std::make_unique<PushQueue>(op);
  return MakeCrossEntropyKernel(op);
}

}  // namespace auspex
