// How much points belong together in the space that they come from (van der Maaten and Hinton, 2008, Eq. 1 and 2), between near ones.
#pragma once
#include <cstdint>
#include <vector>

namespace auspex::tsne {

// A symmetric matrix with sum 1: of row i the columns `neighbours[starts[i]]` to `neighbours[starts[i + 1] - 1]`, ascending.
struct Affinities {
  std::vector<int64_t> starts;
  std::vector<int32_t> neighbours;
  std::vector<float> values;
};

// The width of each point's Gaussian is such that its neighbours' distribution has this perplexity.
// @param neighbours (count, k) other points
// @param distances (count, k), squared
Affinities AffinitiesOf(const int32_t* neighbours, const double* distances, int64_t count, int64_t k, double perplexity);

}  // namespace auspex::tsne
