// Pixels of feature maps numbered so that a tap of a convolution's kernel is the same shift everywhere: output pixels on a grid with
// one column and one row more than they have, whose values are zero. With stride 2, the input falls into the four planes of its even
// and odd rows and columns, each on the same grid:
//
//      x  x  x  .
//      x  x  x  .
//      .  .  .  .
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "../program.h"

namespace auspex::tiles {

/** One resolution on its grid. */
struct Field {
  int64_t images, height, width;           // of the input
  int64_t outHeight, outWidth;             // of the output
  int64_t firstRow, firstOutRow;           // of its pixels in the maps
  int64_t gridHeight, gridWidth;

  int64_t positions() const { return images * gridHeight * gridWidth; }
};

/** An output pixel is made of the input at its position plus this shift, in this plane. */
struct Tap {
  size_t plane;
  int64_t shiftY, shiftX;
};

/** The even or odd rows and columns of the input. */
struct Plane {
  int64_t row, column;
};

/** The fields, planes and taps of a convolution; taps row by row, as weights have them. */
struct Taps {
  /** @param whole all pixels as one field without taps beyond them: for a kernel of one pixel and stride 1. */
  Taps(const Tensor& input, const Tensor& output, int64_t kernel, int64_t stride, bool whole) : stride(stride) {
    const int64_t padding = kernel / 2;
    for (int64_t y = -padding; y <= padding; ++y) {
      for (int64_t x = -padding; x <= padding; ++x) taps.push_back({planeOf(Remainder(y), Remainder(x)), Floor(y), Floor(x)});
    }
    if (whole) {
      const int64_t rows = input.rows();
      fields.push_back({1, 1, rows, 1, rows, 0, 0, 1, rows});
      return;
    }
    int64_t row = 0, outRow = 0;
    for (size_t i = 0; i < input.grids.size(); ++i) {
      const Grid &from = input.grids[i], &to = output.grids[i];
      fields.push_back({from.images, from.height, from.width, to.height, to.width, row, outRow, to.height + padding, to.width + padding});
      row += from.pixels();
      outRow += to.pixels();
    }
  }

  int64_t count() const { return static_cast<int64_t>(taps.size()); }
  int64_t numPlanes() const { return static_cast<int64_t>(planes.size()); }
  /** Positions beyond a stretch that its taps may read. */
  int64_t margin() const {
    int64_t most = 0;
    for (const Field& field : fields) most = std::max(most, field.gridWidth + 1);
    return count() > 1 ? most : 0;
  }
  int64_t longestField() const {
    int64_t longest = 0;
    for (const Field& field : fields) longest = std::max(longest, field.positions());
    return longest;
  }

  int64_t stride;
  std::vector<Tap> taps;
  std::vector<Plane> planes;
  std::vector<Field> fields;

 private:
  int64_t Floor(int64_t offset) const { return offset >= 0 ? offset / stride : -((-offset + stride - 1) / stride); }
  int64_t Remainder(int64_t offset) const { return offset - Floor(offset) * stride; }
  size_t planeOf(int64_t row, int64_t column) {
    for (size_t i = 0; i < planes.size(); ++i) {
      if (planes[i].row == row && planes[i].column == column) return i;
    }
    planes.push_back({row, column});
    return planes.size() - 1;
  }
};

/** Rows of a map at positions first..first+count; -1 where there is none, and from `end` on. */
template <typename RowOf>
void ListRows(const Field& field, int64_t first, int64_t end, int64_t count, int32_t* rows, const RowOf& rowOf) {
  const int64_t area = field.gridHeight * field.gridWidth;
  int64_t i = 0;
  for (; i < count && first + i < 0; ++i) rows[i] = -1;
  int64_t image = (first + i) / area, y = (first + i) % area / field.gridWidth, x = (first + i) % field.gridWidth;
  for (; i < count && first + i < end; ++i) {
    rows[i] = static_cast<int32_t>(rowOf(image, y, x));
    if (++x < field.gridWidth) continue;
    x = 0;
    if (++y < field.gridHeight) continue;
    y = 0;
    ++image;
  }
  for (; i < count; ++i) rows[i] = -1;
}

/** Of the output. */
inline void ListOutputRows(const Field& field, int64_t first, int64_t end, int64_t count, int32_t* rows) {
  ListRows(field, first, end, count, rows, [&](int64_t image, int64_t y, int64_t x) {
    const bool inside = y < field.outHeight && x < field.outWidth;
    return inside ? field.firstOutRow + (image * field.outHeight + y) * field.outWidth + x : -1;
  });
}

/** Of a plane of the input. */
inline void ListInputRows(const Field& field, int64_t stride, const Plane& plane, int64_t first, int64_t end, int64_t count, int32_t* rows) {
  ListRows(field, first, end, count, rows, [&](int64_t image, int64_t y, int64_t x) {
    const int64_t row = y * stride + plane.row, column = x * stride + plane.column;
    const bool inside = row < field.height && column < field.width;
    return inside ? field.firstRow + (image * field.height + row) * field.width + column : -1;
  });
}

}  // namespace auspex::tiles
