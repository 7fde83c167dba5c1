/** Conversions between the fixtures' NCHW and the programs' channels-last rows. */

/** (N, C, H, W) -> rows of pixels (N * H * W, C). */
export function toRows(values: Float32Array, [images, channels, height, width]: readonly number[]): Float32Array {
  const rows = new Float32Array(values.length);
  const area = height! * width!;
  for (let n = 0; n < images!; n++) {
    for (let c = 0; c < channels!; c++) {
      for (let p = 0; p < area; p++) rows[(n * area + p) * channels! + c] = values[(n * channels! + c) * area + p]!;
    }
  }
  return rows;
}

export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
