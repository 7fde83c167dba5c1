#include "precision-choice.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <vector>

#include "arena.h"
#include "dnnl-helpers.h"

namespace auspex {
namespace {

std::mutex guard;
std::map<std::string, bool> choices;  // guarded

/** What was found once counts, also where two threads ask at the same time. */
bool AnswerOnce(const std::string& question, const std::function<bool()>& measure) {
  {
    const std::lock_guard<std::mutex> lock(guard);
    const auto known = choices.find(question);
    if (known != choices.end()) return known->second;
  }
  const bool answer = measure();
  const std::lock_guard<std::mutex> lock(guard);
  return choices.emplace(question, answer).first->second;
}

std::string KeyOf(const Operation& operation, int threads) {
  std::string key = operation.kind + " " + std::to_string(threads);
  for (const char* name : {"kernel", "stride", "groups"}) key += " " + std::to_string(static_cast<int64_t>(operation.number(name)));
  for (const auto& [name, tensors] : operation.operands) {
    key += " " + name;
    for (const int64_t extent : tensors.at(0)->shape) key += "," + std::to_string(extent);
    for (const Grid& grid : tensors.at(0)->grids) key += "/" + std::to_string(grid.images) + "x" + std::to_string(grid.height) + "x" + std::to_string(grid.width);
  }
  return key;
}

/** An operation on memory of its own, all zeros: a convolution takes as long whatever it multiplies. */
class Rehearsal {
 public:
  explicit Rehearsal(const Operation& original) : operation(original) {
    for (auto& [name, tensors] : operation.operands) {
      for (Tensor*& tensor : tensors) {
        tensors_.push_back(std::make_unique<Tensor>(*tensor));
        memory_.push_back(std::make_unique<Arena>(tensor->bytes()));
        tensor = tensors_.back().get();
        tensor->data = memory_.back()->data();
      }
    }
  }
  /** The shortest of some runs. */
  double seconds(const MakeEither& make, bool widen) const {
    const KernelPtr kernel = make(operation, widen);
    const Arena workspace(kernel->workspaceBytes());
    kernel->prepare(workspace.data());
    double best = 1e9;
    for (int run = 0; run < 4; ++run) {
      const auto begin = std::chrono::steady_clock::now();
      kernel->run(workspace.data());
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
  }

 private:
  Operation operation;
  std::vector<std::unique_ptr<Tensor>> tensors_;
  std::vector<std::unique_ptr<Arena>> memory_;
};

}  // namespace

bool WidensMaps(const Operation& operation, DType maps, int threads, const MakeEither& make) {
  if (maps != DType::kBf16 || HasAmx()) return false;
  if (!MultipliesBf16()) return true;
  return AnswerOnce(KeyOf(operation, threads), [&] {
    const Rehearsal rehearsal(operation);
    return rehearsal.seconds(make, true) < rehearsal.seconds(make, false);
  });
}

bool IsQuickInBf16() {
  if (!MultipliesBf16()) return false;
  // Tiles leave no doubt. Without them some processors multiply bf16 at twice the rate of f32, and some at half of it.
  return HasAmx() || AnswerOnce("bf16 at all", ProbeIsQuickerInBf16);
}

std::map<std::string, bool> PrecisionChoices() {
  const std::lock_guard<std::mutex> lock(guard);
  return choices;
}

void AddPrecisionChoices(const std::map<std::string, bool>& more) {
  const std::lock_guard<std::mutex> lock(guard);
  for (const auto& [question, answer] : more) choices.insert_or_assign(question, answer);
}

}  // namespace auspex
