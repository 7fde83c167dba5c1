// A map of points in the plane that comes to show which of them belong together: t-SNE's gradient descent.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "affinities.h"
#include "repulsion.h"

namespace auspex::tsne {

struct DescentSettings {
  double learning_rate, momentum;
  // What affinities are multiplied by.
  double exaggeration;
};

struct DescentReport {
  // Of the map before the last step, in nats, without exaggeration.
  double divergence;
  // Of the gradient of the last step.
  double gradient_norm;
};

class Descent {
 public:
  // @param initial (count, 2)
  Descent(Affinities affinities, const double* initial, int64_t count, bool exact);

  // Step sizes of each coordinate grow while its gradient keeps its sign and shrink otherwise (Jacobs, 1988), as in the authors' code.
  DescentReport Run(int64_t iterations, const DescentSettings& settings);

  // Forgets velocities and step sizes.
  void Restart();

  // (count, 2)
  std::vector<double> points;

 private:
  // Into gradients_. Returns the divergence, or 0 where it is not `wanted`.
  double Gradient(double exaggeration, bool wanted);

  const int64_t count_;
  const Affinities affinities_;
  std::unique_ptr<Repulsion> repulsion_;
  double negative_entropy_ = 0;
  std::vector<float> places_, pushes_;
  std::vector<double> gradients_, velocities_, gains_;
};

}  // namespace auspex::tsne
