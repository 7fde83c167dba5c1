// Sums of rows by the groups that they belong to, of which a row may have any number.
#pragma once
#include <cstdint>

namespace auspex::features {

// Adds each row, (count, width), to the sums of its groups, (groups, width): those of row i are members[starts[i]] to
// members[starts[i + 1] - 1]. Rows are sorted by group, so that a sum, which has to come from far, is fetched once for all of them.
// A group takes its rows in their order and belongs to one thread, so that sums depend on nothing else.
void AddToGroups(const float* rows, int64_t count, int64_t width, const uint32_t* starts, const uint32_t* members, double* sums,
                 int64_t groups);

}  // namespace auspex::features
