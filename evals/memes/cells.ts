/**
 * A feature map as so many numbers that a perceptron can take it.
 * @param maps (rows, height, width, channels)
 * @param grid each of grid x grid cells becomes its mean; cells of a map that they do not divide evenly overlap by less than a pixel
 * @returns (rows, grid, grid, channels)
 */
export function averageCells(
  maps: Float32Array,
  [height, width, channels]: readonly [number, number, number],
  grid: number,
): Float32Array {
  const size = height * width * channels;
  const rows = maps.length / size;
  const cells = new Float32Array(rows * grid * grid * channels);
  const spans = (extent: number) =>
    Array.from({ length: grid }, (_, cell) => ({
      begin: Math.floor((cell * extent) / grid),
      end: Math.ceil(((cell + 1) * extent) / grid),
    }));
  const [vertical, horizontal] = [spans(height), spans(width)];
  const sums = new Float64Array(channels);
  let place = 0;
  for (let row = 0; row < rows; row++) {
    for (const { begin: top, end: bottom } of vertical) {
      for (const { begin: left, end: right } of horizontal) {
        sums.fill(0);
        for (let y = top; y < bottom; y++) {
          const first = row * size + (y * width + left) * channels;
          for (let i = 0; i < (right - left) * channels; i++) sums[i % channels]! += maps[first + i]!;
        }
        const pixels = (bottom - top) * (right - left);
        for (const sum of sums) cells[place++] = sum / pixels;
      }
    }
  }
  return cells;
}
