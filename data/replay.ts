/**
 * Where in a lane the images in a batch's rows came from, computed again from what is recorded of it: the loader gives
 * the rows whose images failed, in order, the next positions, round after round.
 *
 * @param batchSize rows of the lane.
 * @param skipped positions whose images could not be used.
 * @returns the position of each row's image, and where the batch ends.
 */
export function positionsOfRows(
  from: number,
  batchSize: number,
  skipped: ReadonlySet<number>,
): { readonly positions: number[]; readonly end: number } {
  const positions = new Array<number>(batchSize);
  let next = from;
  let rows = [...positions.keys()];
  while (rows.length > 0) {
    const failed: number[] = [];
    for (const row of rows) {
      if (skipped.has(next)) failed.push(row);
      else positions[row] = next;
      next++;
    }
    rows = failed;
  }
  return { positions, end: next };
}
