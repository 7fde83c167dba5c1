/**
 * Flats: the parameters of a unit one after another, so that a unit is one vector that divides evenly among ranks.
 *
 *     flat of s2.b1   | conv1 | conv2 | se.fc1 | se.fc2 | conv3 | padding |
 *     of 2 ranks      |          rank 0          |         rank 1         |
 *
 * Units are the network's own (stem, blocks, head, prototypes); a convolution of 100 million parameters or more is one by
 * itself. Scales, shifts and biases of the whole network are one flat, which is small, is gathered once and always travels
 * in f32 (Sec. 3.3: batch norm stays in f32). Where a parameter lies does not depend on the number of ranks.
 */

/** From so many parameters on a convolution is a unit by itself, as in the reference implementation. */
const OWN_UNIT = 100e6;
/** Elements to which parameters and shards are aligned: 64 bytes, in bf16 as well. */
const GRAIN = 32;

/** The flat of scales, shifts and biases. */
export const VECTORS = 'vectors';

export interface FlatLayout {
  /** The unit, or `unit/parameter` where a parameter is one by itself, or `vectors`. */
  readonly name: string;
  readonly unit: string;
  /** Elements in all shards together, padding at the end included. */
  readonly elements: number;
  /** In the order of the network. */
  readonly parameters: readonly FlatParameter[];
}

export interface FlatParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** First element in the flat. */
  readonly offset: number;
}

/** A parameter of the network and the unit that it belongs to. */
export interface UnitParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly unit: string;
  /** Its rows stay whole: no shard ends within one. */
  readonly wholeRows?: boolean;
}

/** The part of a parameter that lies in one rank's shard. */
export interface ParameterPiece {
  readonly name: string;
  /** First element of the parameter, and of the shard, and how many: none where the parameter lies elsewhere. */
  readonly firstElement: number;
  readonly shardOffset: number;
  readonly elements: number;
}

/** @param parameters in the order of the network; those of a unit follow one another. */
export function flatLayouts(parameters: readonly UnitParameter[], worldSize: number): FlatLayout[] {
  const groups = new Map<string, UnitParameter[]>();
  for (const parameter of parameters) {
    const name = flatName(parameter);
    groups.set(name, [...(groups.get(name) ?? []), parameter]);
  }
  return [...groups].map(([name, members]) => layout(name, members, worldSize));
}

function flatName({ name, shape, unit }: UnitParameter): string {
  if (shape.length === 1) return VECTORS;
  return count(shape) >= OWN_UNIT ? `${unit}/${name}` : unit;
}

function layout(name: string, members: readonly UnitParameter[], worldSize: number): FlatLayout {
  let end = 0;
  const parameters = members.map(({ name, shape }): FlatParameter => {
    const offset = end;
    end = roundUp(end + count(shape), GRAIN);
    return { name, shape, offset };
  });
  const unit = name === VECTORS ? VECTORS : members[0]!.unit;
  const rows = members.length === 1 && members[0]!.wholeRows ? count(members[0]!.shape.slice(1)) : 1;
  return { name, unit, parameters, elements: roundUp(end, worldSize * leastCommonMultiple(rows, GRAIN)) };
}

/** What lies in the shard of `rank`, one piece per parameter of the flat. */
export function piecesOf({ parameters, elements }: FlatLayout, rank: number, worldSize: number): ParameterPiece[] {
  const shard = elements / worldSize;
  const [first, end] = [rank * shard, (rank + 1) * shard];
  return parameters.map(({ name, shape, offset }) => {
    const from = Math.min(Math.max(offset, first), end);
    const to = Math.min(Math.max(offset + count(shape), from), end);
    if (to === from) return { name, firstElement: 0, shardOffset: 0, elements: 0 };
    return { name, firstElement: from - offset, shardOffset: from - first, elements: to - from };
  });
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a / divisor(a, b)) * b;
}
