/** Which tensors of two checkpoints differ, and by how much, however each of them is divided into files. */
import { isDeepStrictEqual } from 'node:util';
import { type CheckpointEntry, type LoadedCheckpoint, openCheckpoint } from './open-checkpoint.ts';
import { bytesOfFolder, counted, type OnProgress } from './progress.ts';
import { type OnBytes, OpenFiles, readSegments } from './read-segments.ts';
import { bytesOf, type MappedTensor } from './tensor-map.ts';
import { numbersOf } from './tensor-values.ts';

export type TensorDifference = { /** `trunk/stem.conv.weight` */ readonly name: string } & (
  | { readonly kind: 'onlyInFirst' | 'onlyInSecond' }
  /** Another shape or type. */
  | { readonly kind: 'shape'; readonly first: string; readonly second: string }
  | {
      readonly kind: 'values';
      /** |a - b| / |a|; null where a is zero, or either is not finite. */
      readonly relativeL2: number | null;
      /** Null where a difference is not finite. */
      readonly maxDifference: number | null;
      /** Elements that are not the same number. */
      readonly numDifferent: number;
    }
);

export interface CheckpointDiff {
  readonly first: CheckpointEntry;
  readonly second: CheckpointEntry;
  /** Tensors that both have with the same bits. */
  readonly numEqual: number;
  readonly differences: readonly TensorDifference[];
  readonly sameState: boolean;
  /** Every tensor has the same bits in both, and none is in one alone. */
  readonly bitEqual: boolean;
}

/** @throws CheckpointError as openCheckpoint: both are verified first. */
export async function diffCheckpoints(
  first: CheckpointEntry,
  second: CheckpointEntry,
  onProgress?: OnProgress,
): Promise<CheckpointDiff> {
  const sizes = await Promise.all([first, second].map(({ path }) => bytesOfFolder(path)));
  const onVerified = counted('verify', sizes[0]! + sizes[1]!, onProgress);
  const [one, other] = [
    await openCheckpoint(first, { onBytes: onVerified }),
    await openCheckpoint(second, { onBytes: onVerified }),
  ];
  const [a, b] = [tensorsOf(one), tensorsOf(other)];
  const files = [new OpenFiles(first.path), new OpenFiles(second.path)] as const;
  const onBytes = counted(
    'read',
    [...a.values()].reduce((sum, tensor) => sum + bytesOf(tensor), 0),
    onProgress,
  );
  const differences: TensorDifference[] = [];
  try {
    for (const [name, tensor] of a) {
      const difference = await compare(files, tensor, b.get(name), onBytes);
      if (difference) differences.push({ name, ...difference });
    }
  } finally {
    for (const opened of files) await opened.close();
  }
  for (const name of b.keys()) if (!a.has(name)) differences.push({ name, kind: 'onlyInSecond' });
  const numEqual = a.size - differences.filter(({ kind }) => kind !== 'onlyInSecond').length;
  const sameState = isDeepStrictEqual(one.state, other.state);
  return { first, second, numEqual, differences, sameState, bitEqual: differences.length === 0 };
}

function tensorsOf({ map }: LoadedCheckpoint): Map<string, MappedTensor> {
  return new Map(
    [...map].flatMap(([group, tensors]) => [...tensors].map(([name, at]) => [`${group}/${name}`, at] as const)),
  );
}

type Difference = TensorDifference extends infer Each ? (Each extends unknown ? Omit<Each, 'name'> : never) : never;

async function compare(
  [filesA, filesB]: readonly [OpenFiles, OpenFiles],
  a: MappedTensor,
  b: MappedTensor | undefined,
  onBytes: OnBytes,
): Promise<Difference | undefined> {
  if (!b) return { kind: 'onlyInFirst' };
  const describe = ({ dtype, shape }: MappedTensor) => `${dtype} [${shape.join(', ')}]`;
  if (describe(a) !== describe(b)) return { kind: 'shape', first: describe(a), second: describe(b) };
  const sums = { squares: 0, differences: 0, max: 0, numDifferent: 0 };
  let sameBits = true;
  // Chunks of equal tensors are of equal sizes.
  const chunks = readSegments(filesB, b.segments);
  try {
    for await (const chunk of readSegments(filesA, a.segments)) {
      const other: Uint8Array = (await chunks.next()).value;
      const same = Buffer.compare(chunk, other) === 0;
      sameBits &&= same;
      addUp(sums, numbersOf(a.dtype, chunk), same ? undefined : numbersOf(a.dtype, other));
      onBytes(chunk.byteLength);
    }
  } finally {
    await chunks.return(undefined);
  }
  if (sameBits) return undefined;
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const relativeL2 = finite(Math.sqrt(sums.differences) / Math.sqrt(sums.squares));
  return { kind: 'values', relativeL2, maxDifference: finite(sums.max), numDifferent: sums.numDifferent };
}

/** @param b undefined where it has the same bits. */
function addUp(
  sums: { squares: number; differences: number; max: number; numDifferent: number },
  a: ReturnType<typeof numbersOf>,
  b: ReturnType<typeof numbersOf> | undefined,
): void {
  for (let i = 0; i < a.length; i++) {
    const value = a[i]!;
    sums.squares += value * value;
    if (!b || Object.is(value, b[i])) continue;
    const difference = Math.abs(value - b[i]!);
    sums.numDifferent += 1;
    sums.differences += difference * difference;
    // NaN stays.
    sums.max = Math.max(sums.max, difference);
  }
}
